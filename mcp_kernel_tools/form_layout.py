"""The form's widgets and where they stand. What they do is in `form`.

The controls are ipywidgets' own, so that they work wherever widgets do; only the growing text and
the table bring a front end of their own, and the frame around the status line.
"""

from pathlib import Path

import ipywidgets

from mcp_kernel_tools import form_sentences as say
from mcp_kernel_tools.form_frame import FormFrame
from mcp_kernel_tools.form_status import StatusLine
from mcp_kernel_tools.record_view import record_html
from mcp_kernel_tools.stream_view import StreamView
from mcp_kernel_tools.summaries_table import FetchPage, SummariesTable

_CSS = Path(__file__).with_name("form.css").read_text(encoding="utf-8")


class FormLayout:
    """All of the form's widgets; `box` holds them."""

    def __init__(self, page: FetchPage) -> None:
        self.keyword = ipywidgets.Text(
            description="Keyword", placeholder="a condition, symptom, drug or name"
        )
        self.search = _button("Search", "Find the patients whose record has these words")
        self.matches = ipywidgets.Select(description="Matches", options=(), rows=8)
        self.record = ipywidgets.HTML(record_html(None))
        self.model = ipywidgets.HTML()
        self.summarize = _button(say.SUMMARIZE, "Let the model write a summary of this record")
        self.try_again = _button(say.TRY_AGAIN, "Let the model write another summary")
        self.stop = _button("Stop", "Stop the model")
        self.save = _button(say.SAVE, "Save the text below, as it is now")
        self.undo = _button("Undo", "Bring back what was saved before")
        self.save_when_complete = ipywidgets.Checkbox(
            value=True, description="Save when complete", indent=False
        )
        self.grammar = ipywidgets.Checkbox(
            value=True,
            description="Keep the model to the record (untick: the bare model)",
            tooltip="Untick to see what the model writes by itself in the next run",
            indent=False,
        )
        self.question = ipywidgets.HTML()
        self.frame = FormFrame()
        self.status = StatusLine(say.TYPE_A_KEYWORD)
        self.hint = ipywidgets.HTML(f'<p class="mkt-hint">{say.CLICKS_WAIT}</p>')
        self.heading = ipywidgets.HTML()
        self.stream_view = StreamView("Summary")
        self.edit = ipywidgets.Textarea(description="Edit summary", rows=5)
        self.table = SummariesTable(page)
        self.box = self._arranged()
        self.show(self.hint, False)
        self.show(self.edit, False)
        self.show(self.question, False)

    @staticmethod
    def show(widget: ipywidgets.DOMWidget, visible: bool) -> None:
        """Let a widget take part in the page, or not."""
        widget.layout.display = None if visible else "none"

    def close(self) -> None:
        """Remove the form from all pages."""
        self.stream_view.close()
        for widget in _all_below(self.box):
            widget.close()

    def _arranged(self) -> ipywidgets.VBox:
        style = ipywidgets.HTML(f"<style>{_CSS}</style>")
        note = ipywidgets.HTML(f'<p class="mkt-warning">{say.WARNING}</p>')
        run = [self.summarize, self.try_again, self.stop, self.save_when_complete, self.grammar]
        rows = [
            style,
            _row("top", note, self.model),
            _row("search", self.keyword, self.search),
            _row("patients", self.matches, self.record),
            _row("run", *run),
            _row("status", self.status.widget, self.frame),
            self.hint,
            self.heading,
            self.stream_view.output,
            self.edit,
            self.question,
            _row("keep", self.save, self.undo),
            self.table,
        ]
        self.summarize.add_class("mkt-primary")
        style.add_class("mkt-style")
        box = ipywidgets.VBox(rows)
        box.add_class("mkt-form")
        return box


def _button(name: str, tooltip: str) -> ipywidgets.Button:
    return ipywidgets.Button(description=name, tooltip=tooltip)


def _row(name: str, *widgets: ipywidgets.DOMWidget) -> ipywidgets.HBox:
    row = ipywidgets.HBox(widgets)
    row.add_class("mkt-row")
    row.add_class(f"mkt-row-{name}")
    return row


def _all_below(box: ipywidgets.Box) -> list[ipywidgets.Widget]:
    below = []
    for child in box.children:
        below += _all_below(child) if isinstance(child, ipywidgets.Box) else [child]
    return [*below, box]
