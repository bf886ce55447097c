"""How far a cohort is, as a bar with rate and time left: on a terminal, or below a notebook's cell.

The widgets of a notebook are loaded by name and only there: nothing that a terminal imports may
lead to them.
"""

import importlib
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from mcp_kernel_tools.cohort_run import CohortProgress
from mcp_kernel_tools.narration import write_stdout
from mcp_kernel_tools.teller import ERASE
from mcp_kernel_tools.wire import visible

WINDOW = 60.0
"""Seconds that the rate is taken from: who is skipped at the start is soon forgotten."""

OnProgress = Callable[[CohortProgress], object]

KEPT = "What is done is saved; the same call goes on with the rest."
WIDTH = 24
"""Characters of a bar."""


class Pace:
    """How fast it goes, from the newest states."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states = deque([(clock(), 0)])

    def add(self, done: int) -> None:
        now = self._clock()
        self._states.append((now, done))
        while now - self._states[1][0] > WINDOW:
            self._states.popleft()

    @property
    def rate(self) -> float:
        """Patients a second."""
        (began, before), (now, done) = self._states[0], self._states[-1]
        return (done - before) / (now - began) if now > began else 0.0

    def left(self, total: int) -> float | None:
        """Seconds that the rest takes at this rate; None: nobody knows."""
        return (total - self._states[-1][1]) / self.rate if self.rate else None


def told(progress: CohortProgress, pace: Pace) -> str:
    """The state in words: the counts, the rate, and the time left."""
    left = pace.left(progress.total)
    words = [visible(progress.message), f"{pace.rate:.1f}/s"]
    if left is not None and progress.done < progress.total:
        words.append(f"{duration(left)} left")
    return " · ".join(words)


def duration(seconds: float) -> str:
    """Such as "45 s", "12 min" or "3 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


class Bar(Protocol):
    """Shows how far a cohort is."""

    def show(self, progress: CohortProgress) -> None: ...

    def end(self, words: str) -> None:
        """The run is over; what to say of it."""


class TerminalBar:
    """A line that is replaced in place; in a file, only the last line."""

    def __init__(
        self,
        write: Callable[[str], object] = write_stdout,
        *,
        live: bool | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._write = write
        self._live = sys.stdout.isatty() if live is None else live
        self._pace = pace or Pace()

    def show(self, progress: CohortProgress) -> None:
        self._pace.add(progress.done)
        if self._live:
            full = WIDTH * progress.done // max(progress.total, 1)
            bar = "█" * full + "░" * (WIDTH - full)
            self._write(f"\r{bar} {told(progress, self._pace)}{ERASE}")

    def end(self, words: str) -> None:
        self._write(f"\r{visible(words)}{ERASE}\n" if self._live else f"{visible(words)}\n")


class Told:
    """For a caller who shows it in a way of their own."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress

    def show(self, progress: CohortProgress) -> None:
        self._on_progress(progress)

    def end(self, words: str) -> None: ...


@contextmanager
def shown(
    stop: Callable[[], None], on_progress: OnProgress | None
) -> Iterator[Callable[[CohortProgress], None]]:
    """What shows the state of a run while it is entered; on the way out the run is stopped."""
    bar, newest = open_bar(on_progress), ""

    def show(progress: CohortProgress) -> None:
        nonlocal newest
        newest = progress.message
        bar.show(progress)

    try:
        yield show
    except BaseException:
        if newest:
            bar.end(f"Stopped at {newest}. {KEPT}")
        raise
    finally:
        stop()
    bar.end(newest)


def open_bar(on_progress: OnProgress | None) -> Bar:
    """The bar that fits: the caller's own, a notebook's widgets, or a line on the terminal."""
    if on_progress is not None:
        return Told(on_progress)
    if in_notebook():
        bar: Bar = importlib.import_module("mcp_kernel_tools.cohort_panel").NotebookBar()
        return bar
    return TerminalBar()


def in_notebook() -> bool:
    """Whether a kernel runs this, so that widgets are shown; imports nothing."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
