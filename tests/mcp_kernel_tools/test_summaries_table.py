import threading
from collections.abc import Iterator

import pytest

from mcp_kernel_tools.answers import SavedSummary, SummaryPage
from mcp_kernel_tools.summaries_table import EXCERPT, SummariesTable
from tests.front_end import FrontEnd, front_end


@pytest.fixture
def browser() -> Iterator[FrontEnd]:
    with front_end() as browser:
        yield browser


def saved(number: int, summary: str = "A short summary.") -> SavedSummary:
    return {
        "patient_id": str(number),
        "name": f"Patient {number}",
        "summary": summary,
        "model": "scripted",
        "how": "generated",
        "saved_at": "2026-01-01T12:00:00+00:00",
    }


class Pages:
    """So many saved summaries, and what was asked for."""

    def __init__(self, total: int, summary: str = "A short summary.") -> None:
        self.total = total
        self.summary = summary
        self.asked: list[tuple[int, int, str]] = []

    def __call__(self, offset: int, limit: int, query: str) -> SummaryPage:
        self.asked.append((offset, limit, query))
        numbers = range(self.total)[offset : offset + limit]
        rows = [saved(number, self.summary) for number in numbers]
        return {"total": self.total, "offset": offset, "summaries": rows}


def ids(table: SummariesTable) -> list[str]:
    return [row["id"] for row in table.page["rows"]]


def test_a_refresh_shows_the_first_page(browser: FrontEnd) -> None:
    table = SummariesTable(Pages(100), rows=3)
    table.refresh().join()
    assert ids(table) == ["0", "1", "2"]
    assert (table.page["total"], table.page["offset"], table.page["failure"]) == (100, 0, "")


def test_it_asks_for_one_page_however_many_there_are(browser: FrontEnd) -> None:
    pages = Pages(100_000)
    table = SummariesTable(pages)
    before = browser.bytes()
    table.refresh().join()
    assert pages.asked == [(0, 10, "")]
    assert browser.bytes() - before < 5_000


def test_the_browser_turns_pages_and_filters(browser: FrontEnd) -> None:
    pages = Pages(100)
    table = SummariesTable(pages, rows=5)
    browser.send(table, {"kind": "turn", "offset": 5, "query": "asthma"})
    browser.wait_for(lambda: table.page["query"] == "asthma")
    assert ids(table) == ["5", "6", "7", "8", "9"]
    browser.send(table, {"kind": "turn", "offset": -5, "query": ""})
    browser.wait_for(lambda: table.page["query"] == "")
    assert pages.asked == [(5, 5, "asthma"), (0, 5, "")]


def test_a_new_row_is_shown_on_the_first_unfiltered_page_and_marked(browser: FrontEnd) -> None:
    table = SummariesTable(Pages(100), rows=5)
    table.turn_to(50, "asthma").join()
    table.refresh(new="2").join()
    assert (table.page["new"], table.page["offset"], table.page["query"]) == ("2", 0, "")


def test_a_plain_refresh_stays_on_its_page(browser: FrontEnd) -> None:
    table = SummariesTable(Pages(100), rows=5)
    table.turn_to(50, "asthma").join()
    table.refresh().join()
    assert (table.page["offset"], table.page["query"]) == (50, "asthma")


def test_a_row_holds_the_beginning_and_opening_it_sends_the_whole(browser: FrontEnd) -> None:
    text = "A long summary.\n" * 1000
    table = SummariesTable(Pages(1, text))
    table.refresh().join()
    excerpt = table.page["rows"][0]["excerpt"]
    assert len(excerpt) <= EXCERPT + 2
    assert excerpt.endswith("…")
    browser.send(table, {"kind": "open", "id": "0"})
    assert browser.custom(table) == [{"kind": "opened", "id": "0", "text": text}]


def test_a_row_that_is_no_longer_there_opens_nothing(browser: FrontEnd) -> None:
    table = SummariesTable(Pages(1))
    table.refresh().join()
    browser.send(table, {"kind": "open", "id": "99"})
    assert browser.custom(table) == []


def test_text_that_would_act_is_made_visible(browser: FrontEnd) -> None:
    table = SummariesTable(Pages(1, "red \x1b[31m and \u202ereversed"))
    table.refresh().join()
    assert table.page["rows"][0]["excerpt"] == "red ␛[31m and �reversed"


def test_a_failure_is_shown_above_the_rows_that_were_there(browser: FrontEnd) -> None:
    pages = Pages(3)
    table = SummariesTable(pages)
    table.refresh().join()
    table._fetch = lambda *_: pages.missing  # type: ignore[attr-defined]
    table.refresh().join()
    assert "missing" in table.page["failure"]
    assert ids(table) == ["0", "1", "2"]
    table._fetch = pages
    table.refresh().join()
    assert table.page["failure"] == ""


def test_of_several_pages_on_their_way_the_last_one_asked_for_is_shown(browser: FrontEnd) -> None:
    go_on = threading.Event()
    pages = Pages(100)

    def slow_at_first(offset: int, limit: int, query: str) -> SummaryPage:
        if query == "slow":
            assert go_on.wait(10)
        return pages(offset, limit, query)

    table = SummariesTable(slow_at_first)
    slow = table.turn_to(0, "slow")
    table.turn_to(0, "quick").join()
    go_on.set()
    slow.join()
    assert table.page["query"] == "quick"
