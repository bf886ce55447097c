"""The form's status line: what happens now, at most twice a second, and failures as one line."""

import asyncio
import html
from dataclasses import dataclass
from typing import Literal

import ipywidgets

from mcp_kernel_tools.form_sentences import WAITING, counted
from mcp_kernel_tools.wire import visible

SECONDS_BETWEEN = 0.5
Kind = Literal["news", "figures", "failure"]


@dataclass
class Progress:
    """How far a generation has come; times in seconds of one clock."""

    started: float
    first_token: float | None = None
    tokens: int = 0

    def add(self, now: float) -> None:
        """Count one more token."""
        if self.first_token is None:
            self.first_token = now
        self.tokens += 1

    def describe(self, now: float) -> str:
        if self.first_token is None:
            return f"{WAITING}: {now - self.started:.1f} s"
        return counted(self.tokens, "token") + _rate(self.tokens, now - self.first_token)


def _rate(tokens: int, seconds: float) -> str:
    # The time before the first token is the wait and says nothing of the rate.
    return f", {(tokens - 1) / seconds:.0f} tokens/s" if seconds > 0 and tokens > 1 else ""


class StatusLine:
    """Of several texts that come too fast the last one is shown; to be used on one event loop."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.widget = ipywidgets.HTML(_line(text, "news"))
        self._kind: Kind = "news"
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def say(self, text: str) -> None:
        """What happened."""
        self._set(text, "news")

    def count(self, text: str) -> None:
        """Figures that change all the time: shown, but not read out."""
        self._set(text, "figures")

    def fail(self, text: str) -> None:
        """What went wrong, and what to do."""
        self._set(text, "failure")

    def _set(self, text: str, kind: Kind) -> None:
        self.text, self._kind = visible(" ".join(text.split())), kind
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(self._due, loop.time()), self._show)

    def _show(self) -> None:
        self._timer = None
        self._due = asyncio.get_running_loop().time() + SECONDS_BETWEEN
        self.widget.value = _line(self.text, self._kind)


def _line(text: str, kind: Kind) -> str:
    # What holds the line is read out, and stays (see `form_frame`); figures would never end.
    live = ' aria-live="off"' if kind == "figures" else ""
    # A word, because a colour alone tells nothing to some.
    mark = "<strong>Failed.</strong> " if kind == "failure" else ""
    return f'<div class="mkt-status mkt-status-{kind}"{live}>{mark}{html.escape(text)}</div>'
