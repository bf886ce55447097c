"""The wire log as a widget: a row per frame, live; a click or a key shows its text, indented.

The browser is sent what is new, four times a second at most, and only while somebody looks. Long
texts follow when they are asked for. Text is text: nothing in a frame acts on the page.
"""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from mcp_kernel_tools.wire import visible
from mcp_kernel_tools.wire_log import LoggedFrame, WireLog

PAUSE = 0.25
"""Seconds from one update to the next."""
SHOWN = 500
"""Frames on the page; `to_frame()` has them all."""
EXCERPT = 300
"""Characters of a frame that are sent with its row."""

_HERE = Path(__file__).parent


class WirePanel(anywidget.AnyWidget):
    """The newest frames of a log."""

    _esm = _HERE / "wire_panel.js"
    _css = _HERE / "wire_panel.css"
    shown = traitlets.Int(SHOWN).tag(sync=True)

    def __init__(self, log: WireLog) -> None:
        self._log = log
        self._sent = 0
        self._views = 0
        self._due: threading.Timer | None = None
        self._lock = threading.Lock()
        self._context = copy_context()
        super().__init__()
        self.on_msg(self._on_message)
        log.on_frame(self._soon)

    def _soon(self) -> None:
        """Send what is new after a pause, once for all frames that come meanwhile."""
        if self._due or not self._views:
            return
        with self._lock:
            if self._due is None:
                self._due = threading.Timer(PAUSE, self._context.copy().run, [self._send_new])
                self._due.daemon = True
                self._due.start()

    def _send_new(self) -> None:
        with self._lock:
            self._due = None
            frames = self._log.frames(after=self._sent)[-SHOWN:]
            if frames:
                self._sent = frames[-1].number
                self.send({"kind": "frames", "rows": [_row(frame) for frame in frames]})

    def _on_message(self, _: object, message: Mapping[str, Any], __: object) -> None:
        kind = message.get("kind")
        if kind == "shown":
            self._views, self._sent = self._views + 1, 0
            self._send_new()
        elif kind == "gone":
            self._views = max(0, self._views - 1)
        elif kind == "open":
            self._send_whole(int(message["number"]))

    def _send_whole(self, number: int) -> None:
        for frame in self._log.frames(after=number - 1)[:1]:
            if frame.number == number:
                self.send({"kind": "opened", "number": number, "text": _indented(frame.text)})


def _row(frame: LoggedFrame) -> list[Any]:
    """Number, milliseconds since the epoch, direction, kind, bytes, and how the text begins."""
    begin = visible(frame.text[:EXCERPT])
    return [
        frame.number,
        round(frame.time * 1000),
        frame.direction,
        visible(frame.kind),
        frame.bytes,
        begin if len(frame.text) <= EXCERPT else f"{begin} …",
    ]


def _indented(text: str) -> str:
    with suppress(ValueError, RecursionError):  # a malformed frame is shown as it came
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return visible(text)
