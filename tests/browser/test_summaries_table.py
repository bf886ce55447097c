"""The table alone, over a hundred thousand summaries that a function makes up."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.jupyter_page import Lab, NotebookPage

TABLE = """
from mcp_kernel_tools.summaries_table import SummariesTable

TOTAL = 100_000

def page(offset, limit, query):
    numbers = [n for n in range(TOTAL) if query in f"Patient {n}"] if query else range(TOTAL)
    rows = [
        {
            "patient_id": str(n),
            "name": f"Patient {n}",
            "summary": f"Summary {n}: <img src=x onerror='window.hacked=1'> " * 9 + "End.",
            "model": "scripted",
            "how": "generated",
            "saved_at": "2026-01-01T12:00:00+00:00",
        }
        for n in numbers[offset : offset + limit]
    ]
    return {"total": len(numbers), "offset": offset, "summaries": rows}

table = SummariesTable(page)
table.refresh()
table
"""


@pytest.fixture(scope="module")
def area(lab: Lab, notebook: NotebookPage) -> Locator:
    lab.write("table.ipynb", TABLE, "table.refresh(new='3').join()")
    notebook.open("table.ipynb")
    notebook.run_cell(0)
    return notebook.output(0)


@pytest.fixture
def rows(area: Locator) -> Locator:
    return area.get_by_role("table", name="Saved summaries").locator("tbody tr")


def test_it_shows_one_page_of_many(area: Locator, rows: Locator) -> None:
    expect(rows).to_have_count(10)
    expect(area).to_contain_text("1 to 10 of 100,000")
    expect(area.get_by_role("button", name="Newer")).to_be_disabled()


def test_pages_turn_both_ways(area: Locator, rows: Locator) -> None:
    area.get_by_role("button", name="Older").click()
    expect(area).to_contain_text("11 to 20 of 100,000")
    expect(rows.first).to_contain_text("Patient 10")
    area.get_by_role("button", name="Newer").click()
    expect(area).to_contain_text("1 to 10 of 100,000")


def test_the_filter_asks_the_server(area: Locator, rows: Locator) -> None:
    field = area.get_by_role("searchbox", name="Filter the table")
    field.press_sequentially("Patient 9999")
    expect(area).to_contain_text("1 to 10 of 11")
    expect(field).to_be_focused()
    field.fill("nobody")
    expect(area).to_contain_text("No summary matches “nobody”.")
    field.fill("")
    expect(area).to_contain_text("1 to 10 of 100,000")


def test_a_key_opens_a_row_and_its_text_is_text(area: Locator, rows: Locator) -> None:
    toggle = rows.nth(2).get_by_role("button")
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(rows.nth(2)).to_contain_text("End.")
    expect(rows.nth(2)).to_contain_text("<img src=x")
    assert area.page.evaluate("() => window.hacked") is None
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "false")


def test_a_refresh_marks_the_new_row_and_moves_neither_focus_nor_open_rows(
    area: Locator, rows: Locator, notebook: NotebookPage
) -> None:
    rows.nth(2).click()
    toggle = rows.nth(2).get_by_role("button")
    toggle.focus()
    notebook.run_cell(1)
    expect(rows.nth(3).get_by_text("new", exact=True)).to_be_visible()
    expect(area.get_by_text("new", exact=True)).to_have_count(1)
    expect(toggle).to_have_attribute("aria-expanded", "true")
