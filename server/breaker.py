"""Whether a model's endpoint is asked at all: after faults in a row it is left alone for a while.

A dead endpoint would otherwise fail every patient of a cohort within seconds. Pure: the time is
passed in, and nothing here waits.
"""

from collections.abc import Callable
from random import Random

from .errors import Failure, ModelMissing

FAULTS = 3
"""In a row; then the endpoint is left alone."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
PATIENCE = 300.0
"""Seconds. An endpoint that gives nothing but faults for so long is given up."""

HOPELESS = (ModelMissing,)
"""Faults that no waiting mends: somebody has to install the model."""


def pause(tries: int, random: Random, *, first: float = FIRST_PAUSE) -> float:
    """Seconds to wait after the fault number `tries`: twice as long each time, within a half."""
    return min(first * 2.0 ** min(tries - 1, 30), LONGEST_PAUSE) * random.uniform(0.5, 1.5)


class Breaker:
    """The state of one endpoint: closed, open until a time, or given up.

    Args:
        clock: Seconds, of any beginning.
        random: Spreads the pauses, so that several callers do not come back at once.
        first_pause: Seconds that it is left alone at first.
        patience: See `PATIENCE`.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        random: Random,
        *,
        first_pause: float = FIRST_PAUSE,
        patience: float = PATIENCE,
    ) -> None:
        self.clock = clock
        self.random = random
        self.first_pause = first_pause
        self.patience = patience
        self.given_up: Failure | None = None
        """What it failed with last, once it is given up."""
        self._faults = 0
        self._failing_since = 0.0
        self._opened = 0
        """How often in a row it was left alone."""
        self._opens_at: float | None = None
        """Open: when it may be tried again."""
        self._trying = False

    @property
    def wait(self) -> float | None:
        """Seconds until it may be asked; 0: now; None: not before the trial that runs has ended."""
        if self._opens_at is None:
            return 0.0
        return None if self._trying else max(0.0, self._opens_at - self.clock())

    def ask(self) -> None:
        """It is asked now; after a pause it is asked once, to see whether it is well."""
        self._trying = self._opens_at is not None

    def left(self) -> None:
        """What was asked ended without an answer of either kind: it was cancelled."""
        self._trying = False

    def worked(self) -> None:
        self._faults = self._opened = 0
        self._opens_at = None
        self._trying = False

    def failed(self, failure: Failure) -> None:
        """A fault of the endpoint, or of the model behind it."""
        now = self.clock()
        if not self._faults:
            self._failing_since = now
        self._faults += 1
        if isinstance(failure, HOPELESS) or now - self._failing_since >= self.patience:
            self.given_up = failure
        # What was asked before the pause began fails in it, and makes it no longer.
        if self._trying or (self._opens_at is None and self._faults >= FAULTS):
            self._opened += 1
            self._opens_at = now + pause(self._opened, self.random, first=self.first_pause)
        self._trying = False
