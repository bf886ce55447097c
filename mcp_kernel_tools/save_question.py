"""Whether a text may be saved that the record contradicts: that is asked once."""

import time
from collections.abc import Callable

DELIBERATE = 0.6
"""Seconds between two presses that are two decisions: a double click is one."""


class SaveQuestion:
    """Remembers which text was asked about, and whether the answer was yes.

    Args:
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._text: str | None = None
        self._pressed = 0.0
        self._accepted = False

    @property
    def is_open(self) -> bool:
        """Whether an answer is waited for."""
        return self._text is not None and not self._accepted

    def allows(self, text: str, doubted: bool) -> bool:
        """Whether `text` may be saved now: at once, or by the second press where it is doubted."""
        now = self._clock()
        before, self._pressed = self._pressed, now
        if not doubted:
            self.close()
        elif text != self._text:
            self._text, self._accepted = text, False
        elif now - before >= DELIBERATE:
            self._accepted = True
        return not doubted or self._accepted

    def close(self) -> None:
        """Forget the question: the text is another one now."""
        self._text, self._accepted = None, False
