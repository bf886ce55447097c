"""The text of a view as an ordinary output of its cell: what a notebook file keeps.

The state of widgets is not saved with a notebook, so without a copy the file would hold no text.
"""

import html
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import ipywidgets
from IPython.display import display

_VIEW = "application/vnd.jupyter.widget-view+json"


def view_bundle(widget: ipywidgets.DOMWidget, text: str) -> dict[str, Any]:
    """The MIME bundle that shows `widget`, or `text` where no widget can be shown."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {_VIEW: view, "text/plain": text}


def show_bundle(data: Mapping[str, Any]) -> None:
    """Make a MIME bundle an output of the cell that runs now."""
    display(data, raw=True)  # type: ignore[no-untyped-call]


def text_bundle(text: str, note: str = "", source: str = "", marks: str = "") -> dict[str, str]:
    """The MIME bundle that shows `text`, and below it what there is to say of it.

    Args:
        text: what is shown.
        note: said of the text wherever it is shown.
        source: who wrote it.
        marks: HTML: what a reader should look at in it.
    """
    # As HTML because JupyterLab makes links and colours of plain text.
    style = "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
    shown = f'<pre style="{style}">{html.escape(text)}</pre>'
    said = "".join(f"<p><em>{html.escape(each)}</em></p>" for each in (note, source) if each)
    plain = f"{text}\n[{note}]" if note else text
    return {"text/html": shown + said + marks, "text/plain": plain}


class SavedCopy:
    """One output, made when its view is shown and filled when a stream ends.

    A page with the live view hides it (the rule is part of that view, so that without one the text
    is visible), and it hides in turn the error line that JupyterLab shows for a widget whose kernel
    is gone. `update` works from any thread, and when the cell has long finished.
    """

    # JupyterLab drops this rule from notebooks it does not trust; those have no error line to hide.
    _HIDE_DEAD_WIDGETS = (
        "<style>.jp-OutputArea:has(.mkt-saved) > * > .jp-OutputArea-output.jupyter-widgets"
        ":not(:has(*)) { display: none; }</style>"
    )

    def __init__(self, label: str) -> None:
        self._label = label
        self._bundle = {"text/html": '<div class="mkt-saved" hidden></div>', "text/plain": ""}
        self._handle: Any = None

    def show(self) -> None:
        """Make the output, in the cell that runs now."""
        id = uuid4().hex
        self._handle = display(self._bundle, raw=True, display_id=id)  # type: ignore[no-untyped-call]

    def update(self, text: str, note: str = "", source: str = "", marks: str = "") -> None:
        """Put `text` into the output, with what there is to say of it: see `text_bundle`."""
        shown = text_bundle(text, note, source, marks)
        title = f"<strong>{html.escape(self._label)}</strong>"
        section = f'<section class="mkt-saved">{title}{shown["text/html"]}</section>'
        self._bundle = shown | {"text/html": section + self._HIDE_DEAD_WIDGETS}
        if self._handle is not None:
            self._handle.update(self._bundle, raw=True)
