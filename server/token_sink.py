"""Where the tokens of a generation go: frames on a WebSocket, progress notifications elsewhere.

A request that carries a progress token gets standard `notifications/progress`, on any transport.
A request on a WebSocket without one gets `stream_token` frames. Any other gets no tokens.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import anyio
from mcp.server import ServerRequestContext
from starlette.requests import Request

from mcp_kernel_tools import wire

from .errors import Incomplete
from .websocket import Channel

MAX_FRAME = 32 * 1024
"""Characters of joined tokens in one frame."""


class TokenSink(Protocol):
    """Takes the tokens of one generation, in order."""

    async def put(self, token: str) -> None:
        """Send a token; waits while the reader is too far behind."""

    async def place(self, place: int) -> None:
        """Tell the place in the queue for the model (1 is next)."""

    async def finish(self) -> None:
        """Wait until every token is on its way; the response may follow."""


class Silent:
    """For a request that wants the response alone."""

    async def put(self, token: str) -> None: ...

    async def place(self, place: int) -> None: ...

    async def finish(self) -> None: ...


class Progress:
    """Standard progress notifications: `progress` is the position, `message` the token.

    A place in the queue is a progress below 1 without a message, so that progress only grows.
    """

    def __init__(self, context: ServerRequestContext[Any, Any]) -> None:
        self.session = context.session
        self.position = 0

    async def put(self, token: str) -> None:
        self.position += len(token)
        await self.session.report_progress(self.position, None, token)

    async def place(self, place: int) -> None:
        await self.session.report_progress(1 / (place + 1), None, None)

    async def finish(self) -> None: ...


class Frames:
    """`stream_token` frames, one a token while the reader keeps up, joined ones when it does not.

    While a frame waits to leave, further tokens gather; they leave together in the next one. At
    most `limit` characters wait, then `put` does, and with it the model.
    """

    def __init__(self, channel: Channel, id: wire.RequestId, *, limit: int, join: bool) -> None:
        self.channel = channel
        self.id_json = json.dumps(id)
        self.limit = limit
        self.join = join
        self.position = 0
        """Characters put so far."""
        self.sent = 0
        """Characters that have left, or are leaving."""
        self.waiting: list[str] = []
        self._sender: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()

    async def put(self, token: str) -> None:
        self.position += len(token)
        if not self._sending and (self.channel.keeps_up or not self.join):
            await self._send(token)
            return
        self.waiting.append(token)
        if not self._sending:
            self._sender = asyncio.create_task(self._drain())
            self._sender.add_done_callback(lambda _: self._moved.set())
        while self._sending and self.position - self.sent >= self.limit:
            await self._move()
        self._raise_if_broken()

    async def place(self, place: int) -> None: ...

    async def finish(self) -> None:
        while self._sending:
            await self._move()
        self._raise_if_broken()

    async def aclose(self) -> None:
        """Give up what still waits: the generation was cancelled, or the connection is gone."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait([self._sender])

    @property
    def _sending(self) -> bool:
        return self._sender is not None and not self._sender.done()

    async def _move(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    def _raise_if_broken(self) -> None:
        if self._sender is not None and self._sender.done():
            self._sender.result()

    async def _drain(self) -> None:
        while self.waiting:
            await self._send(self._joined())
            self._moved.set()

    async def _send(self, text: str) -> None:
        self.sent += len(text)
        await self.channel.text(wire.encode_token(text, self.sent, self.id_json))

    def _joined(self) -> str:
        """As many of the waiting tokens as go into one frame."""
        count = size = 0
        while count < len(self.waiting) and size < MAX_FRAME:
            size += len(self.waiting[count])
            count += 1
        text = "".join(self.waiting[:count])
        del self.waiting[:count]
        return text


@asynccontextmanager
async def while_connected(request: object) -> AsyncIterator[None]:
    """Stops its body when the HTTP connection of the request is lost, as nobody waits for it then.

    The SDK does this for the version 2026-07-28 only: before it, a client could come back for the
    rest of a response. That takes a store of events, which this server does not have.

    Raises:
        Incomplete: the connection was lost.
    """
    gone = request.scope["state"].get("gone") if isinstance(request, Request) else None
    if gone is None:
        yield
        return
    with anyio.CancelScope() as scope:
        watch = asyncio.create_task(_cancel_at(gone, scope))
        try:
            yield
        finally:
            watch.cancel()
    if scope.cancelled_caught:
        raise Incomplete("The connection was lost in mid-summary.", next="Ask again.")


async def _cancel_at(event: asyncio.Event, scope: anyio.CancelScope) -> None:
    await event.wait()
    scope.cancel()


@asynccontextmanager
async def open_sink(
    context: ServerRequestContext[Any, Any], *, stream: bool, limit: int, join: bool
) -> AsyncIterator[TokenSink]:
    """The sink that fits the request, closed when the context is left.

    Raises:
        Incomplete: the HTTP connection of the request was lost.
    """
    async with while_connected(context.request):
        if not stream:
            yield Silent()
        elif "progress_token" in (context.meta or {}):
            yield Progress(context)
        elif isinstance(context.request, Channel) and context.request_id is not None:
            frames = Frames(context.request, context.request_id, limit=limit, join=join)
            try:
                yield frames
            finally:
                await frames.aclose()
        else:
            yield Silent()
