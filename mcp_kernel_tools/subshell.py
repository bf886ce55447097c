"""Clicks that need not wait for a busy cell.

JupyterLab 4.6 sends what a widget's user does to a subshell, a second thread of the kernel (its
setting `commsOverSubshells`, by default `perCommTarget`). ipykernel 7.4 hands it, however, to the
thread from which the widget itself spoke last: that of the cell that made it, which may be busy.
A widget that speaks for no cell leaves the choice to JupyterLab.

Read in ipykernel's `comm/comm.py` and `kernelbase.py`. With a kernel or a front end that has no
subshells nothing here does anything, and clicks wait as they always did.
"""

import threading
from contextvars import Context, ContextVar, copy_context
from typing import Any

from IPython.core.getipython import get_ipython


def outside_cells() -> Context:
    """A context in which widgets speak for no cell; to be copied by each who enters it."""
    context = copy_context()
    parent = getattr(_kernel(), "_shell_parent", None)
    if isinstance(parent, ContextVar):
        context.run(parent.set, {})
    return context


def waits_for_cells() -> bool:
    """Whether what the user just did has reached the thread that also runs the cells."""
    kernel = _kernel()
    if kernel is None or threading.current_thread() is not threading.main_thread():
        return False
    header = kernel.get_parent().get("header", {})
    return bool(header.get("msg_type") == "comm_msg")


def _kernel() -> Any:
    return getattr(get_ipython(), "kernel", None)
