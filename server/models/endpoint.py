"""A model server's HTTP address: requests, time limits, retries, and errors by name.

What the lines of a stream mean is the dialect's business: a model passes a `Reader` that says of
one line what text it holds and how the stream ends, if it does. Everything that can go wrong on
the way to that line is handled here, once for all model servers.

The body is read raw and cut at line feeds by hand. httpx's own `aiter_lines` would also cut at
U+2028 inside a token, and costs more for each line.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import httpx

from ..errors import Busy, Failure, Incomplete, ModelAbsent, ModelFailed, ModelMissing, ModelTimeout
from .base import Finish, FinishReason

_T = TypeVar("_T")

Said = tuple[str, FinishReason | None]
"""What one line of a stream says: its text, and how the stream ends if this is its end."""

Reader = Callable[[bytes], Said]

NOTHING: Said = ("", None)

_LINE_LIMIT = 4 * 1024 * 1024
"""Bytes. Ollama's last line lists a number for every token of the context, so it may be long."""

_ERROR_LIMIT = 64 * 1024
"""Bytes of an answer that is an error."""

_EDGES = b" \t\r\n\xef\xbb\xbf"
"""White space and the byte order mark: neither can begin or end a JSON object or an event."""


class Garbled(ValueError):
    """A line that is not of the dialect."""


class Reported(Exception):
    """The model server's own error, as its JSON says it."""

    def __init__(self, error: object) -> None:
        super().__init__("the model server reported an error")
        self.error = error


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for a model server, and how much to take from it."""

    silence_seconds: float = 120
    """From the request, or the token before, to the next token."""
    connect_seconds: float = 5
    characters: int = 100_000
    """Of one stream: a server that ignores max_tokens must not write for ever."""
    retry_delays: tuple[float, ...] = (0.2, 0.5, 1.0)
    """Seconds before another try, while nothing was received: the server restarts, or is busy."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How errors call a model server, and the command that mends the two common ones."""

    server: str
    when_absent: str
    when_missing: str


