import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_kernel_tools import wire
from mcp_kernel_tools.answers import Verdict
from mcp_kernel_tools.stream_view import MARKS, GrowingText, PlainText, StreamView
from mcp_kernel_tools.text_marks import Mark
from tests.front_end import FrontEnd, front_end

TOKENS = ["The ", "patient ", "is ", "well", ". "]


@pytest.fixture
def browser() -> Iterator[FrontEnd]:
    with front_end() as browser:
        yield browser


def live(view: StreamView) -> GrowingText:
    painter = view._live
    assert isinstance(painter, GrowingText)
    return painter


def shown(messages: list[dict[str, Any]]) -> str:
    """What a browser shows after these messages, and that none is missing."""
    assert [message["number"] for message in messages] == list(range(1, len(messages) + 1))
    text = ""
    for message in messages:
        text = "" if message["kind"] == "clear" else text + message.get("text", "")
    return text


def test_the_text_is_what_was_written(browser: FrontEnd) -> None:
    view = StreamView()
    view.start()
    for token in TOKENS:
        view.write(token)
    assert view.text == "".join(TOKENS)
    view.finish()
    assert view.text == "".join(TOKENS) == shown(browser.custom(live(view)))


@pytest.mark.slow
@settings(deadline=None)  # what it costs to open a widget depends on what else runs
@given(st.lists(st.text(), max_size=20))
def test_the_browser_gets_every_text_as_visible_characters(tokens: list[str]) -> None:
    with front_end() as browser:
        view = StreamView()
        view.start()
        for token in tokens:
            view.write(token)
        view.finish()
        assert shown(browser.custom(live(view))) == wire.visible("".join(tokens))


@pytest.mark.slow
def test_a_text_shows_before_the_stream_ends(browser: FrontEnd) -> None:
    view = StreamView()
    view.start()
    view.write("The patient")
    browser.wait_for(lambda: shown(browser.custom(live(view))) == "The patient")
    view.close()


def test_a_new_stream_begins_with_an_empty_view(browser: FrontEnd) -> None:
    view = StreamView()
    for text in ("first", "second"):
        view.start()
        view.write(text)
        view.finish()
    assert view.text == "second" == shown(browser.custom(live(view)))


def test_many_tokens_become_few_messages(browser: FrontEnd) -> None:
    view = StreamView(updates_per_second=1)
    view.start()
    for _ in range(5000):
        view.write("token ")
    view.finish()
    assert len(browser.custom(live(view))) <= 4


def test_the_cost_of_a_token_does_not_grow(browser: FrontEnd) -> None:
    sizes = []
    for count in (1000, 2000):
        view = StreamView(updates_per_second=1)
        before = browser.bytes()
        view.start()
        for _ in range(count):
            view.write("token ")
        view.finish()
        sizes.append(browser.bytes() - before)
    assert sizes[1] < 2 * sizes[0] + 1000


def test_threads_that_write_at_once_lose_nothing(browser: FrontEnd) -> None:
    view = StreamView(updates_per_second=1000)
    view.start()

    def write() -> None:
        for _ in range(200):
            view.write("ab")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    view.finish()
    assert shown(browser.custom(live(view))) == "ab" * 800


@pytest.mark.slow
def test_a_page_that_opens_late_gets_the_text_so_far(browser: FrontEnd) -> None:
    view = StreamView()
    view.start()
    view.write("so far")
    browser.wait_for(lambda: shown(browser.custom(live(view))) == "so far")
    snapshot = live(view).get_state("snapshot")["snapshot"]
    assert (snapshot["text"], snapshot["busy"]) == ("so far", True)
    assert snapshot["number"] == len(browser.custom(live(view)))
    view.close()


def test_a_browser_that_missed_a_message_gets_a_snapshot(browser: FrontEnd) -> None:
    view = StreamView()
    view.write("all of it")
    view.finish("Complete.", "Written by hand.")
    browser.send(live(view), {"kind": "sync"})
    answer = browser.custom(live(view))[-1]
    assert answer["kind"] == "snapshot"
    assert answer["snapshot"] == {
        "number": 2,
        "text": "all of it",
        "marks": [],
        "unlisted": 0,
        "busy": False,
        "note": "Complete.",
        "source": "Written by hand.",
    }


def test_a_snapshot_is_never_sent_unasked(browser: FrontEnd) -> None:
    view = StreamView()
    view.write("text")
    view.finish()
    updates = [m for m in browser.messages if m["data"].get("method") == "update"]
    assert not any("snapshot" in update["data"]["state"] for update in updates)


def test_it_knows_whether_a_front_end_has_loaded(browser: FrontEnd) -> None:
    view = StreamView()
    assert not view.answered
    browser.send(live(view), {"kind": "hello"})
    assert view.answered


def mark(start: int, end: int, verdict: Verdict = "unsupported") -> Mark:
    return Mark(start, end, "words", verdict, "Notes: other words", (0, end))


def test_a_mark_never_comes_before_its_words(browser: FrontEnd) -> None:
    view = StreamView(updates_per_second=1)
    view.start()
    view.write("one two")
    view.mark([mark(4, 7)])
    kinds = [message["kind"] for message in browser.custom(live(view))]
    assert kinds == ["clear", "append", "mark"]
    view.close()


def test_only_new_marks_are_sent(browser: FrontEnd) -> None:
    view = StreamView()
    view.write("one two")
    view.mark([mark(0, 3)])
    view.mark([mark(0, 3), mark(4, 7)])
    view.mark([mark(0, 3), mark(4, 7)])  # nothing new
    view.finish()
    sent = [m for m in browser.custom(live(view)) if m["kind"] == "mark"]
    assert [(m["from"], [row[:2] for row in m["marks"]]) for m in sent] == [
        (0, [[0, 3]]),
        (1, [[4, 7]]),
    ]


