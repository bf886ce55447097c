"""The panel of a client that streams from a real server."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe import serious
from tests.browser.jupyter_page import Lab, NotebookPage
from tests.running import RunningServer

OPEN = """
from mcp_kernel_tools import SyncClient

client = SyncClient("{url}", token="{token}")
client.find_patients("diabetes")
client.wire_log.panel()
"""
STREAM = "client.generate_summary(11)"
HOSTILE = "client.generate_summary(55)"


@pytest.fixture(scope="module")
def area(lab: Lab, notebook: NotebookPage, server: RunningServer) -> Locator:
    cell = OPEN.format(url=server.url, token=server.token)
    lab.write("wire.ipynb", cell, STREAM, HOSTILE)
    notebook.open("wire.ipynb")
    notebook.run_cell(0)
    return notebook.output(0)


@pytest.fixture
def rows(area: Locator) -> Locator:
    return area.get_by_role("table", name="On the wire").locator("tbody tr.mkt-wire-line")


def test_it_shows_what_was_there_before_it(area: Locator, rows: Locator) -> None:
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("→ sent")
    expect(rows.first).to_contain_text("initialize")
    expect(area).to_contain_text("5 frames")


def test_a_click_shows_a_frame_indented(area: Locator, rows: Locator) -> None:
    rows.nth(3).get_by_role("button", name="tools/call").click()
    expect(area.locator("pre:visible")).to_contain_text('"disease_keyword": "diabetes"')
    rows.nth(3).get_by_role("button").press("Enter")
    expect(area.locator("pre:visible")).to_have_count(0)


def test_keys_in_it_are_no_shortcuts_of_the_notebook(
    notebook: NotebookPage, area: Locator, rows: Locator
) -> None:
    rows.nth(3).get_by_role("button").focus()
    for key in ("ArrowDown", "d", "d"):
        notebook.page.keyboard.press(key)
    assert notebook.active_cell == 0
    expect(notebook.page.locator(".jp-CodeCell")).to_have_count(3)


def test_frames_come_in_while_a_cell_is_busy_and_the_end_stays_in_view(
    notebook: NotebookPage, area: Locator, rows: Locator
) -> None:
    notebook.start_cell(1)
    expect(rows.filter(has_text="stream_token").nth(20)).to_be_visible()
    expect(rows.last).to_contain_text("response", timeout=20_000)
    expect(rows.last).to_be_in_viewport()


def test_tokens_can_be_left_out(area: Locator, rows: Locator) -> None:
    area.get_by_role("checkbox", name="Show tokens").uncheck()
    expect(rows.filter(has_text="stream_token").first).to_be_hidden()
    expect(rows.first).to_be_visible()
    area.get_by_role("checkbox", name="Show tokens").check()
    expect(rows.filter(has_text="stream_token").first).to_be_visible()


def test_a_frame_is_text_whatever_it_holds(
    notebook: NotebookPage, area: Locator, rows: Locator
) -> None:
    before = rows.count()
    notebook.run_cell(2)
    expect(rows).to_have_count(before + 1 + 6 + 1)
    rows.last.get_by_role("button").click()
    expect(area.locator("pre:visible")).to_contain_text("<img src=x onerror")
    rows.last.get_by_role("button").click()
    assert notebook.page.evaluate("() => window.hacked") is None


def test_the_newest_frame_unfolds_into_view(
    notebook: NotebookPage, area: Locator, rows: Locator
) -> None:
    before = rows.count()  # the last of these is a response, too
    notebook.run_cell(1)
    expect(rows.nth(before + 20)).to_be_visible()
    expect(rows.last).to_contain_text("response", timeout=20_000)
    rows.last.get_by_role("button").click()
    expect(area.locator("pre:visible")).to_contain_text('"jsonrpc": "2.0"')
    seen = """(text) => {
      const frame = text.closest(".mkt-wire-frame").getBoundingClientRect();
      const head = text.closest("table").querySelector("th").getBoundingClientRect(); // it sticks
      const { top, bottom } = text.getBoundingClientRect();
      const fits = bottom - top < frame.bottom - head.bottom;
      return top >= head.bottom - 1 && (fits ? bottom <= frame.bottom : top < frame.bottom - 40);
    }"""
    assert area.locator("pre:visible").evaluate(seen)
    rows.last.get_by_role("button").click()


def test_it_looks_right_in_light_and_dark(
    notebook: NotebookPage, area: Locator, rows: Locator, artifacts: Path
) -> None:
    rows.nth(3).get_by_role("button", name="tools/call").click()
    for theme in ("Light", "Dark"):
        notebook.change_theme(theme)
        area.screenshot(path=artifacts / f"wire_panel_{theme.lower()}.png")
        assert serious(area) == []
    notebook.change_theme("Light")
