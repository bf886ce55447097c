"""Clients that hang, stall, flood and die: what each costs, and what ends it.

Each row of the table is one fault against a real server, and the status, the close code or the time
at which the server was rid of it. "The model stops" is measured where the model is: the number of
running generations that `server_status` tells another client.
"""

import asyncio
import itertools
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from websockets.asyncio.client import ClientConnection

from mcp_kernel_tools import wire
from tests.running import RunningServer, ask, call, recording, running_server, shake_hands
from tests.security.conftest import complaints
from tests.security.raw import (
    CONTINUED,
    PING,
    TEXT,
    Reply,
    dialled,
    everything,
    frame,
    port_of,
    raw_websocket,
    request,
    upgrade,
    upgrade_status,
)
from tests.tables import Table, printed

pytestmark = pytest.mark.slow

HANDSHAKE_SECONDS = 1.0
READER_SECONDS = 2.0
CAP = 30
MAX_FRAME = 64 * 1024
SLOTS = 2
QUEUE = 2
STOPPED_WITHIN = 1.0
VERSION_2026 = "2026-07-28"


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with printed("Faults and limits", "fault", "what it meets", "seconds") as table:
        yield table


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with narrow limits, and a model that writes for minutes once it has begun."""
    folder = tmp_path_factory.mktemp("strict")
    model = recording(folder / "slow.jsonl", [f" word{n}" for n in range(20_000)], delay=0.01)
    limits = {
        "HANDSHAKE_SECONDS": HANDSHAKE_SECONDS,
        "READER_SECONDS": READER_SECONDS,
        "MAX_CONNECTIONS": CAP,
        "MAX_FRAME": MAX_FRAME,
        "MODEL_SLOTS": SLOTS,
        "MODEL_QUEUE": QUEUE,
    }
    environ = {f"MCP_KERNEL_TOOLS_{name}": str(value) for name, value in limits.items()}
    with running_server(folder, "--model", model, environ=environ) as server:
        yield server
        assert complaints(server.log()) == []


# Connections that never ask


def whole_reply(server: RunningServer, said: bytes, *, dribble: bytes = b"") -> tuple[Reply, float]:
    """What `said` meets, and the seconds until the connection is closed; then `dribble` comes."""
    started = time.monotonic()
    with dialled(server) as line:
        line.sendall(said)
        text = ""
        while time.monotonic() - started < 10:
            reply = everything(line, patience=0.2 if dribble else 10)
            text += reply.text
            if reply.ended or not dribble:
                break
            line.sendall(dribble)
    return Reply(text, reply.ended), time.monotonic() - started


HALF = b"GET /health HTTP/1.1\r\nHost: 127"
OPEN: dict[str, str | None] = {"Connection": None, "Authorization": None}
LONG: dict[str, str | None] = {"Content-Length": "9999", "Connection": None}
MCP = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}

SILENCES: dict[str, tuple[Callable[[RunningServer], bytes], bytes, list[int]]] = {
    "a connection that sends nothing": (lambda server: b"", b"", []),
    "half a request": (lambda server: HALF, b"", [408]),
    "a request that comes byte by byte": (lambda server: HALF, b"x", [408]),
    "half a request after a whole one": (
        lambda server: request(server, "/health", headers=OPEN) + HALF,
        b"x",
        [200, 408],
    ),
    "a body without an end, no token": (
        lambda server: request(server, method="POST", headers=LONG | OPEN),
        b"x",
        [401],
    ),
    "a body without an end, good token": (
        lambda server: request(server, method="POST", headers=LONG | dict(MCP)),
        b"x",
        [],
    ),
    "a handshake that cannot succeed": (
        lambda server: upgrade(server, more="X: 1\r\n" * 200),
        b"",
        [400],
    ),
}


@pytest.mark.parametrize("what", SILENCES)
def test_who_never_finishes_asking_is_sent_away(
    strict: RunningServer, table: Table, what: str
) -> None:
    said, dribble, statuses = SILENCES[what]
    reply, seconds = whole_reply(strict, said(strict), dribble=dribble)
    assert reply.ended
    assert reply.statuses == statuses
    assert seconds < 2 * HANDSHAKE_SECONDS + 1
    table.add(what, " ".join(map(str, statuses)) + " closed", f"{seconds:.1f}")


@pytest.mark.parametrize("version", [None, "2025-11-25", VERSION_2026])
def test_who_leaves_in_mid_request_leaves_nothing_behind(
    strict: RunningServer, table: Table, version: str | None
) -> None:
    headers = LONG | dict(MCP) | {"MCP-Protocol-Version": version}
    for _ in range(10):
        with dialled(strict) as line:
            line.sendall(request(strict, method="POST", headers=headers) + b'{"jsonrpc"')
    assert upgrade_status(strict, request(strict, "/health")) == 200
    assert complaints(strict.log()) == []
    table.add(f"leaving in mid-request, version {version or 'unsaid'}", "nothing in the log", "")


# So many connections


def test_one_connection_too_many_meets_503(strict: RunningServer, table: Table) -> None:
    lines = []
    try:
        for _ in range(CAP):
            line = socket.create_connection(("127.0.0.1", port_of(strict)))
            line.sendall(upgrade(strict))
            assert line.recv(4096).startswith(b"HTTP/1.1 101 ")
            lines.append(line)
        assert upgrade_status(strict, upgrade(strict)) == 503
        assert upgrade_status(strict, request(strict, "/health")) == 503
        lines.pop().close()
        assert until(lambda: upgrade_status(strict, upgrade(strict)) == 101) < 2
    finally:
        for line in lines:
            line.close()
    assert until(lambda: upgrade_status(strict, request(strict, "/health")) == 200) < 2
    table.add(f"connection {CAP + 1} of {CAP}", "503 for WebSocket and HTTP", "")


def until(holds: Callable[[], bool]) -> float:
    """The seconds until `holds` does; each try takes its own time."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < 10
    return time.monotonic() - started


