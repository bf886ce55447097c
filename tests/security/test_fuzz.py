"""Mutated messages by the thousand: nothing falls over, nothing hangs, nothing is kept.

Hypothesis chooses the numbers from which the messages follow; a failure names its number. In the
long run (--long) ten times as many.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import psutil
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mcp_kernel_tools import wire
from tests.running import RunningServer, call, recording, running_server, shake_hands
from tests.security.conftest import complaints
from tests.security.mutation import INITIALIZE, framed, mutated
from tests.security.raw import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    WebSocket,
    dialled,
    everything,
    frame,
    raw_websocket,
    request,
)
from tests.tables import Table, printed

pytestmark = pytest.mark.slow

FRAMES, LONG_FRAMES = 10_000, 100_000
REQUESTS, LONG_REQUESTS = 500, 5_000
BATCH = 100
"""Messages on one connection."""

GROUP = 10
"""Messages between two pings that must be answered."""

GROWTH = 20 * 2**20
"""Bytes by which the server may grow after the first fifth."""

CODES = {1000, 1002, 1003, 1007, 1009}
"""Close codes that a mutated frame may earn; 1005 and 1006 are no codes, 1011 is a crash."""


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with printed("Fuzzing", "what", "how many", "growth", "seconds") as table:
        yield table


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("fuzzed")
    model = recording(folder / "model.jsonl", ["Janet", " Lee", " is", " well", "."])
    with running_server(folder, "--model", f"{model}?speed=max") as server:
        yield server
        assert complaints(server.log()) == []


def unhurried(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


class Growth:
    """The server's memory, from the first fifth of the run on."""

    def __init__(self, server: RunningServer, steps: int) -> None:
        self.process = psutil.Process(server.process.pid)
        self.warm = steps // 5
        self.steps = itertools.count()
        self.started = time.monotonic()
        self.before = self.process.memory_info().rss

    def step(self) -> None:
        if next(self.steps) == self.warm:
            self.before = self.process.memory_info().rss

    @property
    def grown(self) -> int:
        return self.process.memory_info().rss - self.before

    def add_to(self, table: Table, what: str, count: int) -> None:
        seconds = time.monotonic() - self.started
        table.add(what, f"{count:,}", f"{self.grown / 2**20:+.1f} MB", f"{seconds:.1f}")


def fuzz_websocket(server: RunningServer, table: Table, frames: int) -> None:
    growth = Growth(server, frames // BATCH)
    sent = [0]

    @unhurried(frames // BATCH)
    @given(st.integers(0, 2**64))
    def batch(number: int) -> None:
        growth.step()
        random = Random(number)
        with raw_websocket(server) as websocket:
            if random.random() < 0.9:
                websocket.send(frame(TEXT, wire.encode(INITIALIZE).encode()))
            for _ in range(BATCH // GROUP):
                group = [framed(mutated(random), random) for _ in range(GROUP)]
                if (code := verdict(websocket, *group)) is not None:
                    assert code in CODES
                    return
                sent[0] += GROUP

    while sent[0] < frames:  # a frame that ends its connection ends the batch
        batch()
    growth.add_to(table, "WebSocket messages", sent[0])
    assert growth.grown < GROWTH


def verdict(websocket: WebSocket, *frames: bytes) -> int | None:
    """What a message earns: None where the ping behind it is answered, else the close code.

    Where the server has closed already, its close frame can be lost to the bytes that came after.
    """
    try:
        websocket.send(*frames, frame(PING, b"next"))
    except ConnectionError:
        return 1000
    while True:
        opcode, payload = websocket.receive()
        if opcode == CLOSE:
            return int.from_bytes(payload[:2], "big") if payload else 1000
        if opcode == -1:
            return 1000
        if opcode == PONG and payload == b"next":
            return None


def test_mutated_messages_on_a_websocket_do_no_harm(fuzzed: RunningServer, table: Table) -> None:
    fuzz_websocket(fuzzed, table, FRAMES)


@pytest.mark.long
def test_many_mutated_messages_on_a_websocket_do_no_harm(
    fuzzed: RunningServer, table: Table
) -> None:
    fuzz_websocket(fuzzed, table, LONG_FRAMES)


def fuzz_http(server: RunningServer, table: Table, requests: int) -> None:
    growth = Growth(server, requests)

    @unhurried(requests)
    @given(st.integers(0, 2**64))
    def one(number: int) -> None:
        growth.step()
        random = Random(number)
        body = mutated(random).decode("latin-1")
        headers: dict[str, str | None] = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": random.choice((None, "2025-11-25", "2026-07-28", "x")),
            "Mcp-Method": random.choice((None, "tools/call", "ping")),
            "Content-Length": str(len(body)),
        }
        whole = request(server, method="POST", headers=headers) + body.encode("latin-1")
        if random.random() < 0.3:
            place = random.randrange(len(whole))
            whole = whole[:place] + bytes([random.randrange(256)]) + whole[place + 1 :]
        with dialled(server) as line:
            with suppress(ConnectionError):  # refused before all of it was sent
                line.sendall(whole)
            statuses = everything(line, patience=0.3).statuses
        assert all(status < 500 or status == 501 for status in statuses)

    one()
    growth.add_to(table, "HTTP requests", requests)
    assert growth.grown < GROWTH


def test_mutated_requests_do_no_harm(fuzzed: RunningServer, table: Table) -> None:
    fuzz_http(fuzzed, table, REQUESTS)


@pytest.mark.long
def test_many_mutated_requests_do_no_harm(fuzzed: RunningServer, table: Table) -> None:
    fuzz_http(fuzzed, table, LONG_REQUESTS)


async def test_afterwards_nothing_runs_and_everything_works(fuzzed: RunningServer) -> None:
    async with fuzzed.connect() as connection:
        await shake_hands(connection)
        async with asyncio.timeout(10):
            while True:
                status, _ = await call(connection, 1, "server_status")
                if not status["structuredContent"]["running"]:
                    break
        result, _ = await call(connection, 2, "generate_summary", patient_id="25")
    assert not result["isError"], result
    assert result["structuredContent"]["summary"] == "Janet Lee is well."
