"""Summaries of patient records, streamed from a local language model into a notebook.

    from mcp_kernel_tools import start_server, SyncClient, SummaryForm

The names load when they are first used: a terminal never loads the widgets, and the server, which
shares the wire protocol with this package, loads nothing else of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_kernel_tools.answers import Summary
    from mcp_kernel_tools.client import Client
    from mcp_kernel_tools.errors import (
        AccessRefused,
        BadArgument,
        ConnectionLost,
        KernelToolsError,
        RequestRefused,
        ServerNotRunning,
        SummaryIncomplete,
        ToolFailed,
    )
    from mcp_kernel_tools.form import SummaryForm
    from mcp_kernel_tools.launcher import Server, start_server
    from mcp_kernel_tools.magics import load_ipython_extension
    from mcp_kernel_tools.nested_loops import allow_nested_loops
    from mcp_kernel_tools.sync import SyncClient

_HOMES = {
    "AccessRefused": "errors",
    "BadArgument": "errors",
    "Client": "client",
    "ConnectionLost": "errors",
    "KernelToolsError": "errors",
    "RequestRefused": "errors",
    "Server": "launcher",
    "ServerNotRunning": "errors",
    "Summary": "answers",
    "SummaryForm": "form",
    "SummaryIncomplete": "errors",
    "SyncClient": "sync",
    "ToolFailed": "errors",
    "allow_nested_loops": "nested_loops",
    "load_ipython_extension": "magics",
    "start_server": "launcher",
}

__all__ = [
    "AccessRefused",
    "BadArgument",
    "Client",
    "ConnectionLost",
    "KernelToolsError",
    "RequestRefused",
    "Server",
    "ServerNotRunning",
    "Summary",
    "SummaryForm",
    "SummaryIncomplete",
    "SyncClient",
    "ToolFailed",
    "allow_nested_loops",
    "load_ipython_extension",
    "start_server",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
