import time

import pytest
from playwright.sync_api import expect

from mcp_kernel_tools.wire import visible
from tests.browser.conftest import HOSTILE, STREAMS, SavedFile
from tests.browser.form_page import FormPage
from tests.browser.jupyter_page import Lab, NotebookPage
from tests.running import RunningServer

FORM, OTHER, BUSY, AFTER = 1, 2, 3, 4
BUSY_SECONDS = 10


@pytest.fixture(scope="module")
def opened(lab: Lab, server: RunningServer, notebook: NotebookPage) -> NotebookPage:
    """A notebook with two forms, and a cell that keeps the kernel busy."""
    lab.write(
        "form.ipynb",
        "from mcp_kernel_tools import SummaryForm, SyncClient\n"
        f"client = SyncClient({server.url!r}, token={server.token!r})",
        "form = SummaryForm(client)\nform",
        "other = SummaryForm(client)\nother",
        f"import time\nend = time.time() + {BUSY_SECONDS}\nwhile time.time() < end: pass",
        "print(form.stream_view.text)",
    )
    notebook.open("form.ipynb")
    for cell in (0, FORM, OTHER):
        notebook.run_cell(cell)
    return notebook


@pytest.fixture
def form(opened: NotebookPage) -> FormPage:
    return FormPage(opened.output(FORM))


def test_the_form_is_found_by_the_names_that_it_promises(form: FormPage) -> None:
    for part in (form.keyword, form.matches, form.record, form.summary, form.status):
        expect(part).to_be_visible()
    for name in ("Search", "Summarize", "Try again", "Stop", "Save", "Undo"):
        expect(form.button(name)).to_be_visible()
    expect(form.save_when_complete).to_be_checked()
    expect(form.log).to_have_count(1)


def test_a_summary_grows_and_is_saved_as_it_stands(form: FormPage, saved: SavedFile) -> None:
    form.choose(11)
    expect(form.record.locator("mark").first).to_have_text("diabetes")
    form.start_sampling()
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Saved in")
    lengths = form.stop_sampling()
    assert lengths == sorted(lengths)
    assert len(lengths) > 10
    assert form.text == "".join(STREAMS[11][0]).strip() == saved[11]
    expect(form.table.get_by_role("row", name="Jerry Rivera")).to_contain_text("new")
    expect(form.edit).to_have_value(form.text)


def test_the_keyboard_is_enough(form: FormPage) -> None:
    form.keyword.fill("diabetes")
    form.keyword.press("Enter")
    expect(form.status).to_contain_text("patients match")
    form.keyword.press("Tab")
    expect(form.button("Search")).to_be_focused()
    form.button("Search").press("Tab")
    expect(form.matches).to_be_focused()
    form.matches.press("End")
    expect(form.record).not_to_contain_text("ID 11")
    form.matches.press("Home")
    expect(form.record).to_contain_text("ID 11")
    form.matches.press("Tab")
    expect(form.record).to_be_focused()  # it scrolls where it is long
    form.record.press("Tab")
    expect(form.button("Summarize")).to_be_focused()
    form.button("Summarize").press("Enter")
    form.wait_for_text(50)
    form.button("Stop").focus()
    form.button("Stop").press("Space")
    expect(form.status).to_contain_text("Incomplete, not saved.")


def test_keys_in_the_form_are_no_shortcuts_of_the_notebook(
    opened: NotebookPage, form: FormPage
) -> None:
    cells = opened.page.locator(".jp-CodeCell").count()
    form.choose(11)
    form.matches.press("ArrowDown")
    expect(form.record).not_to_contain_text("ID 11")
    expect(form.matches).to_be_focused()
    for _ in range(2):
        form.matches.press("d")
    assert opened.active_cell == FORM
    expect(opened.page.locator(".jp-CodeCell")).to_have_count(cells)


def test_stop_leaves_the_text_marked_incomplete_and_saves_nothing(
    form: FormPage, saved: SavedFile
) -> None:
    form.summarize(42)
    form.wait_for_text(100)
    form.stop()
    expect(form.area.locator(".mkt-stream-note")).to_have_text("Incomplete, not saved.")
    expect(form.button("Save")).to_be_disabled()
    assert form.text.startswith("word0 word1")
    assert saved[42] is None


def test_saving_by_hand_replaces_and_undo_brings_back(form: FormPage, saved: SavedFile) -> None:
    before = saved[11]
    form.save_when_complete.uncheck()
    form.summarize(11)
    expect(form.status).to_contain_text("Not saved yet.")
    form.edit.fill("Written by hand.")
    form.button("Save").click()
    expect(form.status).to_contain_text("in place of an older summary")
    assert saved[11] == "Written by hand."
    form.button("Undo").click()
    expect(form.status).to_contain_text("Undone")
    assert saved[11] == before
    form.save_when_complete.check()


def test_a_stream_that_is_cut_says_what_to_do(form: FormPage, saved: SavedFile) -> None:
    form.choose(54)
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Failed.")
    assert form.text == "Half of a sentence"
    assert saved[54] is None


