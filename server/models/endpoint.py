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

from ..errors import Busy, ModelAbsent, ModelTimeout
from .base import Finish
from .lines import Garbled, Reader, Reported, error_in, parse
from .wording import Wording

_T = TypeVar("_T")

_LINE_LIMIT = 4 * 1024 * 1024
"""Bytes. Ollama's last line lists a number for every token of the context, so it may be long."""

_ERROR_LIMIT = 64 * 1024
"""Bytes of an answer that is an error."""

_EDGES = b" \t\r\n\xef\xbb\xbf"
"""White space and the byte order mark: neither can begin or end a JSON object or an event."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for a model server, and how much to take from it."""

    silence_seconds: float = 120
    """From the request, or the token before, to the next token; a stream that only pings and then
    says nothing at all is given up within twice as long."""
    connect_seconds: float = 5
    characters: int = 100_000
    """Of one stream: a server that ignores max_tokens must not write for ever."""
    retry_delays: tuple[float, ...] = (0.2, 0.5, 1.0)
    """Seconds before another try, while nothing was received: the server restarts, or is busy."""


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
            # Between two bytes. From token to token silence is timed here, past pings too.
            timeout=httpx.Timeout(
                None, connect=self._limits.connect_seconds, read=self._limits.silence_seconds
            ),
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
                raise self._wording.garbled() from error

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
        clock = asyncio.get_running_loop().time
        deadline = self._deadline()
        # It sets no timer of its own for a token, which would cost as much as reading a line does.
        async with (
            self._opened(path, body, deadline) as response,
            self._named(lambda: characters > 0),
            aclosing(_lines(response)) as batches,
        ):
            async for lines in batches:
                for line in lines:
                    text, reason = read(line.strip(_EDGES))
                    if text:
                        characters += len(text)
                        if characters > self._limits.characters:
                            raise self._wording.endless(self._limits.characters)
                        yield text
                        # The reader's own time does not count.
                        deadline = clock() + self._limits.silence_seconds
                    elif clock() > deadline:
                        raise self._silent()
                    if reason:
                        yield Finish(reason)
                        return
        raise self._wording.cut(started=characters > 0)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._limits.silence_seconds

    def _silent(self) -> ModelTimeout:
        return self._wording.silent(self._limits.silence_seconds)

    @asynccontextmanager
    async def _named(self, started: Callable[[], bool]) -> AsyncIterator[None]:
        """Gives what goes wrong with an answer its name; `started` says whether text has come."""
        try:
            yield
        except Garbled as error:
            raise self._wording.garbled() from error
        except Reported as error:
            raise self._wording.refused(None, error.error) from error
        except httpx.ReadTimeout as error:
            raise self._silent() from error
        except httpx.TransportError as error:
            raise self._wording.cut(started=started()) from error

    async def _within(self, deadline: float, step: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout_at(deadline):
                return await step
        except (TimeoutError, httpx.ReadTimeout) as error:
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
            raise self._wording.absent(self.address) from failure
        except httpx.ReadTimeout:
            raise
        except httpx.TransportError as failure:
            raise self._wording.cut(started=False) from failure
        raise self._wording.refused(response.status_code, error)

    def _request(self, path: str, body: Mapping[str, Any] | None) -> httpx.Request:
        if body is None:
            return self._client.build_request("GET", path)
        # A lone surrogate from a damaged table has no UTF-8; it must not end the request.
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json"}
        return self._client.build_request("POST", path, content=content, headers=headers)


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
