"""One connection to the server: requests out, tokens and responses in, matched by their id.

A single task reads the socket and hands every frame to the call that it belongs to, so any number
of calls may run at once and a slow one delays no other. The tokens of a call wait in its transcript
until somebody takes them: reading never stops, and a summary has a bounded length.
"""

import asyncio
import itertools
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from mcp_kernel_tools import wire
from mcp_kernel_tools.errors import (
    AccessRefused,
    ConnectionLost,
    KernelToolsError,
    RequestRefused,
    ServerNotRunning,
    SummaryIncomplete,
)
from mcp_kernel_tools.settings import Settings
from mcp_kernel_tools.wire_log import WireLog

METHOD_NOT_FOUND = -32601
PROGRESS = "notifications/progress"
START_HINT = "Start it with start_server() in a notebook, or `python -m server` in a terminal."
AGAIN_HINT = "Call again: the client connects anew. If it happens again, read the server's log."


class Call:
    """A request on its way: the tokens that came so far, then its result."""

    def __init__(self, connection: "Connection", id: int) -> None:
        self.id = id
        self.transcript = wire.Transcript()
        self._connection = connection
        self._taken = 0
        self._progress: dict[str, Any] | None = None
        self._news = asyncio.Event()
        self._result: dict[str, Any] | None = None
        self._failure: KernelToolsError | None = None

    @property
    def answered(self) -> bool:
        return self._result is not None or self._failure is not None

    async def next_tokens(self) -> list[str]:
        """What came since the last time, at least one token; none once the call is answered."""
        received = self.transcript.tokens
        while len(received) == self._taken and not self.answered:
            self._news.clear()
            await self._news.wait()
        fresh = received[self._taken :]
        self._taken = len(received)
        return fresh

    async def next_progress(self) -> dict[str, Any] | None:
        """The newest progress that nobody has taken; None once the call is answered."""
        while self._progress is None and not self.answered:
            self._news.clear()
            await self._news.wait()
        newest, self._progress = self._progress, None
        return newest

    async def result(self) -> dict[str, Any]:
        """What the server answered.

        Raises:
            ConnectionLost: the connection ended first.
            RequestRefused: the answer is a JSON-RPC error.
            SummaryIncomplete: a token was lost on the way.
        """
        while not self.answered:
            self._news.clear()
            await self._news.wait()
        if self._failure:
            raise self._failure
        assert self._result is not None
        return self._result

    def stop(self) -> None:
        """Tell the server that nobody waits any more, from any thread; nothing once it answered."""
        if not self.answered:
            self._connection.cancel(self)

    def take_token(self, frame: wire.Frame) -> None:
        try:
            self.transcript.add(frame["token"], frame["position"])
        except (wire.TokenLost, KeyError, TypeError):
            self.stop()
            self.fail(
                SummaryIncomplete(
                    "A part of the summary was lost on the way.",
                    text=self.transcript.text,
                    next="Generate it again.",
                )
            )
        self._news.set()

    def take_progress(self, params: dict[str, Any]) -> None:
        self._progress = params
        self._news.set()

    def take_response(self, frame: wire.Frame) -> None:
        if "error" in frame:
            self.fail(_refusal(frame["error"]))
        else:
            self._result = frame["result"]
            self._news.set()

    def fail(self, failure: KernelToolsError) -> None:
        self._failure = failure
        self._news.set()


