"""How fast tokens travel, beside bare Starlette and uvicorn and the pattern of tutorials.

    python -m tests.benchmarks.token_path

Every figure is a ratio of two sides that ran in turn in one run: medians, with the smallest and the
largest round. CPU time is the server process's own, from the kernel's clock (10 ms steps).
"""

import asyncio
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import websockets
from websockets.asyncio.client import ClientConnection

from mcp_kernel_tools import wire
from tests.running import RunningServer, call, recording, running_server, shake_hands

TOKENS = [f" tok{number}" for number in range(2000)]
ROUNDS = 9


@dataclass
class Side:
    """One of the servers that are compared, and what a client sends to start its stream."""

    name: str
    process: psutil.Process
    connection: ClientConnection
    request: Callable[[int], Mapping[str, Any]]
    tokens: int = len(TOKENS)

    async def run(self, id: int) -> tuple[float, float, int]:
        """Stream once: tokens a second, CPU microseconds a token, frames."""
        before, start, frames, text = self.cpu(), time.perf_counter(), 0, []
        await self.connection.send(wire.encode(self.request(id)))
        while wire.is_token(frame := wire.decode(await self.connection.recv())):
            frames += 1
            text.append(frame["token"])
        seconds = time.perf_counter() - start
        assert "".join(text).split() == [f"tok{number}" for number in range(self.tokens)]
        return self.tokens / seconds, (self.cpu() - before) / self.tokens * 1e6, frames

    def cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


def generate(id: int) -> wire.Frame:
    arguments = {"name": "generate_summary", "arguments": {"patient_id": "25"}}
    return wire.request(id, "tools/call", arguments)


@contextmanager
def peer(folder: Path, module: str, *arguments: str) -> Iterator[tuple[psutil.Process, int]]:
    """Another server of this folder, as a process; it writes its port into a file."""
    port_file = folder / f"{module}.port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", str(port_file), *arguments]
    process = subprocess.Popen(command)
    try:
        while not (port_file.exists() and port_file.read_text()):
            if process.poll() is not None:
                raise RuntimeError(f"{module} did not start")
            time.sleep(0.02)
        yield psutil.Process(process.pid), int(port_file.read_text())
    finally:
        process.terminate()
        process.wait()


@asynccontextmanager
async def session(server: RunningServer, **options: Any) -> AsyncIterator[ClientConnection]:
    async with server.connect(**options) as connection:
        await shake_hands(connection)
        yield connection


async def compare(
    sides: list[Side], rounds: int = ROUNDS
) -> dict[str, list[tuple[float, float, int]]]:
    """Run the sides in turn, after one round that does not count."""
    runs: dict[str, list[tuple[float, float, int]]] = {side.name: [] for side in sides}
    for turn in range(rounds + 1):
        for side in sides:
            result = await side.run(turn)
            if turn:
                runs[side.name].append(result)
    return runs


def table(title: str, runs: Mapping[str, list[tuple[float, float, int]]]) -> None:
    """Print medians; ratios are of the same round, to the first side."""
    print(
        f"\n{title}\n{'':34}{'tokens/s':>10}{'CPU us/token':>14}{'frames':>8}{'ratio':>8}   spread"
    )
    floor = next(iter(runs.values()))
    for name, rows in runs.items():
        ratios = sorted(row[0] / first[0] for row, first in zip(rows, floor, strict=True))
        rate, cpu, frames = (statistics.median(column) for column in zip(*rows, strict=True))
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        ratio = statistics.median(ratios)
        print(f"{name:34}{rate:10,.0f}{cpu:14.1f}{frames:8.0f}{ratio:8.2f}   {spread}")


async def full_speed(folder: Path) -> None:
    """2,000 tokens as fast as possible, ours beside the floor."""
    model = recording(folder / "fast.jsonl", TOKENS)
    async with AsyncExitStack() as stack:
        floor, port = stack.enter_context(peer(folder, "bare"))
        ours = stack.enter_context(running_server(folder, "--model", f"{model}?speed=max"))
        bare = await stack.enter_async_context(_plain(port))
        connection = await stack.enter_async_context(session(ours))
        sides = [
            Side("bare Starlette and uvicorn", floor, bare, _tokens_of_the_floor),
            Side("ours, replay model", psutil.Process(ours.process.pid), connection, generate),
        ]
        table("2,000 tokens at full speed", await compare(sides))


async def through_ollama(folder: Path) -> None:
    """The same tokens out of Ollama's NDJSON, ours beside the tutorial's pattern and the floor."""
    async with AsyncExitStack() as stack:
        _, source = stack.enter_context(peer(folder, "ollama_source", str(len(TOKENS))))
        floor, floor_port = stack.enter_context(peer(folder, "bare"))
        tutorial, port = stack.enter_context(peer(folder, "tutorial_peer", str(source)))
        environ = {"OLLAMA_HOST": f"127.0.0.1:{source}"}
        ours = stack.enter_context(running_server(folder, "--model", "ollama:phi", environ=environ))
        sides = [
            Side(
                "bare Starlette and uvicorn",
                floor,
                await stack.enter_async_context(_plain(floor_port)),
                _tokens_of_the_floor,
            ),
            Side(
                "tutorial: requests in async",
                tutorial,
                await stack.enter_async_context(_plain(port)),
                lambda id: {"id": id},
            ),
            Side(
                "ours, Ollama's NDJSON by httpx",
                psutil.Process(ours.process.pid),
                await stack.enter_async_context(session(ours)),
                generate,
            ),
        ]
        table("2,000 tokens through Ollama's protocol", await compare(sides))


