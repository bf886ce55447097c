"""A real HTTP server that says what a test tells it to, byte for byte, as a model server would.

Ollama's lines are written from its documentation and source (ollama/ollama at fb307609:
docs/api.md, api/types.go, server/routes.go), never recorded: no real Ollama was at hand. The events
of OpenAI-compatible servers have the shape that llama.cpp's server was seen to send.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from server.models.base import Finish, LanguageModel, Options, Prompt
from server.models.embedded import EmbeddedModel
from server.models.endpoint import Limits
from server.models.ollama import OllamaModel
from server.models.openai_compatible import OpenAICompatibleModel

SECONDS = 10
"""No test waits longer than this for anything."""

QUICK = Limits(silence_seconds=0.2, connect_seconds=1, retry_delays=(0, 0))
"""For tests in which nothing is slow but what they are about."""

PROMPT = Prompt(
    "Use only the facts.", (("Rewrite: Bo.", "Bo is well."),), "Rewrite: Ann.", patient_id="25"
)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


class Wire:
    """One request's connection, for the script that answers it."""

    def __init__(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.request = request
        self._reader = reader
        self._writer = writer

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()

    async def answer(self, status: int, body: bytes, *headers: str) -> None:
        head = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers]
        await self.send("\r\n".join([*head, "", ""]).encode() + body)

    async def open(self, content_type: str = "application/x-ndjson") -> None:
        """Begin a stream: chunked, as Go and llama.cpp send it."""
        head = ["HTTP/1.1 200 OK", f"Content-Type: {content_type}", "Transfer-Encoding: chunked"]
        await self.send("\r\n".join([*head, "", ""]).encode())

    async def chunk(self, *pieces: bytes) -> None:
        await self.send(*(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces))

    async def end(self) -> None:
        await self.send(b"0\r\n\r\n")

    async def gone(self) -> None:
        """Wait until the client has closed its side."""
        await asyncio.wait_for(self._reader.read(), SECONDS)

    def abort(self) -> None:
        """Cut the connection without another word."""
        self._writer.transport.abort()


Script = Callable[[Wire], Awaitable[None]]


