import asyncio
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from typing import cast

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.uri import parse_uri

from server.listener import SEND_BUFFER, TOGETHER, BoundedWebSocket, bind, configure
from server.settings import Settings


def test_behind_the_last_port_there_is_none_to_try() -> None:
    last = 65535
    with ExitStack() as held:
        with suppress(OSError):  # another program may hold it
            held.enter_context(bind("127.0.0.1", last))
        with pytest.raises(OSError, match="65535 to 65535 are all taken"):
            bind("127.0.0.1", last)


def test_the_next_free_port_is_taken_when_the_one_asked_for_is_not_free() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with bind("127.0.0.1", port) as second:
            assert second.getsockname()[1] > port


def test_a_connection_is_given_a_small_send_buffer() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SEND_BUFFER


async def test_no_token_waits_until_the_one_before_is_acknowledged() -> None:
    told: asyncio.Queue[int] = asyncio.Queue()

    class Accepting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted = transport.get_extra_info("socket")
            told.put_nowait(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            cast(asyncio.Transport, transport).close()

    with bind("127.0.0.1", 0) as listener, socket.socket() as client:
        async with await asyncio.get_running_loop().create_server(Accepting, sock=listener):
            client.connect(listener.getsockname())
            assert await told.get() == 1


def test_an_address_of_another_machine_cannot_be_bound() -> None:
    with pytest.raises(OSError, match="assign"):
        bind("192.0.2.1", 0)


@pytest.mark.slow
async def test_frames_of_a_burst_leave_together_and_the_first_at_once() -> None:
    large = "b" * TOGETHER
    arrived: list[list[str]] = []

    async def write(websocket: WebSocket) -> None:
        await websocket.accept()
        await reader.shake_hands()
        outlet = websocket.scope["state"]["outlet"]
        assert isinstance(outlet, BoundedWebSocket)
        outlet.burst_seconds = 60
        for frame in "a1", "a2", "a3":
            outlet.write_text(frame)
        arrived.append(reader.frames())
        await asyncio.sleep(0)
        arrived.append(reader.frames())
        for frame in "a4", large, "a5":
            outlet.write_text(frame)
        arrived.append(reader.frames())
        await websocket.send_text("a6")  # uvicorn's own way out
        arrived.append(reader.frames())

    app = Starlette(routes=[WebSocketRoute("/", write)])
    with bind("127.0.0.1", 0) as listener:
        reader = RawReader(listener.getsockname())
        server = uvicorn.Server(configure(app, Settings()))
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listener]))
            await reader.closed()
            server.should_exit = True
    assert arrived == [["a1"], ["a2", "a3"], ["a4", large], ["a5", "a6"]]


class RawReader:
    """A WebSocket client that sees what has arrived without waiting for more."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setblocking(False)
        self.protocol = ClientProtocol(parse_uri("ws://127.0.0.1/"))
        self.protocol.send_request(self.protocol.connect())
        self.socket.send(b"".join(self.protocol.data_to_send()))

    async def shake_hands(self) -> None:
        loop = asyncio.get_running_loop()
        self.protocol.receive_data(await loop.sock_recv(self.socket, 4096))
        self.protocol.events_received()

    async def closed(self) -> None:
        while await asyncio.get_running_loop().sock_recv(self.socket, 4096):
            pass
        self.socket.close()

    def frames(self) -> list[str]:
        try:
            self.protocol.receive_data(self.socket.recv(2 * TOGETHER))
        except BlockingIOError:
            return []
        events = self.protocol.events_received()
        return [bytes(event.data).decode() for event in events if isinstance(event, Frame)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
@pytest.mark.parametrize(
    ("limits", "left"),
    [("ulimit -Sn 256", 1000), ("ulimit -n 256", 156)],
    ids=["more files may be had", "more may not"],
)
def test_so_many_connections_are_taken_as_there_are_files_for(limits: str, left: int) -> None:
    program = "from server.listener import affordable; print(affordable(1000))"
    shell = ["sh", "-c", f'{limits}; exec "$@"', "sh", sys.executable, "-c", program]
    # A root user may raise even the hard limit, but only by asking for it.
    said = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    assert int(said) == left
