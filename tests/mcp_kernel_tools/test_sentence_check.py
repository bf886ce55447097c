import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from mcp_kernel_tools.answers import Grounding
from mcp_kernel_tools.errors import ConnectionLost
from mcp_kernel_tools.sentence_check import SentenceCheck
from mcp_kernel_tools.text_marks import Mark


def checked(text: str) -> Grounding:
    """A server that knows the abbreviation "Dr." and marks the first word of each sentence."""
    sentences: list[dict[str, object]] = []
    for found in re.finditer(r"(?:Dr\. |[^.])+\.?", text):
        piece = found.group().strip()
        if not piece:
            continue
        start = text.index(piece, found.start())
        word = piece.split()[0]
        claim = {
            "text": word,
            "start": start,
            "end": start + len(word),
            "kind": "word",
            "verdict": "unsupported",
            "field": "",
            "evidence": "",
        }
        sentence = {"text": piece, "start": start, "end": start + len(piece), "claims": [claim]}
        sentences.append(sentence | {"verdict": "unsupported"})
    return {"patient_id": "1", "sentences": sentences, "omissions": [], "counts": {}}  # type: ignore[typeddict-item]


class Shown:
    """The marks that were shown last, and a way to wait for them."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.asked: list[str] = []
        self._news = asyncio.Condition()

    async def ask(self, text: str) -> Grounding:
        async with self._news:
            self.asked.append(text)
            self._news.notify_all()
        return checked(text)

    def show(self, marks: list[Mark]) -> None:
        self.marks = marks

    async def until_asked(self, times: int) -> None:
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times)
        await asyncio.sleep(0)  # the answer is on its way


@asynccontextmanager
async def running(
    ask: Callable[[str], Awaitable[Grounding]], shown: Shown
) -> AsyncIterator[SentenceCheck]:
    check = SentenceCheck(ask, shown.show, pause=0)
    task = asyncio.create_task(check.run())
    try:
        yield check
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_sentence_is_asked_about_once_the_next_one_begins() -> None:
    shown = Shown()
    async with running(shown.ask, shown) as check:
        check.add("He has gout. ")
        for _ in range(3):
            await asyncio.sleep(0)
        assert shown.asked == []  # it may go on: no word came after it
        check.add("She")
        await shown.until_asked(1)
    assert shown.asked == ["He has gout. She"]
    assert [mark.words for mark in shown.marks] == ["He"]


async def test_what_was_answered_is_not_sent_again_and_places_go_on() -> None:
    shown = Shown()
    text = "One ends. Two ends. Three"
    async with running(shown.ask, shown) as check:
        check.add(text[:12])
        await shown.until_asked(1)
        check.add(text[12:])
        await shown.until_asked(2)
    assert shown.asked == ["One ends. Tw", " Two ends. Three"]
    assert [text[mark.start : mark.end] for mark in shown.marks] == ["One", "Two"]


async def test_an_abbreviation_is_asked_about_once() -> None:
    shown = Shown()
    async with running(shown.ask, shown) as check:
        check.add("Dr. A")
        await shown.until_asked(1)
        for _ in range(5):
            check.add(" and more")
            await asyncio.sleep(0)
        assert len(shown.asked) == 1
        check.add(". Then")
        await shown.until_asked(2)
    assert [mark.words for mark in shown.marks] == ["Dr."]


async def test_sentences_that_came_meanwhile_are_one_question() -> None:
    shown = Shown()
    answer = asyncio.Event()

    async def slow(text: str) -> Grounding:
        found = await shown.ask(text)
        await answer.wait()
        return found

    async with running(slow, shown) as check:
        check.add("One. Two")
        await shown.until_asked(1)
        for word in (" goes. ", "Three. ", "Four. ", "Five"):
            check.add(word)
        answer.set()
        await shown.until_asked(2)
    assert shown.asked[1] == " Two goes. Three. Four. Five"


async def test_a_server_that_is_gone_ends_the_checks_and_nothing_else() -> None:
    async def fail(text: str) -> Grounding:
        raise ConnectionLost("gone", next="Start it.")

    check = SentenceCheck(fail, lambda marks: None, pause=0)
    check.add("One. Two")
    await asyncio.wait_for(check.run(), 5)
