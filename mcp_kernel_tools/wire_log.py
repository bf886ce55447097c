"""Every frame that crossed the wire, both ways: as a DataFrame, and as a live panel.

The log is a ring: it keeps the newest frames, so that a client that runs for days does not grow.
It is filled for every token, so adding a frame does nothing but append it.
"""

import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

Direction = Literal["sent", "received"]


class LoggedFrame(NamedTuple):
    """One frame: when (seconds since the epoch), which way, its method or kind, and its text."""

    time: float
    direction: Direction
    kind: str
    text: str

    @property
    def bytes(self) -> int:
        """The size on the wire, without WebSocket's own header."""
        return len(self.text.encode("utf-8", "surrogatepass"))


class WireLog:
    """The frames of one client, newest last, the oldest forgotten once `size` is reached."""

    def __init__(self, size: int) -> None:
        self.added = 0
        """How many frames there were in all; those beyond the ring's size are forgotten."""
        self._frames: deque[LoggedFrame] = deque(maxlen=size)

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, direction: Direction, kind: str, text: str) -> None:
        self._frames.append(LoggedFrame(time.time(), direction, kind, text))
        self.added += 1

    def frames(self) -> list[LoggedFrame]:
        """The frames kept, oldest first; safe while another thread adds (one step of CPython)."""
        return list(self._frames)

    def clear(self) -> None:
        self._frames.clear()

    def to_frame(self) -> "pd.DataFrame":
        """The frames kept as a DataFrame: time (local), direction, kind, bytes, text."""
        import pandas as pd  # noqa: PLC0415 - only those who want a DataFrame pay for pandas

        frames = self.frames()
        times = pd.to_datetime([f.time for f in frames], unit="s", utc=True)
        return pd.DataFrame(
            {
                "time": times.tz_convert(datetime.now(UTC).astimezone().tzinfo),
                "direction": [f.direction for f in frames],
                "kind": [f.kind for f in frames],
                "bytes": [f.bytes for f in frames],
                "text": [f.text for f in frames],
            }
        )