async def ten_clients(folder: Path) -> None:
    """Ten clients at once beside one, 50 tokens at 20 ms; an eleventh lists the tools."""
    model = recording(folder / "paced.jsonl", TOKENS[:50], delay=0.02)
    with running_server(folder, "--model", model) as server:
        async with AsyncExitStack() as stack:
            process = psutil.Process(server.process.pid)
            sides = []
            for number in range(10):
                connection = await stack.enter_async_context(session(server))
                sides.append(Side(str(number), process, connection, generate, tokens=50))
            eleventh = await stack.enter_async_context(session(server))
            print("\n10 clients at once, 50 tokens at 20 ms a token")
            for turn in range(3):
                one = await _timed(sides[0].run(turn))
                listing: list[float] = []
                watcher = asyncio.create_task(_list_tools(eleventh, listing))
                ten = await _timed(asyncio.gather(*(side.run(turn) for side in sides)))
                watcher.cancel()
                print(
                    f"  one {one:.2f} s, ten {ten:.2f} s, ratio {ten / one:.2f}; "
                    f"tools/list meanwhile: median {statistics.median(listing) * 1e3:.1f} ms, "
                    f"max {max(listing) * 1e3:.1f} ms of {len(listing)}"
                )


async def paused_reader(folder: Path, megabytes: int = 20) -> None:
    """A reader with tiny buffers that pauses: memory, exactness, and a neighbour's rate."""
    tokens = [f" token{number:06}" for number in range(60_000)]
    model = recording(folder / "long.jsonl", tokens)
    environ = {"MCP_KERNEL_TOOLS_READER_SECONDS": "4"}
    with running_server(folder, "--model", f"{model}?speed=max", environ=environ) as server:
        process = psutil.Process(server.process.pid)
        async with session(server) as other:
            alone = await _neighbour(other, len(tokens))
            start, joined, sent = process.memory_info().rss, 0, 0
            peak = start
            generations = 0
            rates = []
            while sent < megabytes * 10**6:
                narrow = await _narrow(server)
                await narrow.send(wire.encode(generate(1)))
                rates.append(await _neighbour(other, len(tokens)))  # the reader stands still
                peak = max(peak, process.memory_info().rss)
                narrow.transport.resume_reading()
                transcript, frames = wire.Transcript(), 0
                while wire.is_token(frame := wire.decode(await narrow.recv())):
                    transcript.add(frame["token"], frame["position"])
                    frames += 1
                assert transcript.text == "".join(tokens).strip()
                joined += len(tokens) - frames
                sent += transcript.position
                generations += 1
                await narrow.close()
            print(
                f"\na reader that pauses, {generations} generations, {sent / 1e6:.0f} MB: "
                f"texts exact, {joined:,} tokens joined, "
                f"server memory +{(peak - start) / 1e6:.1f} MB, "
                f"a neighbour's rate {statistics.median(rates) / alone:.2f} of its rate alone"
            )
            narrow = await _narrow(server)
            await narrow.send(wire.encode(generate(2)))
            gone = await _timed(_until_idle(other))
            print(
                f"a reader that never returns: dropped, the model free after {gone:.1f} s (limit 4)"
            )
            await narrow.close()


async def _narrow(server: RunningServer) -> ClientConnection:
    """A session with a tiny receive buffer that has stopped to read."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", int(server.url.split(":")[2].split("/")[0])))
    narrow.setblocking(False)
    connection = await server.connect(sock=narrow, max_queue=1)
    await shake_hands(connection)
    connection.transport.pause_reading()
    return connection


async def _neighbour(connection: ClientConnection, tokens: int) -> float:
    """Tokens a second of another client."""
    seconds = await _timed(call(connection, 7, "generate_summary", patient_id="25"))
    return tokens / seconds


async def _until_idle(connection: ClientConnection) -> None:
    while True:
        status, _ = await call(connection, 8, "server_status")
        if not status["structuredContent"]["running"]:
            return
        await asyncio.sleep(0.05)


async def _list_tools(connection: ClientConnection, seconds: list[float]) -> None:
    for id in range(10**6):
        start = time.perf_counter()
        await connection.send(wire.encode(wire.request(id, "tools/list")))
        await connection.recv()
        seconds.append(time.perf_counter() - start)
        await asyncio.sleep(0.01)


async def _timed(work: Any) -> float:
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


def _plain(port: int) -> "websockets.connect":
    return websockets.connect(
        f"ws://127.0.0.1:{port}/mcp", compression=None, max_size=None, proxy=None
    )


def _tokens_of_the_floor(id: int) -> Mapping[str, Any]:
    return {"id": id, "tokens": TOKENS, "delay": 0}


def machine() -> str:
    """One line about where the figures come from."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{platform.platform()}, {os.cpu_count()} cores, load {load}, "
        f"Python {platform.python_version()}, websockets {version('websockets')}"
    )


async def main() -> None:
    print(machine())
    for measure in (full_speed, through_ollama, ten_clients, paused_reader):
        with tempfile.TemporaryDirectory() as folder:
            await measure(Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