@dataclass
class ModelServer:
    """Answers each path with its scripts, one a request, the last one for ever."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    scripts: dict[str, deque[Script]] = field(default_factory=dict)

    def on(self, path: str, *scripts: Script) -> None:
        self.scripts[path] = deque(scripts)

    def bodies(self, path: str) -> list[Any]:
        return [request.body for request in self.requests if request.path == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _request(reader)
            self.requests.append(request)
            await self._script(request.path)(Wire(request, reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone, which is what some tests are about
        finally:
            writer.close()

    def _script(self, path: str) -> Script:
        scripts = self.scripts.get(path, deque([refuse(404)]))
        return scripts.popleft() if len(scripts) > 1 else scripts[0]


async def _request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (h.partition(": ") for h in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, json.loads(body) if body else None)


@asynccontextmanager
async def model_server(port: int = 0) -> AsyncIterator[ModelServer]:
    """Runs until the block ends; its scripts end with it."""
    running: set[asyncio.Task[None]] = set()
    fake = ModelServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        running.add(task)
        try:
            await fake.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            running.discard(task)

    listener = await asyncio.start_server(serve, "127.0.0.1", port)
    fake.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        listener.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running)
        await listener.wait_closed()


def says(said: object, status: int = 200, *headers: str) -> Script:
    """A whole answer in JSON."""

    async def script(wire: Wire) -> None:
        await wire.answer(status, json.dumps(said).encode(), *headers)

    return script


def refuse(status: int, error: object = "no such thing") -> Script:
    return says({"error": error}, status)


def streams(*pieces: bytes, content_type: str = "application/x-ndjson") -> Script:
    """A whole stream, a chunk for each piece."""

    async def script(wire: Wire) -> None:
        await wire.open(content_type)
        await wire.chunk(*pieces)
        await wire.end()

    return script


def cuts(*pieces: bytes) -> Script:
    """A stream that is cut after the last piece."""

    async def script(wire: Wire) -> None:
        await wire.open()
        await wire.chunk(*pieces)
        wire.abort()

    return script


def hangs(*pieces: bytes) -> Script:
    """A stream that falls silent after the last piece; without one, no answer at all."""

    async def script(wire: Wire) -> None:
        if pieces:
            await wire.open()
            await wire.chunk(*pieces)
        await wire.gone()

    return script


def endless(piece: bytes) -> Script:
    async def script(wire: Wire) -> None:
        await wire.open()
        while True:
            await wire.chunk(piece)

    return script


@dataclass(frozen=True)
class Dialect:
    """How one kind of model server says the same things."""

    name: str
    path: str
    token: Callable[[str], bytes]
    last: bytes
    """The end of a stream whose text is complete."""
    error: Callable[[str], bytes]
    """An error in the middle of a stream."""
    too_long: object
    """The `error` of a 400 for a prompt that does not fit."""
    model: Callable[[str, Limits, Path], LanguageModel]
    """The model at a URL; the folder is for what it may need on disk."""
    prepare: Callable[[ModelServer], None]

    def story(self, *words: str) -> Script:
        """A complete stream."""
        return streams(*map(self.token, words), self.last)


def ollama_line(**said: Any) -> bytes:
    return (
        json.dumps({"model": "phi", "created_at": "2026-11-22T10:00:00Z"} | said).encode() + b"\n"
    )


def openai_event(**delta: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return openai_chunk(choices=[choice])


def openai_chunk(**said: Any) -> bytes:
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps(chunk | said).encode() + b"\n\n"


def _is_local(server: ModelServer) -> None:
    details = {"family": "phi2"}
    server.on("/api/show", says({"details": details, "capabilities": ["completion"]}))


OLLAMA = Dialect(
    name="ollama",
    path="/api/generate",
    token=lambda text: ollama_line(response=text, done=False),
    last=ollama_line(
        response="", done=True, done_reason="stop", context=[1, 2], eval_count=2, total_duration=7
    ),
    error=lambda text: json.dumps({"error": text}).encode() + b"\n",
    too_long="the input length exceeds the context length",
    model=lambda url, limits, folder: OllamaModel("phi", url, limits=limits),
    prepare=_is_local,
)

OPENAI = Dialect(
    name="openai",
    path="/v1/chat/completions",
    token=lambda text: openai_event(content=text),
    last=openai_chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    + b"data: [DONE]\n\n",
    error=lambda text: b"data: " + json.dumps({"error": {"message": text}}).encode() + b"\n\n",
    too_long={
        "code": 400,
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 6031,
        "n_ctx": 2048,
    },
    model=lambda url, limits, folder: OpenAICompatibleModel("m", url, limits=limits),
    prepare=lambda server: None,
)


def _embedded(url: str, limits: Limits, folder: Path) -> LanguageModel:
    """The embedded model with a process that only says where the test's own server is."""
    program, weights = folder / "child.py", folder / "some.gguf"
    program.write_text(
        f"import sys\nsys.stdin.readline()\nprint({json.dumps({'address': url})!r}, flush=True)\n"
        "sys.stdin.read()\n"
    )
    weights.touch()
    return EmbeddedModel(weights, limits=limits, program=program)


EMBEDDED = replace(OPENAI, name="embedded", model=_embedded)

DIALECTS = (OLLAMA, OPENAI, EMBEDDED)


async def collect(
    model: LanguageModel, options: Options | None = None, prompt: Prompt = PROMPT
) -> tuple[str, Finish | None]:
    """The joined tokens of one stream, and its end."""
    tokens: list[str] = []
    parts = model.stream(prompt, options or Options())
    async with asyncio.timeout(SECONDS * 6), aclosing(parts):
        async for part in parts:
            if isinstance(part, Finish):
                return "".join(tokens), part
            tokens.append(part)
    return "".join(tokens), None
