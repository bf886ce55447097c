"""The browser's side of widgets, played by a test: it keeps what it is sent, and it may answer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import comm
import ipywidgets
from comm.base_comm import BaseComm


class FrontEnd:
    """All messages that the kernel sends to widgets, in their order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._news = threading.Condition()

    def custom(self, widget: ipywidgets.Widget) -> list[dict[str, Any]]:
        """What the widget's front end was sent by `send`."""
        return [
            message["data"]["content"]
            for message in self.messages
            if message["comm_id"] == widget.model_id and message["data"].get("method") == "custom"
        ]

    def bytes(self) -> int:
        """The size of all messages, without the envelope that Jupyter adds."""
        return sum(len(json.dumps(message, default=str)) for message in self.messages)

    def send(self, widget: ipywidgets.Widget, content: dict[str, Any]) -> None:
        """Answer as the widget's front end does with `model.send`."""
        self._deliver(widget, {"method": "custom", "content": content})

    def set(self, widget: ipywidgets.Widget, **state: Any) -> None:
        """Change the widget's state, as a user does by typing."""
        self._deliver(widget, {"method": "update", "state": state, "buffer_paths": []})

    def keep(self, message: dict[str, Any]) -> None:
        with self._news:
            self.messages.append(message)
            self._news.notify_all()

    def wait_for(self, condition: Any, seconds: float = 10) -> None:
        """Until `condition()` holds; it is asked again after each message."""
        with self._news:
            assert self._news.wait_for(condition, seconds), "it did not happen"

    def _deliver(self, widget: ipywidgets.Widget, data: dict[str, Any]) -> None:
        widget.comm.handle_msg({"content": {"data": data}, "buffers": []})


@contextmanager
def front_end() -> Iterator[FrontEnd]:
    """While this lasts, new widgets open in the browser that is returned."""
    browser = FrontEnd()

    class Comm(BaseComm):
        def publish_msg(
            self,
            msg_type: str,
            data: dict[str, Any] | None = None,
            metadata: dict[str, Any] | None = None,
            buffers: list[bytes] | None = None,
            **keys: Any,
        ) -> None:
            browser.keep({"type": msg_type, "comm_id": self.comm_id, "data": data or {}})

    before = comm.create_comm
    comm.create_comm = Comm  # as ipykernel does
    try:
        yield browser
    finally:
        comm.create_comm = before