def test_marks_that_have_changed_are_all_sent_again(browser: FrontEnd) -> None:
    view = StreamView()
    view.write("one two")
    view.mark([mark(0, 3), mark(4, 7)])
    view.mark([mark(0, 3, "contradicted"), mark(4, 7)])
    assert browser.custom(live(view))[-1]["from"] == 0
    assert live(view).take_snapshot()["marks"] == browser.custom(live(view))[-1]["marks"]
    view.close()


def test_very_many_marks_are_cut_and_their_number_is_told(browser: FrontEnd) -> None:
    view = StreamView()
    view.write("x" * 2 * MARKS)
    view.mark([mark(at, at + 1) for at in range(2 * MARKS)])
    assert len(live(view).take_snapshot()["marks"]) == MARKS
    assert live(view).take_snapshot()["unlisted"] == MARKS
    view.close()


def test_a_new_stream_begins_without_marks(browser: FrontEnd) -> None:
    view = StreamView()
    view.write("one")
    view.mark([mark(0, 3)])
    view.finish("Complete.", "Written by hand.")
    view.start()
    snapshot = live(view).take_snapshot()
    assert (snapshot["marks"], snapshot["source"]) == ([], "")


def test_the_notebook_file_gets_the_marks_below_the_text_and_not_in_it(
    browser: FrontEnd, published: list[dict[str, Any]]
) -> None:
    view = StreamView()
    view._ipython_display_()
    view.write("one")
    view.mark([mark(0, 3)])
    view.finish("", "Written by hand.")
    data = published[-1]["data"]
    assert data["text/plain"] == "one"
    assert "“words”: not in the record: check (Notes: other words)" in data["text/html"]
    assert "Written by hand." in data["text/html"]


def test_a_plain_output_lists_the_marks_too(browser: FrontEnd) -> None:
    view = StreamView()
    view.write("one")
    view.mark([mark(0, 3)])
    view.use_plain_output()
    assert "“words”: not in the record" in view.output.outputs[0]["data"]["text/html"]
    view.start()
    assert "“words”" not in view.output.outputs[0]["data"]["text/html"]


def test_the_output_holds_the_live_view(browser: FrontEnd) -> None:
    view = StreamView()
    (output,) = view.output.outputs
    bundle = output["data"]["application/vnd.jupyter.widget-view+json"]
    assert bundle["model_id"] == live(view).model_id


def test_without_anywidgets_front_end_the_output_holds_the_text(browser: FrontEnd) -> None:
    view = StreamView()
    view.write("<b>so far</b>, ")
    view.use_plain_output()
    view.write("and on")
    view.finish("Incomplete.")
    (output,) = view.output.outputs
    assert output["data"]["text/plain"] == "<b>so far</b>, and on\n[Incomplete.]"
    assert "&lt;b&gt;so far" in output["data"]["text/html"]
    view.start()
    assert view.output.outputs[0]["data"]["text/plain"] == ""


def test_a_plain_output_is_updated_the_more_rarely_the_longer_it_is(browser: FrontEnd) -> None:
    view = StreamView(updates_per_second=10)
    view.write("x" * 80_000)
    assert view._pause() == pytest.approx(0.1)
    view.use_plain_output()
    assert isinstance(view._painter, PlainText)
    assert view._pause() == pytest.approx(1.0)
    view.close()


def test_the_notebook_file_gets_the_text_once_when_the_stream_ends(
    browser: FrontEnd, published: list[dict[str, Any]]
) -> None:
    view = StreamView()
    view._ipython_display_()
    placeholder = published[-1]
    view.start()
    for token in TOKENS:
        view.write(token)
    assert published[-1] is placeholder
    view.finish()
    saved = published[-1]
    assert saved["update"]
    assert saved["transient"]["display_id"] == placeholder["transient"]["display_id"]
    assert saved["data"]["text/plain"] == "".join(TOKENS)
    assert len(published) == 3  # the view, the placeholder, the text


def test_a_view_that_is_shown_again_keeps_its_text_in_the_file(
    browser: FrontEnd, published: list[dict[str, Any]]
) -> None:
    view = StreamView()
    view.write("complete")
    view.finish()
    view._ipython_display_()
    assert published[-1]["data"]["text/plain"] == "complete"


def test_a_stream_without_text_leaves_the_file_as_it_was(
    browser: FrontEnd, published: list[dict[str, Any]]
) -> None:
    view = StreamView()
    view._ipython_display_()
    view.write("complete")
    view.finish()
    view.start()
    view.finish("Failed.")
    assert published[-1]["data"]["text/plain"] == "complete"


def test_the_display_names_a_text_for_pages_without_widgets(
    browser: FrontEnd, published: list[dict[str, Any]]
) -> None:
    StreamView()._ipython_display_()
    assert published[0]["data"]["text/plain"] == "Summary: run the cell to see it"


@pytest.mark.slow
def test_updates_keep_their_distance(browser: FrontEnd) -> None:
    times: list[float] = []
    view = StreamView(updates_per_second=50)
    real_send = live(view).send

    def send(message: dict[str, Any]) -> None:
        times.append(time.monotonic())
        real_send(message)

    view._live.send = send
    view.start()
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            view.write("x")

    writer = threading.Thread(target=write)
    writer.start()
    browser.wait_for(lambda: len(times) >= 10)
    ended.set()
    writer.join()
    view.finish()
    assert min(b - a for a, b in pairwise(times[1:-2])) >= 0.02
