"""A growing text, held against the record sentence by sentence as they end."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from mcp_kernel_tools.answers import Grounding
from mcp_kernel_tools.errors import KernelToolsError
from mcp_kernel_tools.text_marks import Mark, marks_of

PAUSE = 0.3
"""Seconds from one question to the next; what came meanwhile is asked at once."""
SHARE = 5
"""So many times as long as its answer took is a pause at least: a slow server is asked rarely."""

_MAY_END = re.compile(r"(?:[.!?…][\"')\]’”]*\s|\n)\s*\S")
"""Behind it a sentence may have ended; which it is says the server, who knows abbreviations."""


class SentenceCheck:
    """Asks for the sentences that have ended since the last time, one question at a time.

    It runs beside the stream and takes no part in it: `add` only remembers the text.

    Args:
        ask: what the record says of a text.
        show: called with all marks so far, when there are new ones.
        pause: seconds between two questions.
    """

    def __init__(
        self,
        ask: Callable[[str], Awaitable[Grounding]],
        show: Callable[[list[Mark]], object],
        pause: float = PAUSE,
    ) -> None:
        self._ask = ask
        self._show = show
        self._pause = pause
        self._news = asyncio.Event()
        self._fresh: list[str] = []
        self._rest = ""  # what no answer has covered yet
        self._done = 0  # characters before the rest
        self._looked = 0  # characters of the rest in which every end was asked about
        self._marks: list[Mark] = []

    def add(self, text: str) -> None:
        """What has come, as it is shown."""
        self._fresh.append(text)
        self._news.set()

    async def run(self) -> None:
        """Ask until cancelled, or until the server does not answer: the stream will say so."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                asked = time.monotonic()
                await self._check()
                await asyncio.sleep(max(self._pause, SHARE * (time.monotonic() - asked)))
        except KernelToolsError:
            return

    async def _check(self) -> None:
        self._rest += "".join(self._fresh)
        self._fresh.clear()
        ends = [found.end() - 1 for found in _MAY_END.finditer(self._rest, self._looked)]
        if not ends:
            return
        self._looked = ends[-1]
        grounding = await self._ask(self._rest)
        finished = grounding["sentences"][:-1]  # the last one may go on
        if finished:
            self._take(marks_of(finished, self._done), finished[-1]["end"])

    def _take(self, marks: list[Mark], length: int) -> None:
        self._rest = self._rest[length:]
        self._done += length
        self._looked = max(0, self._looked - length)
        if marks:
            self._marks = [*self._marks, *marks]
            self._show(self._marks)