class Endpoint:
    """One model server. Streams may run side by side; closing one closes its connection."""

    def __init__(
        self,
        address: str,
        wording: Wording,
        *,
        key: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.address = address
        self._wording = wording
        self._limits = limits or Limits()
        headers = {"Accept-Encoding": "identity"}  # the body is read raw
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._client = httpx.AsyncClient(
            base_url=address,
            headers=headers,
            # Certificates take 20 ms to load, and plain HTTP needs none.
            verify=address.startswith("https:"),
            trust_env=False,
            follow_redirects=False,
            # Silence is timed here: httpx would start again at every byte, pings included.
            timeout=httpx.Timeout(None, connect=self._limits.connect_seconds),
            # Model servers close idle connections; a reused one may fail just then.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One request (GET without a body), one JSON object as the answer.

        Raises:
            ModelFailed: or one of its kinds.
            Busy: the model server has no room, also after the retries.
        """
        deadline = self._deadline()
        async with self._opened(path, body, deadline) as response:
            try:
                return parse(await self._within(deadline, _whole(response, _LINE_LIMIT)))
            except (Garbled, httpx.TransportError) as error:
                raise self._garbled() from error

    async def tokens(
        self, path: str, body: Mapping[str, Any], read: Reader
    ) -> AsyncGenerator[str | Finish, None]:
        """The tokens of the stream that answers a POST, then its `Finish`.

        Raises:
            ModelFailed: or one of its kinds.
            Busy: the model server has no room, also after the retries.
            Incomplete: the stream was cut after its first token.
        """
        characters = 0
        deadline = self._deadline()
        async with (
            self._opened(path, body, deadline) as response,
            aclosing(_lines(response)) as batches,
        ):
            while lines := await self._next(batches, deadline, started=characters > 0):
                for line in lines:
                    text, reason = self._read(read, line)
                    if text:
                        characters += len(text)
                        self._bound(characters)
                        yield text
                        deadline = self._deadline()  # the reader's own time does not count
                    if reason:
                        yield Finish(reason)
                        return
        raise self._cut(started=characters > 0)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._limits.silence_seconds

    async def _next(
        self, batches: AsyncIterator[list[bytes]], deadline: float, *, started: bool
    ) -> list[bytes]:
        """The next lines, or none at the end of the body."""
        try:
            return await self._within(deadline, anext(batches, []))
        except Garbled as error:
            raise self._garbled() from error
        except httpx.TransportError as error:
            raise self._cut(started=started) from error

    def _read(self, read: Reader, line: bytes) -> Said:
        try:
            return read(line.strip(_EDGES))
        except Garbled as error:
            raise self._garbled() from error
        except Reported as error:
            raise self._named(None, error.error) from error

    async def _within(self, deadline: float, step: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout_at(deadline):
                return await step
        except TimeoutError as error:
            raise self._silent() from error

    @asynccontextmanager
    async def _opened(
        self, path: str, body: Mapping[str, Any] | None, deadline: float
    ) -> AsyncIterator[httpx.Response]:
        response = await self._within(deadline, self._persistent(path, body))
        try:
            yield response
        finally:
            await response.aclose()

    async def _persistent(self, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        """Try again while nothing was received and another try may help."""
        for delay in self._limits.retry_delays:
            try:
                return await self._send(path, body)
            except (ModelAbsent, Busy):
                await asyncio.sleep(delay)
        return await self._send(path, body)

    async def _send(self, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        try:
            response = await self._client.send(self._request(path, body), stream=True)
            if response.status_code == httpx.codes.OK:
                return response
            try:
                error = error_in(await _whole(response, _ERROR_LIMIT))
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout) as failure:
            raise self._absent() from failure
        except httpx.TransportError as failure:
            raise self._cut(started=False) from failure
        raise self._named(response.status_code, error)

    def _request(self, path: str, body: Mapping[str, Any] | None) -> httpx.Request:
        if body is None:
            return self._client.build_request("GET", path)
        # A lone surrogate from a damaged table has no UTF-8; it must not end the request.
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json"}
        return self._client.build_request("POST", path, content=content, headers=headers)

    def _bound(self, characters: int) -> None:
        if characters > self._limits.characters:
            raise ModelFailed(
                f"The model did not stop: it wrote more than {self._limits.characters} characters.",
                next="Try again, or choose another model with --model.",
            )

    def _absent(self) -> ModelAbsent:
        return ModelAbsent(
            f"{self._wording.server} does not answer at {self.address}.",
            next=self._wording.when_absent,
        )

    def _silent(self) -> ModelTimeout:
        return ModelTimeout(
            f"{self._wording.server} sent no token for {self._limits.silence_seconds:g} s.",
            next="Try again; if it stays silent, restart it or choose a smaller model.",
        )

    def _cut(self, *, started: bool) -> Failure:
        if started:
            return Incomplete(
                f"{self._wording.server} stopped in the middle of its text.", next="Try again."
            )
        return ModelFailed(
            f"{self._wording.server} closed the connection before the first token.",
            next="Try again; if it stays so, look at its log.",
        )

    def _garbled(self) -> ModelFailed:
        return ModelFailed(
            f"{self._wording.server} answered with something that is not its protocol.",
            next="Check that the address is the model server's own.",
        )

    def _named(self, status: int | None, error: object) -> Failure:
        """The error by its own name. The server's words stay out: they may repeat the prompt."""
        words = str(error).lower()
        server = self._wording.server
        if "memory" in words:
            return ModelFailed(
                f"{server} has not enough memory for the model.",
                next="Close other programs, or choose a smaller model with --model.",
            )
        if "context" in words:
            return ModelFailed(
                f"The record is too long for the model{_sizes(error)}.",
                next="Shorten the record, or choose a model with a longer context.",
            )
        if status == httpx.codes.NOT_FOUND or (status is None and "not found" in words):
            return ModelMissing(
                f"{server} does not have the model.", next=self._wording.when_missing
            )
        if "does not support" in words:
            return ModelFailed(
                "The model cannot write text.", next="Choose another model with --model."
            )
        if status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
            return Busy(f"{server} is busy (HTTP {status}).", next="Try again in a moment.")
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return ModelFailed(
                f"{server} refuses access (HTTP {status}).",
                next="Check the model server's settings.",
            )
        code = "in its stream" if status is None else f"(HTTP {status})"
        return ModelFailed(
            f"{server} answered with an error {code}.",
            next="Try again; if it stays so, look at the model server's log.",
        )


def parse(line: bytes) -> dict[str, Any]:
    """The JSON object in `line`.

    Raises:
        Garbled: there is none.
    """
    try:
        said = json.loads(line.decode())  # UTF-8 only: json.loads would guess an encoding
    except (ValueError, RecursionError) as error:
        raise Garbled(f"{len(line)} bytes are not JSON") from error
    if not isinstance(said, dict):
        raise Garbled(f"a line is a JSON object, not {type(said).__name__}")
    return said


def error_in(body: bytes) -> object:
    """What an error answer says, in Ollama's form and in OpenAI's; "" if it says nothing."""
    try:
        return parse(body).get("error", "")
    except Garbled:
        return ""


def _sizes(error: object) -> str:
    """How much too long, where the error tells (llama.cpp's does)."""
    if isinstance(error, dict):
        wanted, room = error.get("n_prompt_tokens"), error.get("n_ctx")
        if isinstance(wanted, int) and isinstance(room, int):
            return f" ({wanted} tokens, {room} fit)"
    return ""


async def _lines(response: httpx.Response) -> AsyncGenerator[list[bytes], None]:
    """The body's lines, as many at a time as came together; the last may lack its line end."""
    pieces: list[bytes] = []
    size = 0
    async with aclosing(_raw(response)) as chunks:
        async for chunk in chunks:
            size += len(chunk)
            if size > _LINE_LIMIT:
                raise Garbled("a line without end")
            pieces.append(chunk)
            if b"\n" in chunk:
                *lines, rest = b"".join(pieces).split(b"\n")
                pieces, size = [rest], len(rest)
                yield lines
    if rest := b"".join(pieces):
        yield [rest]


async def _whole(response: httpx.Response, limit: int) -> bytes:
    """The body, up to `limit` bytes."""
    body = b""
    async with aclosing(_raw(response)) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > limit:
                break
    return body


def _raw(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body; declared as an iterator, it is a generator and has to be closed like one."""
    return cast(AsyncGenerator[bytes, None], response.aiter_raw())