async def test_six_hundred_clients_are_served_as_it_ships(tmp_path: Path, table: Table) -> None:
    model = recording(tmp_path / "model.jsonl", ["Hello", "."])
    with running_server(tmp_path, "--model", f"{model}?speed=max") as server:
        connections: list[ClientConnection] = []
        try:
            for _ in range(600):
                connection = await server.connect()
                connections.append(connection)
                await shake_hands(connection)
            async with asyncio.timeout(60):
                answers = await asyncio.gather(
                    *(call(each, 1, "generate_summary", patient_id="25") for each in connections)
                )
        finally:
            await asyncio.gather(*(connection.close() for connection in connections))
        assert {answer["structuredContent"]["summary"] for answer, _ in answers} == {"Hello."}
        assert complaints(server.log()) == []
    table.add("600 WebSocket clients at once", "each is served", "")


def test_the_shipped_cap_holds_where_files_are_scarce(tmp_path: Path, table: Table) -> None:
    """Linux gives a process 1,024 open files unless somebody asks for more."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    model = recording(tmp_path / "model.jsonl", ["Hello", "."])
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    try:
        server = running_server(tmp_path, "--model", model)
        running = server.__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    lines: list[socket.socket] = []
    try:
        for _ in range(1050):
            lines.append(socket.create_connection(("127.0.0.1", port_of(running))))
            lines[-1].sendall(upgrade(running))
        statuses = []
        for line in lines:
            line.settimeout(10)
            statuses.append(Reply(line.recv(4096).decode("latin-1"), ended=False).status)
        assert set(statuses) == {101, 503}
        assert statuses.count(101) >= 600
        assert complaints(running.log()) == []
        table.add("1,050 connections, 1,024 files", f"{statuses.count(101)} in, the rest 503", "")
    finally:
        for line in lines:
            line.close()
        server.__exit__(None, None, None)


# Sizes

TOO_LONG = "x" * (MAX_FRAME + 1)


@pytest.mark.parametrize(
    ("what", "frames", "code"),
    [
        ("a frame of one byte too many", [frame(TEXT, TOO_LONG.encode())], 1009),
        (
            "fragments of one byte too many",
            [frame(TEXT, b"x" * MAX_FRAME, fin=False), frame(CONTINUED, b"x")],
            1009,
        ),
        ("a frame that says it has 2^62 bytes", [b"\x81\xff" + struct.pack("!Q", 2**62)], 1009),
    ],
)
def test_a_frame_that_is_too_long_ends_the_connection(
    strict: RunningServer, table: Table, what: str, frames: list[bytes], code: int
) -> None:
    with raw_websocket(strict) as websocket:
        websocket.send(*frames)
        assert websocket.close_code() == code
    table.add(what, code, "")


def test_a_frame_of_the_allowed_length_is_read(strict: RunningServer) -> None:
    with raw_websocket(strict) as websocket:
        websocket.send(frame(TEXT, b"x" * MAX_FRAME))
        assert b"-32700" in websocket.receive()[1]


def test_a_body_that_is_too_long_meets_413(strict: RunningServer, table: Table) -> None:
    url, headers = strict.http_url, strict.headers | MCP
    with httpx.Client(trust_env=False) as web:
        assert web.post(url, content=TOO_LONG, headers=headers).status_code == 413
        parts = iter([TOO_LONG[:-5].encode(), b"too much"])
        assert web.post(url, content=parts, headers=headers).status_code == 413
    table.add("a body of one byte too many, whole or in chunks", 413, "")


BOUNDS: list[tuple[str, dict[str, Any]]] = [
    ("search_patients_by_disease", {"disease_keyword": "x" * 201}),
    ("search_patients_by_disease", {"disease_keyword": ""}),
    ("search_patients_by_disease", {"disease_keyword": "x", "limit": 1001}),
    ("search_patients_by_disease", {"disease_keyword": "x", "limit": 0}),
    ("get_patient", {"patient_id": "x" * 201}),
    ("get_patient", {"patient_id": 10**250}),
    ("get_patient", {"patient_id": 1e300}),
    ("get_patient", {"patient_id": ""}),
    ("generate_summary", {"patient_id": "25", "attempt": 1001}),
    ("generate_summary", {"patient_id": "25", "attempt": -1}),
    ("update_patient_summary", {"patient_id": "25", "summary": "x" * 500_001}),
    ("update_patient_summary", {"patient_id": "25", "summary": "x", "generation_id": "x" * 201}),
    ("list_patients", {"offset": -1}),
    ("list_patients", {"offset": 2**53 + 1}),
    ("list_patients", {"limit": 1001}),
    ("list_summaries", {"query": "x" * 201}),
]


@pytest.mark.parametrize(("tool", "arguments"), BOUNDS)
async def test_an_argument_beyond_its_bound_is_invalid(
    server: RunningServer, table: Table, tool: str, arguments: dict[str, Any]
) -> None:
    async with server.connect() as connection:
        await shake_hands(connection)
        result, _ = await call(connection, 1, tool, **arguments)
    assert result["structuredContent"]["error"]["kind"] == "invalid"
    assert len(result["content"][0]["text"]) < 300
    if (tool, arguments) == BOUNDS[0]:
        table.add(f"{len(BOUNDS)} arguments beyond their bounds", "isError, invalid", "")


# Readers that do not read


@asynccontextmanager
async def observer(server: RunningServer) -> AsyncIterator["Observer"]:
    async with server.connect() as connection:
        await shake_hands(connection)
        yield Observer(connection)


class Observer:
    """Another client, that sees what runs at the model."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def status(self) -> tuple[int, int]:
        """How many generations run, and how many wait."""
        result, _ = await call(self.connection, "status", "server_status")
        status = result["structuredContent"]
        return status["running"], status["waiting"]

    async def seconds_until(self, running: int, waiting: int = 0, *, patience: float = 10) -> float:
        started = time.monotonic()
        async with asyncio.timeout(patience):
            while await self.status() != (running, waiting):
                pass
        return time.monotonic() - started


