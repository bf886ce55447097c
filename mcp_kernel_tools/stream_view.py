"""Text that grows inside an `ipywidgets.Output`, fed from a button, a task, a thread or a cell.

    view = StreamView()
    view                        # shown where the cell is
    view.start()
    view.write("The patient ")  # from any thread, as often as tokens come
    view.finish()

The browser is sent what is new and nothing else, at most twenty times a second, so a long text
costs its own length once (an `Output` that is sent the whole text each time costs its square). It
knows no network: whoever has text may write.

The widget's state is not saved with a notebook. When a stream ends, the text therefore goes once
more into the cell, as an ordinary output that a live page hides: see `saved_copy`.
"""

import html
import threading
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, copy_context
from pathlib import Path
from typing import Any, Protocol

import anywidget
import ipywidgets
import traitlets

from mcp_kernel_tools.saved_copy import SavedCopy, show_bundle, text_bundle, view_bundle
from mcp_kernel_tools.text_marks import Mark, in_utf16, list_html
from mcp_kernel_tools.wire import visible

UPDATES_PER_SECOND = 20.0
PLAIN_UPDATE_LENGTH = 8_000
"""Characters after which the plain output, which re-sends all of them, is updated more rarely."""
MARKS = 500
"""The marks that a page is sent; it says how many more there are."""


def _source(*names: str) -> str:
    return "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)


def _output(data: Mapping[str, Any]) -> tuple[dict[str, Any]]:
    return ({"output_type": "display_data", "data": data, "metadata": {}},)


class Painter(Protocol):
    """What brings the text of a `StreamView` to the screen."""

    def clear(self) -> None: ...

    def append(self, text: str) -> None: ...

    def mark(self, marks: Sequence[Mark]) -> None: ...

    def end(self, note: str, source: str) -> None: ...


class GrowingText(anywidget.AnyWidget):
    """Appends to the text in the browser, and proves there that nothing was lost.

    Every message has a number. The browser skips what its snapshot already held; where a number is
    missing it asks for a new snapshot.
    """

    _esm = _source("text_marks.js", "stream_view.js")
    _css = _source("stream_view.css", "text_marks.css")
    label = traitlets.Unicode().tag(sync=True)
    # Never assigned, only read when a page asks for the state: a page that opens late gets the
    # text, and a stream pays nothing for it.
    snapshot = traitlets.Dict().tag(sync=True, to_json=lambda _, widget: widget.take_snapshot())

    def __init__(self, label: str) -> None:
        # Set before the widget opens: opening already takes a snapshot.
        self._lock = threading.Lock()
        self._number = 0
        self._parts: list[str] = []
        self._marks: list[list[object]] = []
        self._unlisted = 0
        self._busy = False
        self._note = self._source = ""
        self.answered = threading.Event()
        super().__init__(label=label)
        self.on_msg(self._on_message)

    def take_snapshot(self) -> dict[str, Any]:
        with self._lock:
            return {
                "number": self._number,
                "text": "".join(self._parts),
                "marks": self._marks,
                "unlisted": self._unlisted,
                "busy": self._busy,
                "note": self._note,
                "source": self._source,
            }

    def clear(self) -> None:
        with self._lock:
            self._parts.clear()
            self._marks, self._unlisted = [], 0
            self._busy, self._note, self._source = True, "", ""
            self._send_next({"kind": "clear"})

    def append(self, text: str) -> None:
        with self._lock:
            self._parts.append(text)
            self._busy = True
            self._send_next({"kind": "append", "text": text})

    def mark(self, marks: Sequence[Mark]) -> None:
        """Send the marks that the browser has not got; all of them where some have changed."""
        with self._lock:
            before = self._marks, self._unlisted
            self._marks = in_utf16("".join(self._parts), marks[:MARKS])
            self._unlisted = len(marks) - len(self._marks)
            if (self._marks, self._unlisted) != before:
                there = len(before[0])
                known = there if self._marks[:there] == before[0] else 0
                self._send_next(
                    {
                        "kind": "mark",
                        "from": known,
                        "marks": self._marks[known:],
                        "unlisted": self._unlisted,
                    }
                )

    def end(self, note: str, source: str) -> None:
        with self._lock:
            self._busy, self._note, self._source = False, note, source
            self._send_next({"kind": "end", "note": note, "source": source})

    def _send_next(self, message: dict[str, Any]) -> None:
        """Number and send; under the lock, so that the order on the wire is that of the numbers."""
        self._number += 1
        self.send({"number": self._number, **message})

    def _on_message(self, _: object, message: Mapping[str, Any], __: object) -> None:
        self.answered.set()
        if message.get("kind") == "sync":
            self.send({"kind": "snapshot", "snapshot": self.take_snapshot()})


