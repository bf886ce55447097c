"""Clients of the benchmarks: the same plain reader for every side that sends frames.

A reader streams once, and keeps when each token came; what a token says is looked at afterwards, so
that the reader costs as little as it can.
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import websockets
from mcp import Client
from websockets.asyncio.client import ClientConnection

from mcp_kernel_tools import wire
from tests.benchmarks.stamps import ages
from tests.running import shake_hands

TOKEN_HEAD = f'{{"type":"{wire.STREAM_TOKEN}"'


@dataclass
class Stream:
    """What one reader got: each arrival (CLOCK_MONOTONIC, nanoseconds) with what arrived."""

    asked: int = 0
    arrivals: list[tuple[int, str]] = field(default_factory=list)

    def first_token_seconds(self) -> float:
        return (self.arrivals[0][0] - self.asked) / 1e9

    def seconds(self) -> float:
        """From the request to the last token."""
        return (self.arrivals[-1][0] - self.asked) / 1e9

    def ages(self, skip: int) -> list[float]:
        """Milliseconds on the way, of each token after the first `skip`."""
        on_the_way = [age for when, text in self.arrivals for age in ages(_token(text), when)]
        return on_the_way[skip:]


def _token(text: str) -> str:
    return str(wire.decode(text)["token"]) if text.startswith("{") else text


@dataclass
class FrameReader:
    """Reads `stream_token` frames; `request` is what starts the stream."""

    connection: ClientConnection
    request: Mapping[str, Any]

    async def stream(self, number: int) -> Stream:
        stream = Stream(time.monotonic_ns())
        await self.connection.send(wire.encode({**self.request, "id": number}))
        while (frame := str(await self.connection.recv())).startswith((TOKEN_HEAD, '{"type": "')):
            stream.arrivals.append((time.monotonic_ns(), frame))
        if not stream.arrivals:
            raise RuntimeError(f"not a token: {frame}")
        return stream

    async def listing(self) -> float:
        """Seconds until a list of the tools is here."""
        asked = time.monotonic()
        await self.connection.send(wire.encode(wire.request(0, "tools/list", {})))
        await self.connection.recv()
        return time.monotonic() - asked


@dataclass
class ProgressReader:
    """Reads progress notifications with the SDK's own client, as its documentation shows it."""

    client: Client
    tool: str
    arguments: dict[str, Any]

    async def stream(self, number: int) -> Stream:
        stream = Stream(time.monotonic_ns())

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            stream.arrivals.append((time.monotonic_ns(), message or ""))

        await self.client.call_tool(self.tool, self.arguments, progress_callback=on_progress)
        return stream


@asynccontextmanager
async def frames(
    port: int, request: Mapping[str, Any], token: str | None = None, *, mcp: bool = False
) -> AsyncIterator[FrameReader]:
    """A reader of frames; `mcp` opens an MCP session first."""
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/mcp",
        additional_headers={"Authorization": f"Bearer {token}"} if token else None,
        compression=None,
        max_size=None,
        proxy=None,
        ping_interval=None,
    ) as connection:
        if mcp:
            await shake_hands(connection)
        yield FrameReader(connection, request)


@asynccontextmanager
async def progress(port: int, arguments: dict[str, Any]) -> AsyncIterator[ProgressReader]:
    async with Client(f"http://127.0.0.1:{port}/mcp") as client:
        yield ProgressReader(client, "generate", arguments)
