"""What the record says of a summary, on the page: while it streams, by key and click, and saved."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FALSE, SavedFile
from tests.browser.form_page import FormPage
from tests.browser.jupyter_page import Lab, NotebookPage
from tests.running import RunningServer, running_server

FORM = 1
UNDERLINED = """(name) =>
  [...(CSS.highlights.get(`mkt-${name}`) ?? [])].map((range) => range.toString())"""
MIDDLE_OF = """(region, words) => {
  const text = document.createTreeWalker(region, NodeFilter.SHOW_TEXT).nextNode();
  const range = document.createRange();
  range.setStart(text, text.data.indexOf(words));
  range.setEnd(text, text.data.indexOf(words) + words.length);
  const { x, y, width, height } = range.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}"""
SELECT = """(region) => {
  const text = document.createTreeWalker(region, NodeFilter.SHOW_TEXT).nextNode();
  getSelection().setBaseAndExtent(text, 4, text, 27);
}"""


@pytest.fixture(scope="module")
def server(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Of its own: here nothing is saved yet."""
    with running_server(tmp_path_factory.mktemp("server"), "--model", model) as server:
        yield server


@pytest.fixture(scope="module")
def opened(lab: Lab, server: RunningServer, notebook: NotebookPage) -> NotebookPage:
    lab.write(
        "marks.ipynb",
        "from mcp_kernel_tools import SummaryForm, SyncClient\n"
        f"client = SyncClient({server.url!r}, token={server.token!r})",
        "form = SummaryForm(client)\nform",
    )
    notebook.open("marks.ipynb")
    notebook.run_cell(0)
    notebook.run_cell(FORM)
    return notebook


@pytest.fixture
def form(opened: NotebookPage) -> FormPage:
    return FormPage(opened.output(FORM))


def underlined(form: FormPage, verdict: str) -> list[str]:
    words: list[str] = form.area.page.evaluate(UNDERLINED, verdict)
    return words


def test_marks_come_while_the_text_grows_and_touch_neither_it_nor_a_selection(
    form: FormPage,
) -> None:
    form.summarize(21)
    form.wait_for_text(28)
    form.summary.evaluate(SELECT)
    expect(form.mark("50 mg daily")).to_be_visible()
    expect(form.button("Stop")).to_be_enabled()  # so it still streams
    assert FALSE.startswith(form.text)
    assert underlined(form, "contradicted") == ["50 mg daily"]
    expect(form.status).to_contain_text("Not saved:")
    assert form.summary.evaluate("() => getSelection().toString()") == FALSE[4:27]
    assert form.text == FALSE
    assert "kidney transplant in 1999" in underlined(form, "unsupported")
    assert form.area.locator(".mkt-stream-text > *").count() == 0


def test_each_mark_says_in_words_what_the_record_says(form: FormPage) -> None:
    expect(form.mark("50 mg daily")).to_have_accessible_name(
        "50 mg daily the record says otherwise"
    )
    expect(form.mark("kidney transplant")).to_have_accessible_name(
        "kidney transplant in 1999 not in the record: check"
    )
    assert "verified" not in (form.area.text_content() or "").lower()


def test_a_key_shows_the_evidence_and_hides_it(form: FormPage) -> None:
    mark = form.mark("50 mg daily")
    mark.press("Enter")
    expect(mark).to_have_attribute("aria-expanded", "true")
    expect(form.to_check).to_contain_text("Record, Medications: metformin 500 mg twice daily")
    assert underlined(form, "chosen") == ["50 mg daily"]
    mark.press("Space")
    expect(mark).to_have_attribute("aria-expanded", "false")
    assert underlined(form, "chosen") == []
    expect(mark).to_be_focused()


def test_a_click_on_marked_words_shows_their_evidence(form: FormPage) -> None:
    form.area.page.evaluate("() => getSelection().removeAllRanges()")
    form.summary.scroll_into_view_if_needed()
    x, y = form.summary.evaluate(MIDDLE_OF, "metformin")
    form.area.page.mouse.click(x, y)
    expect(form.mark("metformin")).to_have_attribute("aria-expanded", "true")
    assert underlined(form, "chosen") == ["metformin"]
    x, y = form.summary.evaluate(MIDDLE_OF, "transplant")
    form.area.page.mouse.click(x, y)
    expect(form.to_check).to_contain_text("Record: nothing about it was found")


def test_the_record_says_what_was_used_and_what_was_left_out(form: FormPage) -> None:
    medications = form.record.locator("dd").filter(has_text="apixaban")
    expect(medications).to_contain_text("famotidine 20 mg twice daily ○ left out")
    expect(medications).to_contain_text("metformin 500 mg twice daily ≠ told otherwise")


def test_a_contradicted_summary_waits_for_an_answer_that_a_key_gives(
    form: FormPage, saved: SavedFile
) -> None:
    expect(form.save_when_complete).to_be_checked()
    assert saved[21] is None
    form.save_anyway()
    assert saved[21] == form.text == FALSE
    expect(form.button("Save anyway")).to_have_count(0)
    expect(form.button("Save")).to_be_visible()


def test_who_wrote_the_text_is_said_below_it(form: FormPage) -> None:
    expect(form.area.locator(".mkt-stream-source")).to_have_text("Written freely by the model.")
    expect(form.area.get_by_role("checkbox", name="the bare model")).to_be_checked()


def test_a_page_that_is_loaded_anew_shows_the_marks(opened: NotebookPage, form: FormPage) -> None:
    opened.save()
    opened.open("marks.ipynb")
    expect(form.mark("50 mg daily")).to_be_visible(timeout=20_000)
    assert underlined(form, "contradicted")[0] == "50 mg daily"


def test_the_next_summary_begins_without_marks(form: FormPage) -> None:
    form.choose(42)
    form.button("Summarize").click()
    form.wait_for_text(20)
    expect(form.to_check).to_be_hidden()
    assert underlined(form, "contradicted") == []
    form.stop()
