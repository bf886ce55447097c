"""A source of tokens that speaks Ollama's streaming NDJSON as fast as it can, for benchmarks.

Started with a file for its port, the number of tokens, and the seconds between two of them. The
lines are written from Ollama's API documentation (POST /api/generate): `response` and `done` in
each, the counts in the last. It stands in for Ollama's speed, not for its words: at full speed the
lines are there before anybody asks, or this source, and not its readers, would set the rate.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.stamps import stamped

TAGS = json.dumps({"models": [{"name": "phi:latest", "model": "phi:latest"}]}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"


def line(text: str, *, done: bool = False) -> bytes:
    said = {"model": "phi", "created_at": "2026-01-01T00:00:00Z", "response": text, "done": done}
    if done:
        said |= {"done_reason": "unload", "eval_count": 1}
    return json.dumps(said).encode() + b"\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def paced(tokens: int, seconds: float) -> AsyncIterator[bytes]:
    async for token in stamped(tokens, seconds):
        yield chunk(line(token))


async def ready(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for number, each in enumerate(chunks):
        if number % 16 == 0:
            await asyncio.sleep(0)
        yield each


async def answer(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    body: Callable[[], AsyncIterator[bytes]],
) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if b"/api/generate" in head:
        lengths = [part for part in head.split(b"\r\n") if part.lower().startswith(b"content-len")]
        await reader.readexactly(int(lengths[0].split(b":")[1]))
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        async for each in body():
            writer.write(each)
            await writer.drain()
        writer.write(chunk(line("", done=True)) + b"0\r\n\r\n")
    else:
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(TAGS) + TAGS)
    await writer.drain()
    writer.close()


async def main(port_file: Path, tokens: int, seconds: float) -> None:
    if seconds:
        body = partial(paced, tokens, seconds)
    else:
        body = partial(ready, [each async for each in paced(tokens, 0)])
    source = await asyncio.start_server(lambda r, w: answer(r, w, body), "127.0.0.1", 0)
    port_file.write_text(str(source.sockets[0].getsockname()[1]))  # noqa: ASYNC240  (once)
    await source.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
