"""A server that a test plays itself, frame by frame, on a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from mcp_kernel_tools import wire


class Peer:
    """The server's side of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def frame(self, method: str) -> wire.Frame:
        """The client's next frame, which is of this method."""
        frame = wire.decode(await self.socket.recv())
        assert frame.get("method") == method, frame
        return frame

    async def send(self, **frame: Any) -> None:
        await self.socket.send(wire.encode(frame))

    async def answer(self, request: wire.Frame, result: Any) -> None:
        await self.send(jsonrpc="2.0", id=request["id"], result=result)

    async def stream(self, request: wire.Frame, *tokens: str) -> None:
        position = 0
        for token in tokens:
            position += len(token)
            await self.send(type="stream_token", token=token, position=position, id=request["id"])

    async def finish(self, request: wire.Frame, summary: str) -> None:
        """Answer `generate_summary` with a complete summary."""
        content = {
            "patient_id": request["params"]["arguments"]["patient_id"],
            "name": "Janet Lee",
            "summary": summary,
            "model": "scripted",
            "finish_reason": "stop",
            "tokens": 3,
            "characters": len(summary),
            "first_token_seconds": 0.1,
            "seconds": 0.2,
            "generation_id": "g1",
        }
        await self.answer(request, {"content": [], "structuredContent": content})

    async def refuse(self, request: wire.Frame, kind: str, text: str, next: str) -> None:
        """Answer a tool call with an error."""
        error = {"error": {"kind": kind, "next": next}}
        content = [{"type": "text", "text": text}]
        await self.answer(
            request, {"isError": True, "content": content, "structuredContent": error}
        )

    async def shake_hands(self) -> None:
        await self.answer(await self.frame("initialize"), {"protocolVersion": "2025-11-25"})
        await self.frame("notifications/initialized")


Play = Callable[[Peer], Awaitable[None]]
Stage = Callable[..., Awaitable[str]]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """`await stage(play)`: the address of a server that shakes hands, then does what `play` says."""
    failures: list[BaseException] = []

    async def start(play: Play, *, handshake: bool = True) -> str:
        async def handle(socket: ServerConnection) -> None:
            peer = Peer(socket)
            with suppress(ConnectionClosed):
                try:
                    if handshake:
                        await peer.shake_hands()
                    await play(peer)
                    await socket.wait_closed()
                except (AssertionError, KeyError) as failure:
                    failures.append(failure)
                    await socket.close()

        server = await servers.enter_async_context(serve(handle, "127.0.0.1", 0, compression=None))
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"

    async with AsyncExitStack() as servers:
        yield start
    assert not failures, failures
