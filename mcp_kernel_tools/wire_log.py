"""Every frame that crossed the wire, both ways: as a DataFrame, as a live panel, as a plot.

The log is a ring: it keeps the newest frames, so that a client that runs for days does not grow.
It is filled for every token, so adding a frame does little but append it.
"""

import importlib
import itertools
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mcp_kernel_tools import wire

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Direction = Literal["sent", "received"]


class LoggedFrame(NamedTuple):
    """One frame: its number, time (seconds since the epoch), way, method or kind, and text."""

    number: int
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
        self._frames: deque[LoggedFrame] = deque(maxlen=size)
        self._added = 0
        self._listeners: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, direction: Direction, kind: str, text: str) -> None:
        """Log a frame; only the thread of the connection does."""
        self._added += 1
        self._frames.append(LoggedFrame(self._added, time.time(), direction, kind, text))
        for listener in self._listeners:
            listener()

    def on_frame(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each frame from now on; it must be quick."""
        self._listeners.append(listener)

    def frames(self, after: int = 0) -> list[LoggedFrame]:
        """The frames kept whose number is above `after`, oldest first.

        Safe while another thread adds: copying a deque is one step of the interpreter.
        """
        frames = list(self._frames)
        return [frame for frame in frames if frame.number > after] if after else frames

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

    def panel(self) -> Any:
        """The frames as a widget that keeps itself up to date; a click shows a frame's text."""
        # By its name, because nothing that a terminal imports may lead to the widgets.
        return importlib.import_module("mcp_kernel_tools.wire_panel").WirePanel(self)

    def timeline(self) -> "Figure":
        """A plot of the stream that came last: the text as it grew, and the gaps between tokens.

        Raises:
            ValueError: no stream is in the log.
        """
        return _plot(self.last_stream())

    def last_stream(self) -> list[tuple[float, int]]:
        """Of the stream that came last: (seconds since its request, characters so far) per frame.

        Raises:
            ValueError: no stream is in the log.
        """
        points: list[tuple[float, int]] = []
        request = None
        for frame in reversed(self.frames()):
            if frame.kind == wire.STREAM_TOKEN:
                said = wire.decode(frame.text)
                request = said["id"] if request is None else request
                if said["id"] == request:
                    points.append((frame.time, said["position"]))
            elif points and frame.direction == "sent" and _asks(frame, request):
                return [(when - frame.time, position) for when, position in reversed(points)]
        raise ValueError("the wire log holds no whole stream: generate a summary first")


def _asks(frame: LoggedFrame, request: object) -> bool:
    return frame.kind == "tools/call" and wire.decode(frame.text)["id"] == request


def _plot(stream: list[tuple[float, int]]) -> "Figure":
    from matplotlib import pyplot as plt  # noqa: PLC0415 - only a plot pays for matplotlib

    times, characters = zip(*stream, strict=True)
    gaps = [(later - earlier) * 1000 for earlier, later in itertools.pairwise(times)]
    figure, (text, pauses) = plt.subplots(
        2, sharex=True, figsize=(8, 4.5), height_ratios=(2, 1), layout="constrained"
    )
    text.step(times, characters, where="post")
    text.axvline(times[0], linestyle="--", color="grey")
    text.annotate(
        f" first token: {times[0]:.2f} s", (times[0], 0.9), xycoords=("data", "axes fraction")
    )
    text.set(ylabel="characters", xlim=(0, None))
    text.set_title(f"{len(times)} token frames in {times[-1]:.2f} s")
    pauses.bar(times[1:], gaps, width=max(times[-1] / 400, 1e-4))
    pauses.set(xlabel="seconds since the request", ylabel="gap before\nthe token, ms")
    plt.close(figure)  # the cell shows what is returned, not a second copy
    return figure
