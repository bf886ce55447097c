"""The listening socket, and bounds on what one connection may hold of the server.

uvicorn's high-water mark and the kernel's send buffer decide how much of a stream is swallowed for
a reader that does not read: by default about 4 MB a connection, with the values here 0.2 MB.
"""

import asyncio
import errno
import logging
import socket
import sys
from asyncio.transports import BaseTransport
from http import HTTPStatus
from time import monotonic
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode

from .settings import PORTS, Settings

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

SEND_BUFFER = 64 * 1024
"""Bytes in the kernel; a connection inherits it from the listening socket (measured on Linux)."""

HIGH_WATER = 0
"""Bytes in asyncio's own buffer above which a send waits, and a reader's time begins to run.

With more, what is below it would wait for ever behind a connection that is being closed politely.
"""

TOGETHER = 16 * 1024
"""Bytes of frames of a burst that leave in one call to the system.

The call costs as much as all else that is done for a frame. Frames that come one by one, as those
of a model do, leave at once.
"""

PONG_LIMIT = 2**20
"""Bytes that may wait for a reader before its pings are no longer answered."""

PORTS_TRIED = 100
"""How many ports after the one asked for may be taken."""

OTHER_FILES = 100
"""Files that the server may have open beside its connections."""

log = logging.getLogger(__name__)


def _refusal(status: HTTPStatus) -> bytes:
    """A whole response, for a connection that no application has seen."""
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
    return f"{head}Connection: close\r\nContent-Length: 0\r\n\r\n".encode()