GENERATE = wire.request(
    7,
    "tools/call",
    {
        "name": "generate_summary",
        "arguments": {"patient_id": "25"},
        "_meta": {"progressToken": "p"},
    },
)
STREAM = wire.request(
    7, "tools/call", {"name": "generate_summary", "arguments": {"patient_id": "25"}}
)
INITIALIZE = wire.request(
    1,
    "initialize",
    {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
)
CANCEL = wire.notification("notifications/cancelled", {"requestId": 7})


def narrow(server: RunningServer) -> socket.socket:
    """A connection that takes in very little before its reader reads."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", port_of(server)))
    line.settimeout(10)
    return line


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose model outruns any reader."""
    folder = tmp_path_factory.mktemp("quick")
    model = recording(folder / "quick.jsonl", [f" word{n}" for n in range(100_000)])
    environ = {"MCP_KERNEL_TOOLS_READER_SECONDS": str(READER_SECONDS)}
    with running_server(folder, "--model", f"{model}?speed=max", environ=environ) as server:
        yield server
        assert complaints(server.log()) == []


def stall_websocket(server: RunningServer) -> socket.socket:
    line = narrow(server)
    line.sendall(upgrade(server))
    assert line.recv(4096).startswith(b"HTTP/1.1 101 ")
    for message in (INITIALIZE, STREAM):
        line.sendall(frame(TEXT, wire.encode(message).encode()))
    return line


def stall_http(server: RunningServer) -> socket.socket:
    line = narrow(server)
    line.sendall(request(server, method="POST", headers=modern(), body=wire.encode(envelope())))
    return line


def envelope() -> wire.Frame:
    """A summary with progress, asked for in one self-contained request of version 2026-07-28."""
    generate: wire.Frame = json.loads(json.dumps(GENERATE))
    generate["params"]["_meta"] |= {
        "io.modelcontextprotocol/protocolVersion": VERSION_2026,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    return generate


def modern() -> dict[str, str | None]:
    return {
        **MCP,
        "MCP-Protocol-Version": VERSION_2026,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "generate_summary",
    }


@pytest.mark.parametrize("stall", [stall_websocket, stall_http])
async def test_a_reader_that_takes_nothing_is_dropped_and_the_model_freed(
    quick: RunningServer, table: Table, stall: Callable[[RunningServer], socket.socket]
) -> None:
    async with observer(quick) as watch:
        with stall(quick):
            await watch.seconds_until(1)
            seconds = await watch.seconds_until(0)
    assert READER_SECONDS * 0.9 < seconds < 2 * READER_SECONDS + 1
    kind = stall.__name__.removeprefix("stall_")
    table.add(f"a stream that nobody reads, {kind}", "connection dropped", f"{seconds:.1f}")


def test_answers_that_nobody_reads_are_not_kept_for_ever(
    quick: RunningServer, table: Table
) -> None:
    """No token is needed for this one."""
    asked = request(quick, "/health", headers=OPEN) * 100
    started = time.monotonic()
    with narrow(quick) as line:
        line.settimeout(10 * READER_SECONDS)
        try:
            while True:
                line.sendall(asked)
        except ConnectionError:
            pass  # dropped, as it should be
    seconds = time.monotonic() - started
    # A little may be taken late, which gives the reader the same time once more.
    assert seconds < 5 * READER_SECONDS
    table.add("answers that nobody reads, no token", "connection dropped", f"{seconds:.1f}")


def test_what_waits_for_no_reader_does_not_keep_a_connection(tmp_path: Path, table: Table) -> None:
    """Less than the kernel takes, a little more, far more; and half a request behind it."""
    limits = {
        "HANDSHAKE_SECONDS": HANDSHAKE_SECONDS,
        "READER_SECONDS": READER_SECONDS,
        "MAX_CONNECTIONS": 5000,
    }
    environ = {f"MCP_KERNEL_TOOLS_{name}": str(value) for name, value in limits.items()}
    model = recording(tmp_path / "model.jsonl", ["Well."])
    with (
        running_server(tmp_path, "--model", model, environ=environ) as server,
        ExitStack() as lines,
    ):
        whole, half = request(server, "/health", headers=OPEN), b"GET /health HTTP/1.1\r\n"
        started = time.monotonic()
        for answers in range(200, 1000, 20):
            lines.enter_context(narrow(server)).sendall(whole * answers + half)
        for wanted in (40, 0):  # at first not all are accepted
            while open_connections(server) != wanted:
                assert time.monotonic() - started < 30, open_connections(server)
    table.add(
        "answers wait, half a request follows", "dropped", f"{time.monotonic() - started:.1f}"
    )


def open_connections(server: RunningServer) -> int:
    """How many connections the server's process holds."""
    found = psutil.Process(server.process.pid).net_connections("tcp")
    return sum(each.status != psutil.CONN_LISTEN for each in found)


def growth_under(server: RunningServer, flood: Iterator[bytes]) -> float:
    """Megabytes by which the server grows while it is flooded by who reads nothing, at the peak.

    The flood ends when the server drops the connection.
    """
    process = psutil.Process(server.process.pid)
    before = peak = process.memory_info().rss
    with narrow(server) as line:
        line.sendall(upgrade(server))
        assert line.recv(4096).startswith(b"HTTP/1.1 101 ")
        line.sendall(frame(TEXT, wire.encode(INITIALIZE).encode()))
        try:
            for part in flood:
                line.sendall(part)
                peak = max(peak, process.memory_info().rss)
        except ConnectionError:
            return float(peak - before) / 2**20
    raise AssertionError("the server took the whole flood")


STATUS = wire.request(1, "tools/call", {"name": "server_status", "arguments": {}})
FLOODS = {
    "pings": frame(PING, b"x" * 125),
    "requests": frame(TEXT, wire.encode(STATUS).encode()),
    "frames that are no messages": frame(TEXT, b"{}"),
}


@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_from_who_reads_nothing_costs_little_and_ends(
    quick: RunningServer, table: Table, what: str
) -> None:
    started = time.monotonic()
    grown = growth_under(quick, itertools.repeat(FLOODS[what] * 200, 100_000))
    seconds = time.monotonic() - started
    table.add(f"a flood of {what}", f"dropped, +{grown:.1f} MB", f"{seconds:.1f}")
    assert grown < 20
    assert seconds < 30


# Who stops, stops the model


async def websocket_stream(server: RunningServer) -> ClientConnection:
    connection = await server.connect()
    await shake_hands(connection)
    await connection.send(wire.encode(STREAM))
    await connection.recv()
    return connection


async def cancelled_on_websocket(server: RunningServer, stop: asyncio.Event) -> None:
    connection = await websocket_stream(server)
    await stop.wait()
    await connection.send(wire.encode(CANCEL))
    await asyncio.sleep(STOPPED_WITHIN)
    await connection.close()


async def closed_websocket(server: RunningServer, stop: asyncio.Event) -> None:
    connection = await websocket_stream(server)
    await stop.wait()
    await connection.close()


async def reset_websocket(server: RunningServer, stop: asyncio.Event) -> None:
    """As a kernel leaves that was killed."""
    connection = await websocket_stream(server)
    await stop.wait()
    connection.transport.abort()
    await connection.wait_closed()


async def closed_modern_response(server: RunningServer, stop: asyncio.Event) -> None:
    headers = server.headers | {name: value for name, value in modern().items() if value}
    async with (
        httpx.AsyncClient(trust_env=False) as web,
        web.stream("POST", server.http_url, json=envelope(), headers=headers) as response,
    ):
        assert response.status_code == 200
        await stop.wait()


@asynccontextmanager
async def session(server: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client with a session of version 2025-11-25."""
    async with httpx.AsyncClient(trust_env=False, headers=server.headers | MCP) as web:
        answer = await web.post(server.http_url, json=INITIALIZE)
        web.headers["Mcp-Session-Id"] = answer.headers["mcp-session-id"]
        web.headers["MCP-Protocol-Version"] = "2025-11-25"
        yield web
        await web.delete(server.http_url)


async def closed_http_response(server: RunningServer, stop: asyncio.Event) -> None:
    async with session(server) as web:
        async with web.stream("POST", server.http_url, json=GENERATE) as response:
            assert response.status_code == 200
            await stop.wait()
        await asyncio.sleep(STOPPED_WITHIN)


async def cancelled_over_http(server: RunningServer, stop: asyncio.Event) -> None:
    async with session(server) as web, web.stream("POST", server.http_url, json=GENERATE):
        await stop.wait()
        await web.post(server.http_url, json=CANCEL)
        await asyncio.sleep(STOPPED_WITHIN)


async def deleted_session(server: RunningServer, stop: asyncio.Event) -> None:
    async with session(server) as web, web.stream("POST", server.http_url, json=GENERATE):
        await stop.wait()
        await web.delete(server.http_url)
        await asyncio.sleep(STOPPED_WITHIN)


STOPS: dict[str, Callable[[RunningServer, asyncio.Event], Awaitable[None]]] = {
    "notifications/cancelled, WebSocket": cancelled_on_websocket,
    "WebSocket closed": closed_websocket,
    "WebSocket reset": reset_websocket,
    "notifications/cancelled, HTTP 2025-11-25": cancelled_over_http,
    "response closed, HTTP 2025-11-25": closed_http_response,
    "session deleted, HTTP 2025-11-25": deleted_session,
    "response closed, HTTP 2026-07-28": closed_modern_response,
}


@pytest.mark.parametrize("what", STOPS)
async def test_who_stops_stops_the_model_within_a_second(
    strict: RunningServer, table: Table, what: str
) -> None:
    stop = asyncio.Event()
    async with observer(strict) as watch:
        client = asyncio.ensure_future(STOPS[what](strict, stop))
        await watch.seconds_until(1)
        stop.set()
        seconds = await watch.seconds_until(0)
        await client
    assert seconds < STOPPED_WITHIN
    table.add(what, "the model stops", f"{seconds:.2f}")


@pytest.mark.parametrize("what", ["WebSocket closed", "response closed, HTTP 2025-11-25"])
async def test_a_model_that_has_not_begun_to_write_stops_as_well(
    tmp_path: Path, table: Table, what: str
) -> None:
    """A prompt can take half a minute before the first token."""
    model = recording(tmp_path / "late.jsonl", ["late"], delay=60)
    with running_server(tmp_path, "--model", model) as server:
        stop = asyncio.Event()
        async with observer(server) as watch:
            client = asyncio.ensure_future(before_first_token(what, server, stop))
            await watch.seconds_until(1)
            stop.set()
            seconds = await watch.seconds_until(0)
            await client
    assert seconds < STOPPED_WITHIN
    table.add(f"{what}, before the first token", "the model stops", f"{seconds:.2f}")


async def before_first_token(what: str, server: RunningServer, stop: asyncio.Event) -> None:
    if what.startswith("response"):
        await closed_http_response(server, stop)
        return
    async with server.connect() as connection:
        await shake_hands(connection)
        await connection.send(wire.encode(STREAM))
        await stop.wait()


# So many generations


async def test_beyond_slots_and_queue_the_model_is_busy(
    strict: RunningServer, table: Table
) -> None:
    async with observer(strict) as watch:
        running = [await websocket_stream(strict) for _ in range(SLOTS)]
        waiting = [await strict.connect() for _ in range(QUEUE)]
        for place, connection in enumerate(waiting, 1):
            await shake_hands(connection)
            await connection.send(wire.encode(GENERATE))
            told = wire.decode(await connection.recv())["params"]
            assert (told["progress"], "message" in told) == (1 / (place + 1), False)
        assert await watch.status() == (SLOTS, QUEUE)
        refused, _ = await call(watch.connection, 1, "generate_summary", patient_id="25")
        assert refused["structuredContent"]["error"]["kind"] == "busy"
        await running.pop().close()
        assert "message" in await next_progress(waiting[0])
        assert (await next_progress(waiting[1]))["progress"] == 1 / 2
        await waiting[1].send(wire.encode(CANCEL))
        await watch.seconds_until(SLOTS, 0)
        await asyncio.gather(*(connection.close() for connection in running + waiting))
        assert await watch.seconds_until(0) < STOPPED_WITHIN
    table.add(f"generation {SLOTS + QUEUE + 1}, {SLOTS} slots, queue of {QUEUE}", "busy", "")
    table.add("a request that waits", "progress 1/2, 1/3 without message", "")


async def next_progress(connection: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        told: dict[str, Any] = wire.decode(await connection.recv())["params"]
    return told


async def test_a_place_in_the_queue_reads_as_less_than_a_character(
    strict: RunningServer,
) -> None:
    async with strict.connect() as connection:
        await shake_hands(connection)
        answer, before = await ask(connection, 1, "tools/list")
    assert before == []
    assert "generate_summary" in {tool["name"] for tool in answer["result"]["tools"]}
