"""How far a long tool call is, for whoever asked for progress: standard MCP notifications.

They say the newest state a few times a second, however fast the work goes. A request without a
progress token is told nothing: simple clients take any further frame for the response.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from mcp.server import ServerRequestContext

from .token_sink import while_connected

SECONDS = 0.1
"""From one notification to the next, at least."""

Tell = Callable[[int, int, str], None]
"""How much is done, of how much, and a few words."""


class Notices:
    """Sends the newest state, and in between nothing."""

    def __init__(self, context: ServerRequestContext[Any, Any]) -> None:
        self.session = context.session
        self._state = (0, 0, "")
        self._sent = self._state
        self._news = asyncio.Event()

    def tell(self, done: int, total: int, words: str) -> None:
        self._state = (done, total, words)
        self._news.set()

    async def run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self.send()
            await asyncio.sleep(SECONDS)

    async def send(self) -> None:
        """Send the state, unless it was sent. Progress only grows, as MCP has it."""
        if self._state[0] > self._sent[0]:
            self._sent = self._state
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self.session.report_progress(*self._state)


@asynccontextmanager
async def open_notices(context: ServerRequestContext[Any, Any]) -> AsyncIterator[Tell]:
    """What the call tells how far it is; the last state is sent before its response.

    Raises:
        Incomplete: the HTTP connection of the request was lost.
    """
    async with while_connected(context.request):
        if "progress_token" not in (context.meta or {}):
            yield lambda _done, _total, _words: None
            return
        notices = Notices(context)
        sender = asyncio.create_task(notices.run())
        try:
            yield notices.tell
        finally:
            sender.cancel()
            await asyncio.wait([sender])
        await notices.send()
