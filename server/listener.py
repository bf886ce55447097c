"""The listening socket, and bounds on what one connection may hold of the server.

uvicorn's high-water mark and the kernel's send buffer decide how much of a stream is swallowed for
a reader that does not read: by default about 4 MB a connection, with the values here 0.2 MB.
"""

import asyncio
import errno
import socket
import sys
from asyncio.transports import BaseTransport
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from .settings import Settings

SEND_BUFFER = 64 * 1024
"""Bytes in the kernel; a connection inherits it from the listening socket (measured on Linux)."""

HIGH_WATER = 16 * 1024
"""Bytes in asyncio's own buffer above which a send waits."""

FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

PORTS_TRIED = 100
"""How many ports after the one asked for may be taken."""


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with a low high-water mark, open to the application.

    The application finds `transport` and `writable` in the scope's state: whoever drops a reader
    that stands still, or joins tokens for a slow one, needs both.
    """

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        write = cast(asyncio.Transport, transport)
        write.set_write_buffer_limits(high=HIGH_WATER)
        self.app_state = self.app_state | {"transport": write, "writable": self.writable}

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.close_sent:
            # uvicorn logs an error for every refused upgrade unless the handshake counts as done.
            self.handshake_complete = True


class BoundedHTTP(H11Protocol):
    """uvicorn's HTTP protocol with a limit on connections, and on the time until the first request.

    uvicorn's own limit does not count WebSocket upgrades, and its keep-alive clock starts only
    after a first response, so a connection that never asks for anything would be kept for ever.
    """

    handshake_seconds = 10.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency:
            transport.write(FULL)
            transport.close()
        else:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(self.handshake_seconds, self._give_up)

    def _give_up(self) -> None:
        asked = self.cycle is not None or self.transport.get_protocol() is not self
        if not asked:
            self.transport.close()


def configure(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """The configuration of uvicorn for `app`: the two protocols above, and our timeouts.

    uvicorn's own log stays at warnings: it would write the query strings of requests.
    """
    http = type("HTTP", (BoundedHTTP,), {"handshake_seconds": settings.handshake_seconds})
    return uvicorn.Config(
        app,
        http=http,
        ws=BoundedWebSocket,
        limit_concurrency=settings.max_connections,
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


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on `port`, or on the next port that is free.

    Raises:
        OSError: none of the next `PORTS_TRIED` ports is free, or the host is not ours.
    """
    if port == 0:
        return _bound(host, 0)
    for candidate in range(port, port + PORTS_TRIED):
        try:
            return _bound(host, candidate)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, f"the ports {port} to {port + PORTS_TRIED - 1} are all taken")


def _bound(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
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