class Connection:
    """An open connection after MCP's handshake. Made by `open`, for one event loop."""

    def __init__(self, socket: ClientConnection, log: WireLog) -> None:
        self._socket = socket
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._ids = itertools.count(1)
        self._calls: dict[int, Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reader = asyncio.create_task(self._read(), name="mcp-kernel-tools reader")

    @classmethod
    async def open(
        cls, url: str, token: str | None, settings: Settings, log: WireLog
    ) -> "Connection":
        """Connect and shake hands.

        Raises:
            ServerNotRunning: nothing answers, or something that is no MCP server.
            AccessRefused: token, Origin or Host were refused.
        """
        connection = cls(await _open_socket(url, token, settings), log)
        try:
            async with asyncio.timeout(settings.open_timeout):
                await connection._handshake()
        except BaseException as error:
            connection.drop()
            if isinstance(error, TimeoutError | ConnectionLost | RequestRefused):
                raise ServerNotRunning(
                    f"What answers at {url} does not speak MCP.", next=START_HINT
                ) from error
            raise
        return connection

    @property
    def usable(self) -> bool:
        """Whether a call may be started here: still open, and of the loop that runs now."""
        return not self._reader.done() and self._loop is asyncio.get_running_loop()

    async def start(
        self, method: str, params: Mapping[str, Any] | None = None, *, progress: bool = False
    ) -> Call:
        """Send a request; with `progress` the server is asked how far it is.

        Raises:
            ConnectionLost: the connection has ended.
        """
        call = Call(self, next(self._ids))
        self._calls[call.id] = call
        if progress:
            params = {**(params or {}), "_meta": {"progressToken": call.id}}
        try:
            await self._send(wire.request(call.id, method, params), method)
        except BaseException:
            call.stop()
            raise
        return call

    async def ping(self) -> float:
        """The seconds that a WebSocket ping takes to come back.

        Raises:
            ConnectionLost: the connection has ended.
        """
        try:
            return await (await self._socket.ping())
        except ConnectionClosed as closed:
            raise _lost(closed) from closed

    def cancel(self, call: Call) -> None:
        """Let go of a call and tell the server to stop it, from any thread.

        A forgotten generator is collected on whichever thread happens to allocate.
        """
        with suppress(RuntimeError):  # the loop has ended, and the connection with it
            self._loop.call_soon_threadsafe(self._cancel, call)

    def _cancel(self, call: Call) -> None:
        if self._calls.pop(call.id, None) is None:
            return
        method = "notifications/cancelled"
        self._spawn(self._send(wire.notification(method, {"requestId": call.id}), method))

    async def aclose(self) -> None:
        await self._socket.close()
        await asyncio.wait([self._reader, *self._tasks])

    def drop(self) -> None:
        """End the connection without a word, from any thread; nothing when its loop has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._socket.transport.abort)

    async def _handshake(self) -> None:
        params = {
            "protocolVersion": wire.PROTOCOL_VERSION,
            "capabilities": {},
            "clientInfo": {"name": wire.APP_NAME, "version": _version()},
        }
        await (await self.start("initialize", params)).result()
        method = "notifications/initialized"
        await self._send(wire.notification(method), method)

    async def _send(self, frame: wire.Frame, kind: str) -> None:
        text = _whole_characters(wire.encode(frame))
        try:
            await self._socket.send(text)
        except ConnectionClosed as closed:
            raise _lost(closed) from closed
        self._log.add("sent", kind, text)

    async def _read(self) -> None:
        try:
            while True:
                self._take(_text(await self._socket.recv()))
        except ConnectionClosed as closed:
            self._fail_all(_lost(closed))
        except BaseException:
            self._socket.transport.abort()
            self._fail_all(ConnectionLost("The connection was given up.", next=AGAIN_HINT))
            raise

    def _take(self, text: str) -> None:
        try:
            frame = wire.decode(text)
        except (ValueError, RecursionError):
            self._log.add("received", "malformed", text)
            return
        self._log.add("received", _kind(frame), text)
        id = frame.get("id")
        call = self._calls.get(id) if isinstance(id, int) else None
        if wire.is_token(frame):
            if call:
                call.take_token(frame)
        elif wire.is_response(frame):
            if call:
                del self._calls[call.id]
                call.take_response(frame)
        elif frame.get("method") == PROGRESS:
            self._take_progress(frame.get("params"))
        elif "id" in frame:
            self._spawn(self._send(_answer(frame), "response"))

    def _take_progress(self, params: Any) -> None:
        token = params.get("progressToken") if isinstance(params, dict) else None
        if isinstance(token, int) and (call := self._calls.get(token)):
            call.take_progress(params)

    def _fail_all(self, failure: ConnectionLost) -> None:
        calls, self._calls = self._calls, {}
        for call in calls.values():
            call.fail(failure)

    def _spawn(self, sending: Coroutine[Any, Any, None]) -> None:
        async def send() -> None:
            with suppress(ConnectionLost):  # the server has noticed by itself
                await sending

        task = asyncio.create_task(send())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Connect(connect):
    """A server of ours never redirects; whatever does is not to be followed with the token."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def _open_socket(url: str, token: str | None, settings: Settings) -> ClientConnection:
    try:
        return await _Connect(
            url,
            additional_headers={"Authorization": f"Bearer {token}"} if token else None,
            compression=None,  # costs more than it saves on the same machine
            proxy=None,  # patient text never takes a detour that the environment names
            open_timeout=settings.open_timeout,
            ping_interval=settings.ping_interval,
            ping_timeout=settings.ping_timeout,
            close_timeout=settings.close_timeout,
            max_size=settings.max_frame,
        )
    except InvalidStatus as refused:
        raise _refused(url, refused.response.status_code) from refused
    except (OSError, InvalidHandshake, InvalidURI) as error:  # TimeoutError is an OSError
        raise ServerNotRunning(f"No server answers at {url}.", next=START_HINT) from error


def _refused(url: str, status: int) -> KernelToolsError:
    if status == 401:
        hint = "Pass the server itself or its token: Client(server), Client(url, token=...)."
        return AccessRefused(f"The server at {url} does not know this token.", next=hint)
    if status in (403, 421):
        hint = "Use the address that the server printed at its start."
        return AccessRefused(f"The server at {url} refuses this address ({status}).", next=hint)
    return ServerNotRunning(
        f"What answers at {url} is not an MCP server (HTTP status {status}).", next=START_HINT
    )


def _whole_characters(text: str) -> str:
    """`text` without lone halves of characters, as a Latin-1 terminal gives: they have no UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _lost(closed: ConnectionClosed) -> ConnectionLost:
    why = f"code {closed.rcvd.code}" if closed.rcvd else "without a closing message"
    return ConnectionLost(f"The connection to the server ended ({why}).", next=AGAIN_HINT)


def _refusal(error: Any) -> RequestRefused:
    told = error if isinstance(error, dict) else {"message": error}
    message = wire.visible(str(told.get("message")))
    return RequestRefused(f"The server refused the request: {message}.", code=told.get("code", 0))


def _text(message: str | bytes) -> str:
    return message if isinstance(message, str) else message.decode(errors="replace")


def _kind(frame: wire.Frame) -> str:
    if wire.is_token(frame):
        return wire.STREAM_TOKEN
    if wire.is_response(frame):
        return "error" if "error" in frame else "response"
    return str(frame.get("method", "unknown"))


def _answer(frame: wire.Frame) -> wire.Frame:
    """Our answer to a request of the server: MCP's ping; anything else is not offered."""
    answer: wire.Frame = {"jsonrpc": "2.0", "id": frame["id"]}
    if frame.get("method") == "ping":
        return {**answer, "result": {}}
    return {**answer, "error": {"code": METHOD_NOT_FOUND, "message": "Method not found"}}


def _version() -> str:
    try:
        return version(wire.APP_NAME)
    except PackageNotFoundError:
        return "unknown"
