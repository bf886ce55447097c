"""How fast tokens travel from the model to a client, and how much later they arrive.

    python -m tests.benchmarks.token_path

The floor is bare Starlette and uvicorn with the same frames, the same socket and the same reader.
"""

import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from mcp_kernel_tools import wire
from tests.benchmarks.clocks import Stopwatch
from tests.benchmarks.machine import machine
from tests.benchmarks.measurement import Aim, Figures, Measurement, Run, in_turn
from tests.benchmarks.peers import environment_with, peer
from tests.benchmarks.readers import FrameReader, Stream, frames, progress
from tests.running import recording, running_server

PART = "Token path"
FLOOR = "bare Starlette + uvicorn"
OURS = "ours"
JOINED = "ours, tokens joined"
SDK = "SDK, progress over HTTP"
FASTMCP = "FastMCP, progress over HTTP"
ALONE = "one client alone"
TUTORIAL = "tutorial, requests in async"

GENERATE = wire.request(0, "tools/call", {"name": "generate_summary", "arguments": {}})
GENERATE["params"]["arguments"]["patient_id"] = "25"
MODEL_SPEED = 0.02
"""Seconds a token: 50 tokens/s, more than small models reach on two cores."""


class Reader(Protocol):
    async def stream(self, number: int) -> Stream: ...