def test_hostile_text_is_shown_as_text(form: FormPage, saved: SavedFile) -> None:
    form.choose(55)
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Saved in")
    expect(form.mark("img src")).to_be_visible()
    assert form.text == visible("".join(HOSTILE)) == saved[55]
    assert form.area.page.evaluate("() => window.hacked") is None
    row = form.table.get_by_role("button", name="Hiroshi Mitchell")
    row.click()
    expect(form.table).to_contain_text("<script>window.hacked=1</script>")
    assert form.area.page.evaluate("() => window.hacked") is None
    row.click()


def test_a_summary_that_begins_with_an_arabic_name_stands_on_the_left(form: FormPage) -> None:
    begins_left = """(box) => {
      const text = box.querySelector(".mkt-stream-text");
      const before = [...text.childNodes];
      text.replaceChildren("\u0623\u062d\u0645\u062f is 61 years old.");
      const range = document.createRange();
      range.selectNodeContents(text);
      const isLeft = range.getBoundingClientRect().left - text.getBoundingClientRect().left < 2;
      text.replaceChildren(...before);
      return isLeft;
    }"""
    assert form.summary.evaluate(begins_left)


def test_a_very_long_name_is_broken_into_lines(form: FormPage) -> None:
    form.choose(11)
    fits = """(heading) => {
      const before = heading.textContent;
      heading.textContent = "x".repeat(1000);
      const { right } = heading.closest(".mkt-form").getBoundingClientRect();
      const range = document.createRange();
      range.selectNodeContents(heading);
      const isWhole = range.getBoundingClientRect().right <= right;
      heading.textContent = before;
      return isWhole;
    }"""
    assert form.area.locator(".mkt-heading").evaluate(fits)


def test_a_screen_reader_hears_finished_sentences(form: FormPage) -> None:
    form.summarize(11)
    expect(form.log).to_contain_text("231 mg/dL.")
    heard = form.log.locator("p").all_text_contents()
    assert all(sentence.endswith(".") for sentence in heard)
    expect(form.status).to_contain_text("Saved in")
    expect(form.log).to_contain_text("End of text.")


def test_the_status_line_stays_in_the_page_while_its_text_changes(form: FormPage) -> None:
    form.status.evaluate("(line) => { line.wasThere = true; }")
    form.search("asthma")
    expect(form.status).to_have_attribute("aria-live", "polite")
    assert form.status.evaluate("(line) => line.wasThere")


def test_a_selection_stays_and_the_view_follows_unless_scrolled_up(form: FormPage) -> None:
    form.summarize(42)
    form.wait_for_text(1500)
    select = """(region) => {
      const text = document.createTreeWalker(region, NodeFilter.SHOW_TEXT).nextNode();
      getSelection().setBaseAndExtent(text, 10, text, 60);
      return getSelection().toString();
    }"""
    selected = form.summary.evaluate(select)
    distance = "(box) => box.scrollHeight - box.scrollTop - box.clientHeight"
    form.wait_for_text(2500)
    assert form.summary.evaluate("() => getSelection().toString()") == selected
    assert form.summary.evaluate(distance) < 12
    form.summary.evaluate("(box) => { box.scrollTop = 20; }")
    form.wait_for_text(3500)
    assert form.summary.evaluate("(box) => box.scrollTop") == 20
    form.stop()


def test_the_text_grows_and_stop_works_while_a_cell_is_busy(
    opened: NotebookPage, form: FormPage
) -> None:
    form.summarize(42)
    form.wait_for_text(100)
    start = time.monotonic()
    opened.start_cell(BUSY)
    opened.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.status"
        " === 'busy'"
    )
    form.start_sampling()
    form.wait_for_text(len(form.text) + 3000)
    form.stop()
    assert time.monotonic() - start < BUSY_SECONDS, "the cell had ended"
    lengths = form.stop_sampling()
    assert lengths == sorted(lengths)
    assert len(lengths) > 50
    opened.run_cell(AFTER)


def test_two_forms_that_stream_at_once_do_not_mix(
    opened: NotebookPage, form: FormPage, saved: SavedFile
) -> None:
    other = FormPage(opened.output(OTHER))
    form.summarize(42)
    other.summarize(11)
    expect(other.status).to_contain_text("Saved in")
    assert other.text == saved[11]
    form.wait_for_text(500)
    form.stop()
    words = form.text.split()
    assert words[:-1] == [f"word{number}" for number in range(len(words) - 1)]


def test_five_thousand_tokens_cost_half_a_megabyte_at_most(
    opened: NotebookPage, form: FormPage, saved: SavedFile
) -> None:
    form.choose(20)
    opened.traffic.reset()
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Saved in", timeout=60_000)
    opened.page.wait_for_timeout(500)  # what is still on its way counts too
    traffic = opened.traffic
    print(f"5,000 tokens, {len(form.text)} characters: {traffic}, {traffic.both_ways} bytes")
    assert form.text == saved[20]
    expect(form.to_check.get_by_role("button")).not_to_have_count(0)
    expect(form.to_check).to_contain_text("are neither listed nor underlined")
    assert traffic.both_ways <= 500_000


def test_the_cell_of_the_form_has_the_text_for_python_too(
    opened: NotebookPage, form: FormPage
) -> None:
    opened.run_cell(AFTER)
    expect(opened.output(AFTER)).to_contain_text(form.text[-50:])
