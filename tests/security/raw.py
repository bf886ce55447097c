"""Bytes to a server and back, with no client in between that would tidy them up."""

import os
import re
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.running import RunningServer

PATIENCE = 10
"""Seconds that a reply may take; a server that needs more hangs."""

TEXT, BINARY, CLOSE, PING, PONG, CONTINUED = 1, 2, 8, 9, 10, 0


def port_of(server: RunningServer) -> int:
    return int(server.url.split(":")[2].split("/")[0])


@contextmanager
def dialled(server: RunningServer, *, receive_buffer: int | None = None) -> Iterator[socket.socket]:
    """A TCP connection to `server` on which nothing has been said."""
    with socket.socket() as line:
        line.settimeout(PATIENCE)
        if receive_buffer is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        line.connect(("127.0.0.1", port_of(server)))
        yield line


@dataclass(frozen=True)
class Reply:
    """What came back: all of it, as text."""

    text: str
    ended: bool
    """Whether the server closed the connection."""

    @property
    def statuses(self) -> list[int]:
        return [int(code) for code in re.findall(r"HTTP/1\.1 (\d{3}) ", self.text)]

    @property
    def status(self) -> int:
        """The one status; 0 where the connection was closed without any."""
        return next(iter(self.statuses), 0)


def everything(line: socket.socket, *, patience: float = PATIENCE) -> Reply:
    """Read until the server closes, or says nothing for `patience` seconds."""
    line.settimeout(patience)
    received = bytearray()
    try:
        while part := line.recv(65536):
            received += part
    except TimeoutError:
        return Reply(received.decode("latin-1"), ended=False)
    except ConnectionResetError:
        pass
    return Reply(received.decode("latin-1"), ended=True)


def said(server: RunningServer, request: bytes) -> Reply:
    """The whole reply to `request`, after which the connection must be closed."""
    with dialled(server) as line:
        line.sendall(request)
        return everything(line)


def request(
    server: RunningServer,
    target: str = "/mcp",
    *,
    method: str = "GET",
    headers: Mapping[str, str | None] | None = None,
    more: str = "",
    body: str = "",
    version: str = "1.1",
) -> bytes:
    """A request with our Host and token unless `headers` says otherwise; None leaves one out."""
    usual: dict[str, str | None] = {
        "Host": f"127.0.0.1:{port_of(server)}",
        "Authorization": f"Bearer {server.token}",
        "Connection": "close",
    }
    if body:
        usual["Content-Length"] = str(len(body.encode()))
    given = usual | dict(headers or {})
    lines = [f"{name}: {value}\r\n" for name, value in given.items() if value is not None]
    return f"{method} {target} HTTP/{version}\r\n{''.join(lines)}{more}\r\n{body}".encode("latin-1")


UPGRADE: Mapping[str, str | None] = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def upgrade(
    server: RunningServer,
    target: str = "/mcp",
    *,
    headers: Mapping[str, str | None] | None = None,
    more: str = "",
) -> bytes:
    """A WebSocket handshake."""
    return request(server, target, headers={**UPGRADE, **(headers or {})}, more=more)


def upgrade_status(server: RunningServer, handshake: bytes) -> int:
    """The status that answers a handshake: 101 for one that got in."""
    with dialled(server) as line:
        line.sendall(handshake)
        return Reply(line.recv(65536).decode("latin-1"), ended=False).status


def frame(
    opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, mask: bool = True
) -> bytes:
    """A WebSocket frame (RFC 6455, section 5.2), right or wrong in every part."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    masked = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, masked | size)
    elif size < 2**16:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, masked | 127, size)
    if not mask:
        return head + payload
    key = os.urandom(4)
    whole = (key * (size // 4 + 1))[:size]
    hidden = int.from_bytes(payload, "big") ^ int.from_bytes(whole, "big")
    return head + key + hidden.to_bytes(size, "big")


class WebSocket:
    """A WebSocket connection that sends whatever bytes it is told to."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self._received = bytearray()

    def send(self, *frames: bytes) -> None:
        self.line.sendall(b"".join(frames))

    def receive(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame; (-1, b"") at the end of the connection."""
        try:
            first, size = self._take(2)
            if size == 126:
                size = int.from_bytes(self._take(2), "big")
            elif size == 127:
                size = int.from_bytes(self._take(8), "big")
            return first & 0x0F, bytes(self._take(size))
        except ConnectionError:
            return -1, b""

    def _take(self, size: int) -> bytearray:
        while len(self._received) < size:
            part = self.line.recv(65536)
            if not part:
                raise ConnectionError("the server closed the connection")
            self._received += part
        taken = self._received[:size]
        del self._received[:size]
        return taken

    def close_code(self) -> int:
        """Read to the close frame; its code, 1006 where the connection ended without one."""
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big")
            if opcode == -1:
                return 1006


@contextmanager
def raw_websocket(
    server: RunningServer, *, receive_buffer: int | None = None
) -> Iterator[WebSocket]:
    """An upgraded connection without a client library."""
    with dialled(server, receive_buffer=receive_buffer) as line:
        line.sendall(upgrade(server))
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += line.recv(1)
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        yield WebSocket(line)
