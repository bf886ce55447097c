"""A proxy that adds the token, so that a client which can send none reaches a server that asks.

It passes Host and Origin through as they come: the server itself must judge them. Each connection
carries one request, so that bytes can be passed on in both directions without being understood.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

HEAD_LIMIT = 64 * 1024


class TokenProxy:
    """Passes requests on to `port` with the token added."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.added = f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            inward, outward = await asyncio.open_connection("127.0.0.1", self.port)
            outward.write(_without_connection(head) + self.added)
            await _first_to_end(_pass_on(reader, outward), _pass_on(inward, writer))
            outward.close()
        writer.close()


def _without_connection(head: bytes) -> bytes:
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"connection:")]
    return b"\r\n".join(kept) + b"\r\n"


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(HEAD_LIMIT):
            writer.write(data)
            await writer.drain()


async def _first_to_end(*ways: object) -> None:
    """When one side has finished, so has the other: the server closes after its response."""
    tasks = [asyncio.ensure_future(way) for way in ways]  # type: ignore[call-overload]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def serving(proxy: TokenProxy, port: int) -> AsyncIterator[None]:
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", port, limit=HEAD_LIMIT)
    async with server:
        yield
