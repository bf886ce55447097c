"""What a person is told while something takes its time: lines that stay, and one that counts.

On a terminal the counting line is replaced in place; elsewhere (a notebook's output, a file) the
same is said once, as plain text.
"""

import sys
from collections.abc import Callable

from mcp_kernel_tools.narration import write_stdout
from mcp_kernel_tools.wire import visible

CLEAR = "\r\x1b[K"
"""To the first column, then erase the line (ECMA-48)."""


class Teller:
    """Says what goes on.

    Args:
        write: Where to.
        live: Whether a line can be replaced there; by default, whether it is a terminal.
    """

    def __init__(
        self, write: Callable[[str], object] = write_stdout, *, live: bool | None = None
    ) -> None:
        self._write = write
        self.live = sys.stdout.isatty() if live is None else live
        self._waiting = ""

    def say(self, line: str) -> None:
        """A line that stays."""
        self.clear()
        self._write(f"{visible(line)}\n")

    def wait(self, what: str, seconds: float) -> None:
        """What is being waited for, and for how long now; to be called again and again."""
        if self.live:
            self._write(f"{CLEAR}{visible(what)} ... {seconds:.1f} s")
        elif what != self._waiting:
            self._write(f"{visible(what)} ...\n")
        self._waiting = what

    def clear(self) -> None:
        """The waiting is over."""
        if self._waiting and self.live:
            self._write(CLEAR)
        self._waiting = ""
