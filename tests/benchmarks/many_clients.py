"""How evenly tokens reach many clients at a time: 500 WebSockets, 20 tokens a second to each.

    python -m tests.benchmarks.many_clients [CLIENTS] [TOKENS]

All ask at the same moment, which is the worst case. The clients only note when which bytes came;
the frames are read, and every text is compared, when all is over.
"""

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from mcp_kernel_tools import wire
from tests.running import RunningServer, recording, running_server
from tests.security.raw import TEXT, frame, port_of, upgrade
from tests.tables import Table

PACE = 0.05
"""Seconds from one token to the next: 20 a second."""

AIM = 100.0
"""Milliseconds over the pace that 99 of 100 gaps stay under, on a quiet machine with two cores."""

END = b'"structuredContent"'
INITIALIZE = wire.request(
    1,
    "initialize",
    {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "benchmark", "version": "1"},
    },
)
GENERATE = wire.request(
    2, "tools/call", {"name": "generate_summary", "arguments": {"patient_id": "25"}}
)


@dataclass
class Client(asyncio.Protocol):
    """Notes what comes and when."""

    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: bool = False
    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.chunks.append((time.perf_counter(), data))
        if END in data:
            self.done.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.dropped = not self.done.is_set()
        self.done.set()

    def say(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    def tokens(self) -> list[tuple[float, str]]:
        """Each token with the time at which its last byte came."""
        received, found = bytearray(), []
        for moment, data in self.chunks:
            received += data
            if received.startswith(b"HTTP/1.1 "):
                _, head, rest = received.partition(b"\r\n\r\n")
                if not head:
                    continue
                received = rest
            while (taken := _frame(received)) is not None:
                message = wire.decode(bytes(taken))
                if wire.is_token(message):
                    found.append((moment, str(message["token"])))
        return found


def _frame(received: bytearray) -> bytearray | None:
    """Take the payload of the next whole frame off `received` (RFC 6455, section 5.2)."""
    if len(received) < 2:
        return None
    size, start = received[1] & 0x7F, 2
    if size > 125:
        start = 4 if size == 126 else 10
        size = int.from_bytes(received[2:start], "big")
    if len(received) < start + size:
        return None
    payload = received[start : start + size]
    del received[: start + size]
    return payload


async def measure(server: RunningServer, clients: int, tokens: int) -> list[Client]:
    loop, port = asyncio.get_running_loop(), port_of(server)
    opened = []
    for _ in range(clients):
        _, client = await loop.create_connection(Client, "127.0.0.1", port)
        client.say(upgrade(server))
        opened.append(client)
    await asyncio.sleep(1)
    for client in opened:
        client.say(frame(TEXT, wire.encode(INITIALIZE).encode()))
    await asyncio.sleep(2)
    for client in opened:
        client.say(frame(TEXT, wire.encode(GENERATE).encode()))
    async with asyncio.timeout(tokens * PACE * 3 + 30):
        await asyncio.gather(*(client.done.wait() for client in opened))
    for client in opened:
        assert client.transport is not None
        client.transport.close()
    return opened


def gaps(tokens: list[tuple[float, str]]) -> list[float]:
    """Milliseconds by which each token came later after the one before than the pace says."""
    moments = [moment for moment, _ in tokens]
    return [(later - earlier - PACE) * 1000 for earlier, later in itertools.pairwise(moments)]


def main(clients: int = 500, tokens: int = 200) -> int:
    words = [f" word{number}" for number in range(tokens)]
    with tempfile.TemporaryDirectory() as folder:
        model = recording(Path(folder) / "model.jsonl", words, delay=PACE)
        with running_server(Path(folder), "--model", model) as server:
            process = psutil.Process(server.process.pid)
            load = os.getloadavg()[0]
            before = sum(process.cpu_times()[:2])
            started = time.perf_counter()
            heard = asyncio.run(measure(server, clients, tokens))
            seconds = time.perf_counter() - started
            busy = sum(process.cpu_times()[:2]) - before
    received = [client.tokens() for client in heard]
    whole = "".join(words).strip()
    lost = sum("".join(text for _, text in each) != whole for each in received)
    over = sorted(gap for each in received for gap in gaps(each))
    p99 = statistics.quantiles(over, n=100)[98]
    table = Table(f"{clients} clients, {1 / PACE:.0f} tokens/s each", "figure", "value")
    table.add("gap over the pace, median", f"{statistics.median(over):.1f} ms")
    table.add("gap over the pace, p99", f"{p99:.1f} ms (aim: under {AIM:.0f} ms)")
    table.add("gap over the pace, longest", f"{over[-1]:.1f} ms")
    table.add(
        "tokens in frames of their own", f"{sum(map(len, received)):,} of {clients * tokens:,}"
    )
    table.add("clients dropped", sum(client.dropped for client in heard))
    table.add("clients whose text is not exact", lost)
    table.add("the server's CPU", f"{busy / seconds:.0%} of one core")
    table.add("load average before", f"{load:.1f} on {os.cpu_count()} cores")
    print(table)
    return 0 if p99 < AIM and not lost else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
