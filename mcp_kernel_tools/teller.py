"""What a person is told on a terminal or below a cell: lines that stay, text, and a count.

On a terminal the count is replaced in place; elsewhere (a notebook's output, a file) the same is
said once, as plain text.
"""

import sys
from collections.abc import Callable

from mcp_kernel_tools.narration import write_stdout
from mcp_kernel_tools.wire import visible

# Terminal controls: ECMA-48 (EL, erase to the end of the line) and DEC's save and restore cursor.
ERASE = "\x1b[K"
SAVE, RESTORE = "\x1b7", "\x1b8"
SILENCE = 1.0
"""Seconds without a token before the silence is counted behind the text."""


class Teller:
    """Says what goes on.

    Args:
        write: Where to.
        live: Whether text can be replaced there; by default, whether it is a terminal.
    """

    def __init__(
        self, write: Callable[[str], object] = write_stdout, *, live: bool | None = None
    ) -> None:
        self._write = write
        self._live = sys.stdout.isatty() if live is None else live
        self._waiting = ""
        self._in_text = False

    def say(self, line: str = "") -> None:
        """A line that stays."""
        self.end()
        self._write(f"{visible(line)}\n")

    def text(self, text: str) -> None:
        """Text that goes on where the last one ended."""
        self.clear()
        self._in_text = True
        self._write(visible(text))

    def end(self) -> None:
        """The text is over: what follows begins on a line of its own."""
        self.clear()
        if self._in_text:
            self._write("\n")
        self._in_text = False

    def wait(self, what: str, seconds: float) -> None:
        """What is being waited for, and for how long now; to be called again and again."""
        if self._in_text:
            if self._live and seconds >= SILENCE:
                self._write(f"{SAVE} ... {seconds:.0f} s{ERASE}{RESTORE}")
                self._waiting = what
            return
        if self._live:
            self._write(f"\r{visible(what)} ... {seconds:.1f} s{ERASE}")
        elif what != self._waiting:
            self._write(f"{visible(what)} ...\n")
        self._waiting = what

    def clear(self) -> None:
        """The waiting is over."""
        if self._waiting and self._live:
            self._write(ERASE if self._in_text else f"\r{ERASE}")
        self._waiting = ""
