from collections.abc import Iterator

import pytest

from mcp_kernel_tools.wire_log import WireLog
from mcp_kernel_tools.wire_panel import EXCERPT, SHOWN, WirePanel
from tests.front_end import FrontEnd, front_end


@pytest.fixture
def browser() -> Iterator[FrontEnd]:
    with front_end() as browser:
        yield browser


def rows(browser: FrontEnd, panel: WirePanel) -> list[list[object]]:
    sent = [message for message in browser.custom(panel) if message["kind"] == "frames"]
    return [row for message in sent for row in message["rows"]]


def test_a_view_is_sent_the_frames_that_there_are(browser: FrontEnd) -> None:
    log = WireLog(10)
    log.add("sent", "initialize", "{}")
    panel = log.panel()
    browser.send(panel, {"kind": "shown"})
    ((number, _, direction, kind, size, text),) = rows(browser, panel)
    assert (number, direction, kind, size, text) == (1, "sent", "initialize", 2, "{}")


@pytest.mark.slow
def test_frames_that_come_together_are_sent_together(browser: FrontEnd) -> None:
    log = WireLog(1000)
    panel = WirePanel(log)
    browser.send(panel, {"kind": "shown"})
    for _ in range(100):
        log.add("received", "stream_token", "{}")
    browser.wait_for(lambda: len(rows(browser, panel)) == 100)
    assert len(browser.custom(panel)) <= 2


def test_nothing_is_sent_while_nobody_looks(browser: FrontEnd) -> None:
    log = WireLog(10)
    panel = WirePanel(log)
    browser.send(panel, {"kind": "shown"})
    browser.send(panel, {"kind": "gone"})
    log.add("sent", "ping", "{}")
    assert panel._due is None
    assert rows(browser, panel) == []


def test_no_more_frames_are_sent_than_are_shown(browser: FrontEnd) -> None:
    log = WireLog(10_000)
    for _ in range(3 * SHOWN):
        log.add("sent", "ping", "{}")
    panel = WirePanel(log)
    browser.send(panel, {"kind": "shown"})
    assert len(rows(browser, panel)) == SHOWN


def test_a_long_text_is_shortened_in_its_row_and_whole_on_a_click(browser: FrontEnd) -> None:
    log = WireLog(10)
    log.add("received", "response", '{"text": "%s"}' % ("x" * 1000))
    panel = WirePanel(log)
    browser.send(panel, {"kind": "shown"})
    assert len(str(rows(browser, panel)[0][5])) == EXCERPT + 2
    browser.send(panel, {"kind": "open", "number": 1})
    opened = browser.custom(panel)[-1]
    assert (opened["number"], opened["text"]) == (1, '{\n  "text": "%s"\n}' % ("x" * 1000))


def test_a_frame_that_acts_or_is_malformed_is_shown_as_text(browser: FrontEnd) -> None:
    log = WireLog(10)
    log.add("received", "\x1b[31m", "\u202e<b>")
    panel = WirePanel(log)
    browser.send(panel, {"kind": "shown"})
    browser.send(panel, {"kind": "open", "number": 1})
    assert rows(browser, panel)[0][3] == "␛[31m"
    assert browser.custom(panel)[-1]["text"] == "\ufffd<b>"


def test_a_frame_that_is_forgotten_opens_nothing(browser: FrontEnd) -> None:
    log = WireLog(1)
    log.add("sent", "a", "{}")
    log.add("sent", "b", "{}")
    panel = WirePanel(log)
    browser.send(panel, {"kind": "open", "number": 1})
    assert browser.custom(panel) == []
