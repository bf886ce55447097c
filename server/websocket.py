"""MCP over a WebSocket: a connection is the pair of streams that the SDK reads and writes.

The SDK speaks stdio and Streamable HTTP; its `Server.run(read, write)` takes any pair of message
streams. `Channel` is both: `receive` validates a frame, `send` writes one. There is no queue and no
pump task in between, so tokens and responses leave in the order in which they were made.

How this transport differs from the standard ones is in the README ("On the wire"): text frames, one
JSON-RPC message each; `stream_token` frames while a summary is generated; closing the connection
cancels what it asked for.
"""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

import anyio
import mcp_types
from mcp.server import Server
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from mcp_kernel_tools import wire

SUBPROTOCOL = "mcp"
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
MAX_ID = 200
"""Characters of a request id that an error repeats."""

MAX_OPEN = 200
"""Requests of one connection that may be unanswered; the next one is read when one of them is done.

More than the queue for the model holds, or a cancellation behind it could not be read."""

UNSUPPORTED_DATA = 1003
"""Close code for a binary frame (RFC 6455, section 7.4.1)."""


class Outlet(Protocol):
    """The short way out of a connection; `listener.BoundedWebSocket` is one."""

    @property
    def keeps_up(self) -> bool:
        """Whether a frame can leave at once: the reader has taken what came before."""

    def write_text(self, text: str) -> None:
        """Write a frame now; OSError where the connection is gone."""


class Channel:
    """One WebSocket as the SDK's read stream and write stream, and as the way out for tokens.

    Args:
        websocket: An accepted connection that `listener.BoundedWebSocket` serves; it drops a
            reader that stands still.
    """

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.closed = False
        self._places = anyio.Semaphore(MAX_OPEN)
        self._outlet: Outlet = websocket.scope["state"]["outlet"]

    @property
    def keeps_up(self) -> bool:
        return self._outlet.keeps_up

    async def receive(self) -> SessionMessage:
        """The next message; a frame that is none is answered here and passed over."""
        while True:
            text = await self._receive_text()
            if message := _message(text):
                break
            await self._refuse(text)
        if isinstance(message, mcp_types.JSONRPCRequest):
            await self._places.acquire()
        metadata = ServerMessageMetadata(request_context=self, on_request_unanswered=self._release)
        return SessionMessage(message, metadata)

    async def _release(self) -> None:
        self._places.release()

    async def _refuse(self, text: str) -> None:
        try:
            await self.text(_refusal(text))
        except anyio.BrokenResourceError:
            raise anyio.EndOfStream from None

    async def _receive_text(self) -> str:
        try:
            return await self.websocket.receive_text()
        except KeyError:
            await self._close(UNSUPPORTED_DATA)
        except (WebSocketDisconnect, RuntimeError):
            self.closed = True
        raise anyio.EndOfStream

    async def _close(self, code: int) -> None:
        if not self.closed:
            self.closed = True
            with suppress(WebSocketDisconnect, RuntimeError):  # the other side was faster
                await self.websocket.close(code)

    async def send(self, item: SessionMessage) -> None:
        """Write one JSON-RPC message."""
        try:
            await self.text(item.message.model_dump_json(by_alias=True, exclude_unset=True))
        finally:
            if isinstance(item.message, mcp_types.JSONRPCResponse | mcp_types.JSONRPCError):
                await self._release()

    async def text(self, frame: str) -> None:
        """Write one frame; waits while the reader is behind.

        Raises:
            anyio.BrokenResourceError: the connection is gone.
        """
        try:
            if self._outlet.keeps_up:
                self._outlet.write_text(frame)
            else:
                await self.websocket.send_text(frame)
        except (WebSocketDisconnect, RuntimeError, OSError):
            self.closed = True
            raise anyio.BrokenResourceError from None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """The endpoint closes the connection; the SDK only says that it has finished."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


def _message(text: str) -> mcp_types.JSONRPCMessage | None:
    """The message in a frame; None for a frame that holds none."""
    try:
        message = mcp_types.jsonrpc_message_adapter.validate_json(text, by_name=False)
    except ValidationError:
        return None
    if isinstance(message, mcp_types.JSONRPCNotification) and "id" in wire.decode(text):
        return None  # a request whose id is no id: as a notification it would never be answered
    return message


def _refusal(text: str) -> str:
    """The error for a frame that is no message; it repeats nothing of the frame but its id."""
    try:
        frame = wire.decode(text)
    except (json.JSONDecodeError, RecursionError):
        return _error(None, PARSE_ERROR, "Parse error")
    except ValueError:
        return _error(None, INVALID_REQUEST, "Invalid request")
    id = frame.get("id")
    usable = isinstance(id, int | str) and not isinstance(id, bool) and _repeatable(str(id))
    return _error(id if usable else None, INVALID_REQUEST, "Invalid request")


def _repeatable(id: str) -> bool:
    """Half a character, for one, can be written in JSON and not in UTF-8."""
    return len(id) <= MAX_ID and id.isprintable()


def _error(id: Any, code: int, message: str) -> str:
    return wire.encode({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})


def endpoint(server: Server[Any]) -> Callable[[WebSocket], Awaitable[None]]:
    """The WebSocket side of /mcp: serves one connection until it ends."""

    async def serve(websocket: WebSocket) -> None:
        offered = websocket.scope.get("subprotocols", [])
        await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
        channel = Channel(websocket)
        await server.run(channel, channel, server.create_initialization_options())

    return serve
