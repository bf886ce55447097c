from collections.abc import Iterator

import ipywidgets
import pytest

from mcp_kernel_tools.answers import SummaryPage
from mcp_kernel_tools.form_layout import FormLayout
from tests.front_end import FrontEnd, front_end

NAMES = {
    "Keyword": ipywidgets.Text,
    "Search": ipywidgets.Button,
    "Matches": ipywidgets.Select,
    "Summarize": ipywidgets.Button,
    "Try again": ipywidgets.Button,
    "Stop": ipywidgets.Button,
    "Save": ipywidgets.Button,
    "Undo": ipywidgets.Button,
    "Save when complete": ipywidgets.Checkbox,
    "Keep the model to the record (untick: the bare model)": ipywidgets.Checkbox,
    "Edit summary": ipywidgets.Textarea,
}
"""The accessible names that the form promises."""


@pytest.fixture
def page() -> Iterator[FrontEnd]:
    with front_end() as page:
        yield page


def no_summaries(offset: int, limit: int, query: str) -> SummaryPage:
    return {"total": 0, "offset": 0, "summaries": []}


def below(box: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    yield box
    for child in getattr(box, "children", ()):
        yield from below(child)


def test_every_control_bears_the_name_that_was_promised(page: FrontEnd) -> None:
    layout = FormLayout(no_summaries)
    controls = {
        widget.description: type(widget)
        for widget in below(layout.box)
        if getattr(widget, "description", "")
    }
    assert controls == NAMES
    assert layout.table.label == "Saved summaries"


def test_the_focus_goes_from_the_search_to_what_is_kept(page: FrontEnd) -> None:
    names = [getattr(widget, "description", "") for widget in below(FormLayout(no_summaries).box)]
    first, then = names.index("Keyword"), names.index("Edit summary")
    assert [name for name in names[first:then] if name] == [
        "Keyword",
        "Search",
        "Matches",
        "Summarize",
        "Try again",
        "Stop",
        "Save when complete",
        "Keep the model to the record (untick: the bare model)",
    ]
    assert [name for name in names[then:] if name] == ["Edit summary", "Save", "Undo"]


def test_summaries_are_saved_when_complete_unless_the_user_says_otherwise(page: FrontEnd) -> None:
    assert FormLayout(no_summaries).save_when_complete.value is True


def test_the_form_says_that_it_is_a_demonstration(page: FrontEnd) -> None:
    texts = [getattr(widget, "value", "") for widget in below(FormLayout(no_summaries).box)]
    assert any("not for clinical use" in str(text) for text in texts)


def test_the_text_field_for_editing_comes_with_a_complete_summary(page: FrontEnd) -> None:
    layout = FormLayout(no_summaries)
    assert layout.edit.layout.display == "none"
    layout.show(layout.edit, True)
    assert layout.edit.layout.display is None


@pytest.mark.slow
def test_a_closed_form_leaves_no_widget(page: FrontEnd) -> None:
    layout = FormLayout(no_summaries)
    layout.close()
    assert all(widget.comm is None for widget in below(layout.box))