class PlainText:
    """The text as the only entry of an `Output`, where anywidget's front end cannot load.

    Each update sends all of the text again and replaces what is shown.
    """

    def __init__(self, output: ipywidgets.Output, label: str) -> None:
        self._output = output
        self._label = html.escape(label)
        self._text = ""
        self._marks: Sequence[Mark] = ()

    def clear(self) -> None:
        self._marks = ()
        self._paint("")

    def append(self, text: str) -> None:
        self._paint(self._text + text)

    def mark(self, marks: Sequence[Mark]) -> None:
        self._marks = marks[:MARKS]
        self._paint(self._text)

    def end(self, note: str, source: str) -> None:
        self._paint(self._text, note, source)

    def _paint(self, text: str, note: str = "", source: str = "") -> None:
        self._text = text
        shown = text_bundle(text, note, source, list_html(self._marks))
        region = f'<section aria-label="{self._label}">{shown["text/html"]}</section>'
        self._output.outputs = _output(shown | {"text/html": region})


class Pacer:
    """Calls `act` soon after each `wake`, then not again for a pause, on a thread of its own."""

    def __init__(self, act: Callable[[], None], pause: Callable[[], float]) -> None:
        self._act = act
        self._pause = pause
        self._fresh = threading.Event()
        self._ended = threading.Event()

    def start(self, context: Context) -> None:
        threading.Thread(
            target=context.run, args=(self._run,), name="stream-view", daemon=True
        ).start()

    def wake(self) -> None:
        self._fresh.set()

    def stop(self) -> None:
        self._ended.set()
        self._fresh.set()

    def _run(self) -> None:
        while not self._ended.wait(self._pause()):
            self._fresh.wait()
            self._fresh.clear()
            if not self._ended.is_set():
                self._act()


class StreamView:
    """Text that only grows, in its own place: `output`.

    Args:
        label: names the region for screen readers.
        updates_per_second: how often the browser is sent what is new, at most.
    """

    def __init__(
        self, label: str = "Summary", *, updates_per_second: float = UPDATES_PER_SECOND
    ) -> None:
        self.output = ipywidgets.Output()
        self.copy = SavedCopy(label)
        self._label = label
        self._interval = 1 / updates_per_second
        self._live = GrowingText(label)
        self._painter: Painter = self._live
        self._lock = threading.RLock()
        self._painted: list[str] = []
        self._pending: list[str] = []
        self._marks: Sequence[Mark] = ()
        self._pacer: Pacer | None = None  # of the stream that runs
        # What a view sends belongs to the cell that made it, not to the one that runs by then.
        self._context = copy_context()
        self.output.outputs = _output(view_bundle(self._live, self._hint()))

    @property
    def text(self) -> str:
        """All that was written since the start of the stream."""
        with self._lock:
            return "".join((*self._painted, *self._pending))

    @property
    def answered(self) -> bool:
        """Whether a browser has loaded the live view's front end."""
        return self._live.answered.is_set()

    def start(self) -> None:
        """Empty the view for a new stream."""
        with self._lock:
            self._stop_pacing()
            self._painted.clear()
            self._pending.clear()
            self._marks = ()
            self._painter.clear()

    def clear(self) -> None:
        """Empty the view; the notebook file keeps its copy until the next stream ends."""
        with self._lock:
            self.start()
            self._painter.end("", "")

    def write(self, token: str) -> None:
        """Append `token`, from any thread; characters that would act are made visible."""
        with self._lock:
            self._pending.append(visible(token))
            if self._pacer is None:
                self._pacer = Pacer(self._paint, self._pause)
                self._pacer.start(self._context.copy())  # a context is entered once at a time
            self._pacer.wake()

    def mark(self, marks: Sequence[Mark]) -> None:
        """Show what the record says of the text so far: all marks, with those shown before."""
        with self._lock:
            self._paint()  # a mark never comes before its words
            self._marks = marks
            self._painter.mark(marks)

    def finish(self, note: str = "", source: str = "") -> None:
        """End the stream: show what is left, and put the text into the notebook file.

        Args:
            note: shown below the text and no part of it, such as "incomplete, not saved".
            source: who wrote the text; shown below it, too.
        """
        with self._lock:
            self._stop_pacing()
            self._paint()
            self._painter.end(note, source)
            if self.text:
                self.copy.update(self.text, note, source, list_html(self._marks[:MARKS]))

    def use_plain_output(self) -> None:
        """Do without anywidget's front end: for pages where it cannot load."""
        with self._lock:
            if self._painter is self._live:
                self._painter = PlainText(self.output, self._label)
                self._painter.append("".join(self._painted))
                self._painter.mark(self._marks)

    def close(self) -> None:
        """Remove the view from the page and free its widgets."""
        with self._lock:
            self._stop_pacing()
            self._live.close()
            self.output.close()

    def _ipython_display_(self) -> None:
        show_bundle(view_bundle(self.output, self._hint()))
        self.copy.show()

    def _hint(self) -> str:
        return f"{self._label}: run the cell to see it"

    def _stop_pacing(self) -> None:
        if self._pacer is not None:
            self._pacer.stop()
            self._pacer = None

    def _pause(self) -> float:
        if self._painter is self._live:
            return self._interval
        return self._interval * max(1.0, len(self.text) / PLAIN_UPDATE_LENGTH)

    def _paint(self) -> None:
        with self._lock:
            if self._pending:
                text = "".join(self._pending)
                self._pending.clear()
                self._painted.append(text)
                self._painter.append(text)
