import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from mcp_kernel_tools import wire
from mcp_kernel_tools.connection import Connection
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

Stage = Callable[..., Awaitable[str]]
Peer = Any


async def connected(url: str, **settings: float) -> Connection:
    return await Connection.open(url, "secret", Settings(**settings), WireLog(100))  # type: ignore[arg-type]


async def nothing(peer: Peer) -> None: ...


async def test_shakes_hands_with_the_version_that_it_speaks_and_its_token(stage: Stage) -> None:
    seen: dict[str, Any] = {}

    async def play(peer: Peer) -> None:
        seen["authorization"] = peer.socket.request.headers["Authorization"]
        hello = await peer.frame("initialize")
        seen.update(hello["params"])
        await peer.answer(hello, {})
        await peer.frame("notifications/initialized")

    connection = await connected(await stage(play, handshake=False))
    await connection.aclose()
    assert seen["authorization"] == "Bearer secret"
    assert seen["protocolVersion"] == wire.PROTOCOL_VERSION
    assert seen["clientInfo"]["name"] == "mcp-kernel-tools"


async def test_gives_each_call_its_own_answer_whatever_their_order(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        first, second = await peer.frame("a"), await peer.frame("b")
        await peer.answer(second, {"of": "b"})
        await peer.answer(first, {"of": "a"})

    connection = await connected(await stage(play))
    first, second = await connection.start("a"), await connection.start("b")
    assert await first.result() == {"of": "a"}
    assert await second.result() == {"of": "b"}
    await connection.aclose()


async def test_keeps_the_tokens_of_two_calls_apart(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        first, second = await peer.frame("a"), await peer.frame("b")
        for number, token in enumerate("xyz", 1):
            for request in (first, second):
                await peer.send(type="stream_token", token=token, position=number, id=request["id"])
        await peer.answer(first, {})
        await peer.answer(second, {})

    connection = await connected(await stage(play))
    calls = [await connection.start("a"), await connection.start("b")]
    await asyncio.gather(*(call.result() for call in calls))
    assert [call.transcript.text for call in calls] == ["xyz", "xyz"]
    await connection.aclose()


async def test_hands_out_tokens_as_they_come_and_none_at_the_end(stage: Stage) -> None:
    more = asyncio.Event()

    async def play(peer: Peer) -> None:
        request = await peer.frame("a")
        await peer.stream(request, "one ")
        await more.wait()
        await peer.answer(request, {})

    connection = await connected(await stage(play))
    call = await connection.start("a")
    assert await call.next_tokens() == ["one "]
    more.set()
    assert await call.next_tokens() == []
    await connection.aclose()


async def test_stopping_a_call_tells_the_server_once_and_names_the_request(stage: Stage) -> None:
    told = asyncio.Event()

    async def play(peer: Peer) -> None:
        request = await peer.frame("a")
        cancelled = await peer.frame("notifications/cancelled")
        assert cancelled["params"]["requestId"] == request["id"]
        told.set()
        await peer.answer(request, {})  # too late: nobody waits for it
        await peer.answer(await peer.frame("b"), {"next": "one"})

    connection = await connected(await stage(play))
    call = await connection.start("a")
    call.stop()
    call.stop()
    await told.wait()
    assert await (await connection.start("b")).result() == {"next": "one"}
    await connection.aclose()


async def test_a_lost_token_ends_the_call_as_incomplete_and_stops_the_server(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("a")
        await peer.send(type="stream_token", token="one ", position=4, id=request["id"])
        await peer.send(type="stream_token", token="three", position=13, id=request["id"])
        await peer.frame("notifications/cancelled")

    connection = await connected(await stage(play))
    call = await connection.start("a")
    with pytest.raises(SummaryIncomplete) as caught:
        await call.result()
    assert caught.value.text == "one "
    await connection.aclose()


async def test_a_connection_that_ends_fails_every_call_that_waits(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        await peer.frame("a")
        await peer.frame("b")
        peer.socket.transport.abort()

    connection = await connected(await stage(play))
    calls = [await connection.start("a"), await connection.start("b")]
    for call in calls:
        with pytest.raises(ConnectionLost):
            await call.result()
    assert not connection.usable
    with pytest.raises(ConnectionLost):
        await connection.start("c")


async def test_an_error_answer_is_raised_with_its_code_and_nothing_that_acts(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("a")
        error = {"code": -32601, "message": "no \x1b[31m such method"}
        await peer.send(jsonrpc="2.0", id=request["id"], error=error)

    connection = await connected(await stage(play))
    with pytest.raises(RequestRefused, match="no ␛") as caught:
        await (await connection.start("a")).result()
    assert caught.value.code == -32601
    await connection.aclose()


@pytest.mark.parametrize(
    "frame",
    [
        "no json",
        "[" * 100_000,
        b"\xff",
        '{"type":"stream_token"}',
        '{"type":"stream_token","token":"x","position":1,"id":[]}',
        '{"id":99,"result":{}}',
        '{"method":"notifications/unknown"}',
    ],
)
async def test_a_frame_that_belongs_to_nobody_harms_nobody(stage: Stage, frame: str) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("a")
        await peer.socket.send(frame)
        await peer.answer(request, {"well": True})

    connection = await connected(await stage(play))
    assert await (await connection.start("a")).result() == {"well": True}
    await connection.aclose()


async def test_answers_the_servers_ping_and_declines_its_other_requests(stage: Stage) -> None:
    heard: list[wire.Frame] = []

    async def play(peer: Peer) -> None:
        request = await peer.frame("a")
        for method in ("ping", "sampling/createMessage"):
            await peer.send(jsonrpc="2.0", id=f"s-{method}", method=method)
            heard.append(wire.decode(await peer.socket.recv()))
        await peer.answer(request, {})

    connection = await connected(await stage(play))
    await (await connection.start("a")).result()
    assert heard[0] == {"jsonrpc": "2.0", "id": "s-ping", "result": {}}
    assert heard[1]["error"]["code"] == -32601
    await connection.aclose()


async def test_a_ping_measures_the_way_there_and_back(stage: Stage) -> None:
    connection = await connected(await stage(nothing))
    assert 0 < await connection.ping() < 5
    await connection.aclose()


async def test_dropping_a_connection_closes_its_socket(stage: Stage) -> None:
    gone = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.socket.wait_closed()
        gone.set()

    connection = await connected(await stage(play))
    connection.drop()
    async with asyncio.timeout(5):
        await gone.wait()


async def test_says_that_no_server_answers(unused_tcp_port: int) -> None:
    with pytest.raises(ServerNotRunning, match="No server answers") as caught:
        await connected(f"ws://127.0.0.1:{unused_tcp_port}/mcp")
    assert "python -m server" in caught.value.next


async def test_says_that_an_address_is_none() -> None:
    with pytest.raises(ServerNotRunning):
        await connected("http://127.0.0.1:1/mcp")


@pytest.mark.slow
async def test_says_that_what_answers_does_not_speak_mcp(stage: Stage) -> None:
    with pytest.raises(ServerNotRunning, match="does not speak MCP"):
        await connected(await stage(nothing, handshake=False), open_timeout=0.2)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (HTTPStatus.UNAUTHORIZED, AccessRefused),
        (HTTPStatus.FORBIDDEN, AccessRefused),
        (HTTPStatus.MISDIRECTED_REQUEST, AccessRefused),
        (HTTPStatus.NOT_FOUND, ServerNotRunning),
        (HTTPStatus.TEMPORARY_REDIRECT, ServerNotRunning),
    ],
)
async def test_a_refused_handshake_is_named_and_never_followed(
    status: HTTPStatus, error: type[KernelToolsError]
) -> None:
    asked: list[str] = []

    def refuse(connection: ServerConnection, request: Request) -> Response:
        asked.append(request.path)
        return Response(status, status.phrase, Headers(Location="/elsewhere"))

    async def handle(socket: ServerConnection) -> None: ...

    async with serve(handle, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(error):
            await connected(f"ws://127.0.0.1:{port}/mcp")
    assert asked == ["/mcp"]


async def test_takes_no_detour_over_a_proxy_of_the_environment(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    for name in ("http_proxy", "https_proxy", "socks_proxy", "all_proxy", "ws_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_tcp_port}")
    connection = await connected(await stage(nothing))
    await connection.aclose()


async def test_logs_every_frame_both_ways_and_never_the_token(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("a")
        await peer.stream(request, "x")
        await peer.answer(request, {})

    log = WireLog(100)
    connection = await Connection.open(await stage(play), "secret", Settings(), log)
    await (await connection.start("a")).result()
    await connection.aclose()
    assert [(frame.direction, frame.kind) for frame in log.frames()] == [
        ("sent", "initialize"),
        ("received", "response"),
        ("sent", "notifications/initialized"),
        ("sent", "a"),
        ("received", "stream_token"),
        ("received", "response"),
    ]
    assert "secret" not in "".join(frame.text for frame in log.frames())
