"""Ways for the official SDK's client to reach a server: a WebSocket, and any version it knows."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, Self

import anyio
import mcp_types
from mcp.shared.message import SessionMessage
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from mcp_kernel_tools import wire
from tests.running import RunningServer

Streams = tuple[Any, Any]
Transport = AbstractAsyncContextManager[Streams]


class Stream:
    """What the SDK's streams have in common."""

    async def aclose(self) -> None:
        """Whoever opened the transport closes it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class Frames(Stream):
    """A WebSocket as the SDK's read stream and write stream."""

    def __init__(
        self, connection: ClientConnection, on_token: Callable[[wire.Frame], None]
    ) -> None:
        self.connection = connection
        self.on_token = on_token

    async def receive(self) -> SessionMessage:
        while True:
            try:
                frame = wire.decode(await self.connection.recv())
            except ConnectionClosed:
                raise anyio.EndOfStream from None
            if wire.is_token(frame):
                self.on_token(frame)
            else:
                message = mcp_types.jsonrpc_message_adapter.validate_python(frame, by_name=False)
                return SessionMessage(message)

    async def send(self, item: SessionMessage) -> None:
        try:
            await self.connection.send(_text(item))
        except ConnectionClosed:
            raise anyio.BrokenResourceError from None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None


@asynccontextmanager
async def websocket_client(
    server: RunningServer, on_token: Callable[[wire.Frame], None]
) -> AsyncIterator[Streams]:
    """A WebSocket to `server`; its `stream_token` frames, which no SDK knows, go to `on_token`."""
    async with server.connect(subprotocols=["mcp"]) as connection:
        frames = Frames(connection, on_token)
        yield frames, frames


class AsksFor(Stream):
    """A write stream that opens the session in an older version than the SDK would."""

    def __init__(self, inner: Any, version: str) -> None:
        self.inner = inner
        self.version = version

    async def send(self, item: SessionMessage) -> None:
        frame = json.loads(_text(item))
        if frame.get("method") == "initialize":
            frame["params"]["protocolVersion"] = self.version
            message = mcp_types.jsonrpc_message_adapter.validate_python(frame, by_name=False)
            item = SessionMessage(message, item.metadata)
        await self.inner.send(item)

    async def aclose(self) -> None:
        await self.inner.aclose()


@asynccontextmanager
async def asking_for(version: str, transport: Transport) -> AsyncIterator[Streams]:
    """`transport`, on which a client that opens with `initialize` gets this version."""
    async with transport as (read, write):
        yield read, AsksFor(write, version)


def _text(item: SessionMessage) -> str:
    return item.message.model_dump_json(by_alias=True, exclude_unset=True)