class Standstill:
    """Drops the connection of a reader that has taken nothing for so many seconds.

    Closing politely would wait for ever behind the same full buffer.
    """

    def __init__(self, transport: asyncio.WriteTransport, seconds: float) -> None:
        self.transport = transport
        self.seconds = seconds
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The reader is behind."""
        self._left = self.transport.get_write_buffer_size()
        self._timer = asyncio.get_running_loop().call_later(self.seconds, self._look)

    def end(self) -> None:
        """The reader has caught up, or is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """The buffer of a slow reader shrinks, that of a dead one does not."""
        if self.transport.get_write_buffer_size() < self._left:
            self.begin()
        else:
            log.warning("dropping a reader that took nothing for %g s", self.seconds)
            self.transport.abort()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with bounds on a connection that does not read or goes wrong.

    The application finds it in the scope's state as `outlet`, the short way out: whoever joins
    tokens for a slow reader must know whether the reader keeps up, and what a token costs counts.
    """

    reader_seconds = 30.0
    burst_seconds = 0.0005
    """A frame that follows another within this time waits for the end of the loop's turn."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        write = cast(asyncio.Transport, transport)
        write.set_write_buffer_limits(high=HIGH_WATER)
        self.standstill = Standstill(write, self.reader_seconds)
        self._unwritten = 0
        self._written = float("-inf")
        self._flush: asyncio.Handle | None = None
        self.app_state = self.app_state | {"outlet": self}

    def connection_lost(self, exc: Exception | None) -> None:
        self.standstill.end()
        if self._flush is not None:
            self._flush.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.standstill.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.standstill.end()

    def data_received(self, data: bytes) -> None:
        if self._flush is not None:  # a pong that is dropped must not take frames with it
            self._write()
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn would wait for ever for a handshake that can no longer succeed.
            self.transport.write(_refusal(HTTPStatus.BAD_REQUEST))
            self.transport.close()

    def handle_ping(self) -> None:
        if self.transport.get_write_buffer_size() < PONG_LIMIT:
            super().handle_ping()
        else:  # or who sends pings and reads nothing would fill the memory
            self.conn.data_to_send()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(b"".join(self.frames)):
            # uvicorn does the same, and writes a traceback into the log for every such frame.
            self.conn.fail(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    @property
    def keeps_up(self) -> bool:
        """Whether a frame can leave at once: the reader has taken what came before."""
        return self.writable.is_set()

    def write_text(self, text: str) -> None:
        """Write a frame, at the end of this turn of the event loop at the latest.

        It goes past the layers between that only hand it on.

        Raises:
            OSError: the connection is gone, or closing.
        """
        if self.disconnected:
            raise ClientDisconnected
        data = text.encode()
        try:
            self.conn.send_text(data)
        except InvalidState:
            raise ClientDisconnected from None
        # Whatever else uvicorn writes meanwhile takes waiting frames along, before its own.
        self._unwritten += len(data)
        alone = self._flush is None and monotonic() - self._written > self.burst_seconds
        if alone or self._unwritten >= TOGETHER:
            self._write()
        elif self._flush is None:
            self._flush = asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        self._unwritten = 0
        self._written = monotonic()
        if not self.disconnected:
            self.transport.write(b"".join(self.conn.data_to_send()))

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.close_sent:
            # uvicorn logs an error for every refused upgrade unless the handshake counts as done.
            self.handshake_complete = True


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class BoundedHTTP(H11Protocol):
    """uvicorn's HTTP protocol with a limit on connections, on requests' time, and on standstill.

    uvicorn's own limit does not count WebSocket upgrades, and its clock runs only between a
    response and the next byte: a connection that sends nothing, or a request without an end, would
    be kept for ever.

    The application finds `gone` in the scope's state: an event, set when the connection is lost.
    """

    handshake_seconds = 10.0
    reader_seconds = 30.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=HIGH_WATER)
        self.standstill = Standstill(transport, self.reader_seconds)
        self.gone = asyncio.Event()
        self.app_state = self.app_state | {"gone": self.gone}
        self._patience: asyncio.TimerHandle | None = None
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency:
            transport.write(_refusal(HTTPStatus.SERVICE_UNAVAILABLE))
            transport.close()
        else:
            self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clocks()
        super().connection_lost(exc)
        self.gone.set()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.standstill.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.standstill.end()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._set_clock()

    def on_response_complete(self) -> None:
        super().on_response_complete()  # it begins the next request, where that is here already
        if self.conn.trailing_data[0]:
            self._set_clock()

    def _set_clock(self) -> None:
        """It runs while a request is awaited or half here, and stands while one is served."""
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        cycle = cast(RequestResponseCycle | None, self.cycle)
        served = cycle is not None and not cycle.response_complete
        if served and self.conn.their_state is not h11.SEND_BODY:
            self._stop_waiting()
        else:
            self._expect_request()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._stop_clocks()
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed, unless an answer has left before the error came."""
        if self.conn.our_state is h11.SEND_RESPONSE:  # the application must not answer as well
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        else:
            self.transport.close()

    def _expect_request(self) -> None:
        """Give up unless the whole of it arrives in time, counted from its first byte."""
        if self._patience is None:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(self.handshake_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _stop_clocks(self) -> None:
        self._stop_waiting()
        self.standstill.end()

    def _give_up(self) -> None:
        half_asked = self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]
        if half_asked:
            self.transport.write(_refusal(HTTPStatus.REQUEST_TIMEOUT))
        self.transport.close()


def configure(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """The configuration of uvicorn for `app`: the two protocols above, and our timeouts.

    uvicorn logs errors only. It would write the query strings of requests, and a line for each
    request that is none: whoever reaches the port could fill the disk.
    """
    bounds = {
        "handshake_seconds": settings.handshake_seconds,
        "reader_seconds": settings.reader_seconds,
    }
    return uvicorn.Config(
        app,
        http=type("HTTP", (BoundedHTTP,), bounds),
        ws=type("WebSocket", (BoundedWebSocket,), bounds),
        log_level="error",
        limit_concurrency=affordable(settings.max_connections),
        ws_max_size=settings.max_frame,
        ws_ping_interval=30.0,
        ws_ping_timeout=120.0,
        ws_per_message_deflate=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=2,
        server_header=False,
        proxy_headers=False,
        access_log=False,
        log_config=None,
    )


def affordable(connections: int) -> int:
    """As many of `connections` as this process may have files open for.

    Without a file for a connection there is none for its refusal either, nor for saving a summary.
    """
    if resource is None:
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHER_FILES
    if soft < wanted and soft != resource.RLIM_INFINITY:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return min(connections, max(1, soft - OTHER_FILES))
    return connections


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on `port`, or on the next port that is free.

    Raises:
        OSError: none of the next `PORTS_TRIED` ports is free, or the host is not ours.
    """
    if port == 0:
        return _bound(host, 0)
    candidates = range(port, min(port + PORTS_TRIED, PORTS.stop))
    for candidate in candidates:
        try:
            return _bound(host, candidate)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, f"the ports {port} to {candidates[-1]} are all taken")


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only where TCP is named does asyncio turn Nagle's algorithm off for the connections. With it a
    # token waits until the reader has acknowledged the one before: 40 ms on Linux.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would share a port that another program holds
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener
