"""Stops the server together with the program that started it, however that one ends.

The portable way is a pipe: the parent holds its other end, and the end of stdin says that it is
gone. On Linux the kernel's parent-death signal is a second one. It is sent when the *thread* that
started this process ends (prctl(2)), so the parent asks for it only from its main thread.
"""

import ctypes
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def stop_with_parent(*, stdin: bool, parent: int | None) -> None:
    """Stop when stdin ends (`stdin`), and when the process `parent` dies (Linux)."""
    if stdin:
        threading.Thread(target=_stop_at_end_of_stdin, daemon=True, name="parent").start()
    if parent is not None and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the kernel was asked
            os.kill(os.getpid(), signal.SIGTERM)


def _stop_at_end_of_stdin() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
