"""Ways to show text that grows under a cell; a notebook of the browser benchmark imports this.

Each way is written as its own documentation shows it. `make` shows one, `stream` fills it and
writes down when it passed each token on.
"""

import html
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import anywidget
import ipywidgets
from IPython.display import display

from mcp_kernel_tools.stream_view import StreamView

WORDS = "patient reports stable glucose with metformin and no acute distress noted today".split()
UPDATES_PER_SECOND = 20


class Way(Protocol):
    def write(self, token: str) -> None: ...

    def finish(self) -> None: ...


class _Way:
    def __init__(self) -> None:
        self.text = ""

    def write(self, token: str) -> None:
        self.text += token
        self.show(token)

    def show(self, token: str) -> None: ...

    def finish(self) -> None: ...


class Ours:
    """`StreamView`, which is fed by the form."""

    def __init__(self) -> None:
        self.view = StreamView()
        display(self.view)  # type: ignore[no-untyped-call]
        self.view.start()

    def write(self, token: str) -> None:
        self.view.write(token)

    def finish(self) -> None:
        self.view.finish()


class Message(_Way):
    """The floor: one widget message a token, and a browser that appends it."""

    class Appended(anywidget.AnyWidget):
        _esm = """export default { render({ model, el }) {
          const text = el.appendChild(document.createElement("pre"));
          text.style.whiteSpace = "pre-wrap";
          model.on("msg:custom", (message) => text.append(message.text));
        } };"""

    def __init__(self) -> None:
        super().__init__()
        self.widget = self.Appended()
        display(self.widget)  # type: ignore[no-untyped-call]

    def show(self, token: str) -> None:
        self.widget.send({"text": token})


class InOutput(_Way):
    def __init__(self) -> None:
        super().__init__()
        self.output = ipywidgets.Output()
        display(self.output)  # type: ignore[no-untyped-call]


class Printed(InOutput):
    def show(self, token: str) -> None:
        with self.output:
            print(token, end="")


class Appended(InOutput):
    def show(self, token: str) -> None:
        self.output.append_stdout(token)


class Cleared(InOutput):
    def show(self, token: str) -> None:
        with self.output:
            self.output.clear_output(wait=True)
            display({"text/plain": self.text}, raw=True)  # type: ignore[no-untyped-call]


class Html(_Way):
    def __init__(self) -> None:
        super().__init__()
        self.html = ipywidgets.HTML()
        display(self.html)  # type: ignore[no-untyped-call]

    def show(self, token: str) -> None:
        self.html.value = f"<pre>{html.escape(self.text)}</pre>"


class PacedHtml(Html):
    last = 0.0

    def show(self, token: str) -> None:
        if time.monotonic() - self.last >= 1 / UPDATES_PER_SECOND:
            self.last = time.monotonic()
            super().show(token)

    def finish(self) -> None:
        super().show("")


WAYS: dict[str, tuple[Callable[[], Way], str]] = {
    "a widget message a token": (Message, "pre"),
    "ours, StreamView": (Ours, "[role=region]"),
    "print in `with out`": (Printed, "pre"),
    "append_stdout": (Appended, "pre"),
    "clear_output, display": (Cleared, "pre"),
    "HTML.value": (Html, "pre"),
    "HTML.value at 20 Hz": (PacedHtml, "pre"),
}
"""How each is made, and the elements in which its text stands."""


def tokens(count: int) -> list[str]:
    return [WORDS[number % len(WORDS)] + " " for number in range(count)]


def make(way: str) -> None:
    """Show it, still empty, where the cell is."""
    _shown.append(WAYS[way][0]())


def stream(count: int, per_second: float) -> None:
    """Write the tokens at their pace; `passed.json` holds when each was passed on."""
    way = _shown.pop()
    length, passed, due = 0, [], time.time()
    for token in tokens(count):
        due += 1 / per_second
        time.sleep(max(0.0, due - time.time()))
        length += len(token)
        passed.append((length, time.time() * 1000))
        way.write(token)
    way.finish()
    Path("passed.json").write_text(json.dumps(passed))


_shown: list[Way] = []
