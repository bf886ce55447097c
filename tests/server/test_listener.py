import asyncio
import socket
import subprocess
import sys
from typing import cast

import pytest

from server.listener import SEND_BUFFER, bind


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