@dataclass
class Source:
    """A server as a side: its process, and its readers."""

    pid: int
    readers: list[Reader]

    def full_speed(self, tokens: int) -> Run:
        """Tokens a second of one reader, and CPU time on each side."""

        async def run(number: int) -> Figures:
            watch = Stopwatch(self.pid)
            stream = await self.readers[0].stream(number)
            figures = dict(watch.stop(tokens))
            figures["value"] = tokens / stream.seconds()
            got = sum(len(text.split()) for text in _texts(stream))
            assert got == tokens, f"{got} tokens of {tokens}"
            return {**figures, "frames": len(stream.arrivals)}

        return run

    def paced(self, tokens: int, seconds: float) -> Run:
        """How old tokens are on arrival, over all readers; the first second does not count."""
        skip = min(round(1 / seconds), tokens // 2)

        async def run(number: int) -> Figures:
            watch = Stopwatch(self.pid)
            streams = await asyncio.gather(
                *(
                    self._later(reader, place / len(self.readers), number)
                    for place, reader in enumerate(self.readers)
                )
            )
            figures = dict(watch.stop(tokens * len(self.readers)))
            ages = sorted(age for stream in streams for age in stream.ages(skip))
            return {**figures, "value": _percentile(ages, 99), "p50 ms": _percentile(ages, 50)}

        return run

    @staticmethod
    async def _later(reader: Reader, seconds: float, number: int) -> Stream:
        await asyncio.sleep(seconds)  # readers do not ask in step
        return await reader.stream(number)

    async def first_tokens(self, number: int) -> Figures:
        """Seconds until the last of the readers that ask at once has its first token."""
        streams = await asyncio.gather(*(reader.stream(number) for reader in self.readers))
        return {"value": max(stream.first_token_seconds() for stream in streams)}

    async def whole(self, number: int) -> Figures:
        """Seconds until the last of the readers that ask at once has its last token."""
        streams = await asyncio.gather(*(reader.stream(number) for reader in self.readers))
        return {"value": max(stream.seconds() for stream in streams)}


def _texts(stream: Stream) -> list[str]:
    return [
        str(wire.decode(text)["token"]) if text.startswith("{") else text
        for _, text in stream.arrivals
    ]


def _percentile(ordered: list[float], percent: int) -> float:
    return statistics.quantiles(ordered, n=100, method="inclusive")[percent - 1]


@asynccontextmanager
async def bare(tokens: int, seconds: float = 0.0, clients: int = 1) -> AsyncIterator[Source]:
    with peer("bare") as (process, port):
        request = {"tokens": tokens, "seconds": seconds}
        async with _readers(clients, port, request) as readers:
            yield Source(process.pid, readers)


@asynccontextmanager
async def stamped(tokens: int, seconds: float, clients: int) -> AsyncIterator[Source]:
    """Our server, with a model that stamps its tokens."""
    with peer("stamped_server", str(tokens), str(seconds)) as (process, port):
        async with _readers(clients, port, GENERATE, mcp=True) as readers:
            yield Source(process.pid, readers)


@asynccontextmanager
async def replayed(tokens: int, *, join: bool) -> AsyncIterator[Source]:
    """Our server as people start it, with a recording that is played as fast as it can.

    One frame a token: the recording has no end, because what is done with a complete summary (it is
    checked against the record) is no part of the path of its tokens. Joined tokens: it has one, as
    what waits for the reader is given up with a stream that was cut; its CPU time is therefore
    that of the check as well.
    """
    with tempfile.TemporaryDirectory() as folder:
        words = (f" {10**7 + number}" for number in range(tokens))
        model = recording(
            Path(folder) / "fast.jsonl", words, finish_reason="stop" if join else None
        )
        flags = ["--model", f"{model}?speed=max"]
        async with started(Path(folder), flags, {"JOIN_TOKENS": str(int(join))}) as source:
            yield source


@asynccontextmanager
async def started(
    folder: Path, flags: list[str], settings: Mapping[str, str], clients: int = 1
) -> AsyncIterator[Source]:
    """`python -m server` with these flags and settings."""
    environ = {
        name if name.isupper() and "HOST" in name else f"MCP_KERNEL_TOOLS_{name}": value
        for name, value in settings.items()
    }
    with running_server(folder, *flags, environ=environ) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        async with _readers(clients, port, GENERATE, server.token, mcp=True) as readers:
            yield Source(server.process.pid, readers)


@asynccontextmanager
async def notified(
    module: str, tokens: int, seconds: float = 0.0, clients: int = 1, **options: str
) -> AsyncIterator[Source]:
    """A peer that sends progress notifications, with the SDK's own client."""
    with peer(module, **options) as (process, port):
        async with AsyncExitStack() as stack:
            arguments = {"tokens": tokens, "seconds": seconds}
            readers: list[Reader] = [
                await stack.enter_async_context(progress(port, arguments)) for _ in range(clients)
            ]
            yield Source(process.pid, readers)


@asynccontextmanager
async def _readers(
    clients: int, port: int, request: Mapping[str, Any], token: str | None = None, **options: bool
) -> AsyncIterator[list[Reader]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(frames(port, request, token, **options))
            for _ in range(clients)
        ]


async def full_speed(tokens: int, rounds: int, slow_peers: bool = True) -> Measurement:
    """The same tokens as fast as possible, one frame each: what a frame costs."""
    measurement = Measurement(
        PART,
        f"{tokens:,} tokens at full speed",
        "tokens/s",
        FLOOR,
        aim=Aim(OURS, "ratio", at_least=0.9),
        size=tokens,
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        sides = {
            FLOOR: (await enter(bare(tokens))).full_speed(tokens),
            OURS: (await enter(replayed(tokens, join=False))).full_speed(tokens),
        }
        if slow_peers:
            sides[JOINED] = (await enter(replayed(tokens, join=True))).full_speed(tokens)
            sides[SDK] = (await enter(notified("sdk_peer", tokens))).full_speed(tokens)
            python = stack.enter_context(environment_with("fastmcp"))
            if python:
                fast = await enter(notified("fastmcp_peer", tokens, python=python))
                sides[FASTMCP] = fast.full_speed(tokens)
            else:
                measurement.note = "FastMCP did not install here."
        return await in_turn(measurement, sides, rounds)


async def through_ollama(tokens: int, rounds: int) -> Measurement:
    """The same tokens out of Ollama's NDJSON."""
    measurement = Measurement(
        PART,
        f"{tokens:,} tokens through Ollama's protocol",
        "tokens/s",
        FLOOR,
        size=tokens,
        headline=True,
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _, ollama = stack.enter_context(peer("ollama_source", str(tokens), "0"))
        ours = started(folder, ["--model", "ollama:phi"], {"OLLAMA_HOST": f"127.0.0.1:{ollama}"})
        sides = {
            FLOOR: (await enter(bare(tokens))).full_speed(tokens),
            OURS: (await enter(ours)).full_speed(tokens),
            TUTORIAL: (await enter(tutorial(ollama, 1))).full_speed(tokens),
        }
        return await in_turn(measurement, sides, rounds)


@asynccontextmanager
async def tutorial(ollama: int, clients: int) -> AsyncIterator[Source]:
    with peer("tutorial_peer", str(ollama)) as (process, port):
        async with _readers(clients, port, {}) as readers:
            yield Source(process.pid, readers)


async def latency(clients: int, tokens: int, rounds: int) -> Measurement:
    """How old a token is when it arrives, at the pace of a model."""
    measurement = Measurement(
        PART,
        f"p99 delay of a token, {clients} clients at {1 / MODEL_SPEED:g} tokens/s",
        "ms",
        FLOOR,
        aim=Aim(OURS, "value", at_most=5) if clients == 100 else None,
        size=clients,
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        sources = {
            FLOOR: await enter(bare(tokens, MODEL_SPEED, clients)),
            OURS: await enter(stamped(tokens, MODEL_SPEED, clients)),
        }
        if clients <= 10:  # more, and its client alone is busier than a core
            sources[SDK] = await enter(notified("sdk_peer", tokens, MODEL_SPEED, clients))
        sides = {name: source.paced(tokens, MODEL_SPEED) for name, source in sources.items()}
        return await in_turn(measurement, sides, rounds)


async def neighbours(clients: int, tokens: int, rounds: int) -> Measurement:
    """What the other clients of a server feel while it streams."""
    measurement = Measurement(
        PART,
        f"first token for the last of {clients} who ask at once, "
        f"{tokens} tokens at {1 / MODEL_SPEED:g}/s",
        "s",
        FLOOR,
        headline=True,
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        _, ollama = stack.enter_context(peer("ollama_source", str(tokens), str(MODEL_SPEED)))
        sides = {
            FLOOR: (await enter(bare(tokens, MODEL_SPEED, clients))).first_tokens,
            OURS: (await enter(stamped(tokens, MODEL_SPEED, clients))).first_tokens,
            TUTORIAL: (await enter(tutorial(ollama, clients))).first_tokens,
        }
        return await in_turn(measurement, sides, rounds)


async def together(clients: int, tokens: int, rounds: int) -> Measurement:
    """How long many who ask at once wait for the whole, and an idle one for a list of the tools."""
    measurement = Measurement(
        PART,
        f"{tokens} tokens at {1 / MODEL_SPEED:g}/s, the last of {clients} clients who ask at once",
        "s",
        ALONE,
        aim=Aim(OURS, "ratio", at_most=1.3),
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        _, ollama = stack.enter_context(peer("ollama_source", str(tokens), str(MODEL_SPEED)))
        alone = await enter(stamped(tokens, MODEL_SPEED, 1))
        ours = await enter(stamped(tokens, MODEL_SPEED, clients + 1))
        idle = ours.readers.pop()
        assert isinstance(idle, FrameReader)
        sides = {
            ALONE: alone.whole,
            OURS: beside(ours.whole, idle),
            TUTORIAL: (await enter(tutorial(ollama, clients))).whole,
        }
        return await in_turn(measurement, sides, rounds)


def beside(run: Run, idle: FrameReader) -> Run:
    """A run while an idle client lists the tools again and again; the longest that it waits."""

    async def both(number: int) -> Figures:
        streams = asyncio.ensure_future(run(number))
        waits = []
        while not streams.done():
            waits.append(await idle.listing())
            await asyncio.wait([streams], timeout=MODEL_SPEED)
        return {**await streams, "tools/list ms": 1000 * max(waits)}

    return both


async def measure() -> list[Measurement]:
    """All of them; for 500 clients both the server and the reader need most of a core."""
    return [
        await full_speed(2_000, 9),
        await full_speed(20_000, 3),
        await through_ollama(2_000, 9),
        *[await latency(clients, 150, 2) for clients in (1, 10, 100, 500)],
        await neighbours(10, 25, 2),
        await together(10, 50, 2),
    ]


async def grow() -> list[Measurement]:
    """The same at ten times the size, twice."""
    sizes = [await full_speed(tokens, 3, slow_peers=False) for tokens in (2_000, 20_000, 200_000)]
    return [replace(measured, aim=None) for measured in sizes]


if __name__ == "__main__":
    print(machine())
    for measured in asyncio.run(measure()):
        print(f"\n{measured}")
