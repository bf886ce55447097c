"""The errors that the library raises: each says what happened, and `next` what to do about it.

    KernelToolsError
    ├── BadArgument        a call was given what it cannot use; nothing was started or stopped
    ├── ServerNotRunning   nothing answers at the address, or the server ended while it started
    ├── AccessRefused      the server answers, but not to this token, Origin or Host
    ├── ConnectionLost     the connection ended before the answer came
    ├── RequestRefused     the server does not know the method, or not with these parameters
    ├── ToolFailed         a tool answered with an error; `kind` says which
    └── SummaryIncomplete  a stream stopped without an end; `text` is what had come, never saved

A message may hold words of the server; what acts in them has been made visible.
"""

from mcp_kernel_tools.wire import ErrorKind


class KernelToolsError(Exception):
    """What happened (the message) and `next`: one sentence with the step that mends it."""

    def __init__(self, message: str, *, next: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next = next

    def __str__(self) -> str:
        if self.next.lower() in self.message.lower():
            return self.message
        between = "" if self.message.endswith("\n") else " "
        return f"{self.message}{between}{self.next}"


class BadArgument(KernelToolsError):
    pass


class ServerNotRunning(KernelToolsError):
    pass


class AccessRefused(KernelToolsError):
    pass


class ConnectionLost(KernelToolsError):
    pass


class RequestRefused(KernelToolsError):
    """A JSON-RPC error; `code` is its number (JSON-RPC 2.0, section 5.1)."""

    def __init__(self, message: str, *, code: int, next: str = "") -> None:
        super().__init__(message, next=next)
        self.code = code


class ToolFailed(KernelToolsError):
    def __init__(self, message: str, *, kind: ErrorKind, next: str = "") -> None:
        super().__init__(message, next=next)
        self.kind = kind


class SummaryIncomplete(KernelToolsError):
    def __init__(self, message: str, *, text: str, next: str = "") -> None:
        super().__init__(message, next=next)
        self.text = text
