"""A server that runs for days does not grow: a thousand generations, some killed, some stopped.

A signal asks the server itself for its tasks and threads; its memory, files and sockets are seen
from outside. In the long run (--long) there are ten times as many generations.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psutil
import pytest
from websockets.asyncio.client import ClientConnection

from mcp_kernel_tools import wire
from tests.running import RunningServer, call, recording, running_server, shake_hands
from tests.security.conftest import complaints
from tests.tables import printed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="a signal asks for the figures"),
]

GENERATIONS, LONG_GENERATIONS = 1_000, 10_000
CLIENTS = 40
KILLED, CANCELLED, OVER_HTTP = 0.05, 0.05, 0.05
WARM_UP = 0.3
GROWTH = 20.0
"""Megabytes after the warm-up."""

POOL = 40
"""Threads that anyio keeps at most for work that would block."""

TOKENS = [f" word{n}" for n in range(40)]
TEXT = "".join(TOKENS).strip()

FIGURES = """
import asyncio, gc, json, os, signal, threading

def tell(*_):
    gc.collect()
    figures = {"tasks": len(asyncio.all_tasks()), "threads": threading.active_count()}
    with open(os.environ["SOAK_FIGURES"], "w") as pipe:
        json.dump(figures, pipe)

signal.signal(signal.SIGUSR1, tell)
"""
"""Runs in the server before anything of its own: Python imports a module of this name."""


@pytest.fixture
def soaked(tmp_path: Path) -> Iterator[RunningServer]:
    (tmp_path / "sitecustomize.py").write_text(FIGURES)
    os.mkfifo(tmp_path / "figures")
    model = recording(tmp_path / "model.jsonl", TOKENS, delay=0.001)
    environ = {"PYTHONPATH": str(tmp_path), "SOAK_FIGURES": str(tmp_path / "figures")}
    with running_server(tmp_path, "--model", model, environ=environ) as server:
        yield server


class Probe:
    """What the server holds at a moment when nobody asks anything of it."""

    def __init__(self, server: RunningServer) -> None:
        self.process = psutil.Process(server.process.pid)
        self.pipe = server.log_path.with_name("figures")

    async def at_rest(self) -> dict[str, float]:
        """The figures, once they no longer fall."""
        before: dict[str, float] = {}
        async with asyncio.timeout(30):
            while (now := await self._figures()) != before:
                before = now
                await asyncio.sleep(0.3)  # nothing tells that nothing is left to do
        return now | {"megabytes": self.process.memory_info().rss / 2**20}

    async def _figures(self) -> dict[str, float]:
        os.kill(self.process.pid, signal.SIGUSR1)
        async with asyncio.timeout(5):
            told: dict[str, float] = json.loads(await asyncio.to_thread(self.pipe.read_text))
        sockets = len(self.process.net_connections(kind="inet"))
        return told | {"files": self.process.num_fds(), "sockets": sockets}


Client = Callable[[RunningServer, wire.RequestId], Awaitable[None]]


async def complete(server: RunningServer, id: wire.RequestId) -> None:
    async with server.connect() as connection:
        await shake_hands(connection)
        result, frames = await call(connection, id, "generate_summary", patient_id="25")
        assert result["structuredContent"]["summary"] == TEXT
        assert "".join(frame["token"] for frame in frames) == TEXT


async def killed(server: RunningServer, id: wire.RequestId) -> None:
    connection = await begun(server, id)
    connection.transport.abort()
    await connection.wait_closed()


async def cancelled(server: RunningServer, id: wire.RequestId) -> None:
    connection = await begun(server, id)
    await connection.send(
        wire.encode(wire.notification("notifications/cancelled", {"requestId": id}))
    )
    await connection.close()


async def begun(server: RunningServer, id: wire.RequestId) -> ClientConnection:
    connection = await server.connect()
    await shake_hands(connection)
    arguments = {"name": "generate_summary", "arguments": {"patient_id": "25"}}
    await connection.send(wire.encode(wire.request(id, "tools/call", arguments)))
    await connection.recv()
    return connection


async def over_http(server: RunningServer, id: wire.RequestId) -> None:
    accept = {"Accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(trust_env=False, headers=server.headers | accept) as web:
        hello: dict[str, Any] = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "soak", "version": "1"},
        }
        opened = await web.post(server.http_url, json=wire.request(0, "initialize", hello))
        web.headers["Mcp-Session-Id"] = opened.headers["mcp-session-id"]
        asked = {"name": "generate_summary", "arguments": {"patient_id": "25"}}
        answer = await web.post(server.http_url, json=wire.request(id, "tools/call", asked))
        assert TEXT in answer.text
        await web.delete(server.http_url)


def chosen(random: Random) -> Client:
    luck = random.random()
    for share, client in ((KILLED, killed), (CANCELLED, cancelled), (OVER_HTTP, over_http)):
        if luck < share:
            return client
        luck -= share
    return complete


async def generate(server: RunningServer, count: int, random: Random) -> dict[str, int]:
    """So many generations, CLIENTS of them at a time; how many of each kind."""
    kinds = [chosen(random) for _ in range(count)]
    waiting = iter(enumerate(kinds, 1))

    async def work() -> None:
        for number, client in waiting:
            await client(server, number)

    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(work())
    names = [kind.__name__ for kind in kinds]
    return {name: names.count(name) for name in sorted(set(names))}


async def soak(server: RunningServer, count: int) -> None:
    random, probe = Random(1), Probe(server)
    started = time.monotonic()
    warm_up = int(count * WARM_UP)
    await generate(server, warm_up, random)
    before = await probe.at_rest()
    kinds = await generate(server, count - warm_up, random)
    after = await probe.at_rest()
    seconds = time.monotonic() - started
    with printed(f"Soak: {count:,} generations", "figure", "after warm-up", "at the end") as table:
        for name in before:
            table.add(name, f"{before[name]:.1f}", f"{after[name]:.1f}")
        for kind, number in kinds.items():
            table.add(kind.replace("_", " "), "", number)
        table.add("seconds", "", f"{seconds:.0f}")
    assert after["megabytes"] - before["megabytes"] < GROWTH
    for name in ("tasks", "files", "sockets"):
        assert after[name] <= before[name], name
    assert after["threads"] <= POOL + 2
    assert complaints(server.log()) == []


async def test_a_thousand_generations_leave_nothing_behind(soaked: RunningServer) -> None:
    await soak(soaked, GENERATIONS)


@pytest.mark.long
async def test_ten_thousand_generations_leave_nothing_behind(soaked: RunningServer) -> None:
    await soak(soaked, LONG_GENERATIONS)
