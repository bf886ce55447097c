"""Tokens for readers that keep up, that pause, and that never come back."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import anyio
import pytest
from websockets.asyncio.client import ClientConnection

from mcp_kernel_tools import wire
from server.token_sink import MAX_FRAME, Frames
from server.websocket import Channel
from tests.running import RunningServer, call, recording, running_server, shake_hands

pytestmark = pytest.mark.slow

TOKENS = [f" token{number}" for number in range(60_000)]
GENERATE = wire.encode(
    wire.request(1, "tools/call", {"name": "generate_summary", "arguments": {"patient_id": "25"}})
)


class Reader:
    """Stands in for a connection: keeps the frames, and lets them through only while it reads."""

    def __init__(self) -> None:
        self.frames: list[wire.Frame] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.gone = False

    @property
    def keeps_up(self) -> bool:
        return self.reads.is_set()

    async def text(self, frame: str) -> None:
        await self.reads.wait()
        if self.gone:
            raise anyio.BrokenResourceError
        self.frames.append(wire.decode(frame))

    @property
    def transcript(self) -> wire.Transcript:
        transcript = wire.Transcript()
        for frame in self.frames:
            transcript.add(frame["token"], frame["position"])
        return transcript


def frames(reader: Reader, *, limit: int = 1000, join: bool = True) -> Frames:
    return Frames(cast(Channel, reader), 7, limit=limit, join=join)


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_reader_that_keeps_up_gets_each_token_in_a_frame_of_its_own() -> None:
    reader = Reader()
    sink = frames(reader)
    for token in ("Janet", " Lee"):
        await sink.put(token)
    await sink.finish()
    assert [frame["token"] for frame in reader.frames] == ["Janet", " Lee"]
    assert reader.frames[-1] == {"type": "stream_token", "token": " Lee", "position": 9, "id": 7}


async def test_what_a_slow_reader_left_waiting_comes_joined_and_nothing_is_lost() -> None:
    reader = Reader()
    sink = frames(reader)
    reader.reads.clear()
    for token in ("a", "b", "c"):
        await sink.put(token)
        await turns()
    reader.reads.set()
    await sink.finish()
    assert reader.transcript.text == "abc"
    assert len(reader.frames) == 2  # one was on its way, the others waited together


async def test_a_frame_of_joined_tokens_has_a_bounded_size() -> None:
    reader = Reader()
    sink = frames(reader, limit=10 * MAX_FRAME)
    reader.reads.clear()
    for _ in range(5):
        await sink.put("x" * (MAX_FRAME // 2))
    reader.reads.set()
    await sink.finish()
    assert max(len(frame["token"]) for frame in reader.frames) <= MAX_FRAME
    assert reader.transcript.position == 5 * (MAX_FRAME // 2)


async def test_the_model_waits_when_too_much_waits_for_the_reader() -> None:
    reader = Reader()
    sink = frames(reader, limit=3)
    reader.reads.clear()
    for token in ("a", "b"):
        await sink.put(token)
    await turns()
    third = asyncio.create_task(sink.put("cdef"))
    await turns()
    assert not third.done()
    reader.reads.set()
    await third
    await sink.finish()
    assert reader.transcript.text == "abcdef"


async def test_without_joining_every_token_waits_for_the_one_before() -> None:
    reader = Reader()
    sink = frames(reader, join=False)
    reader.reads.clear()
    first = asyncio.create_task(sink.put("a"))
    await turns()
    assert not first.done()
    reader.reads.set()
    await first
    await sink.put("b")
    assert [frame["token"] for frame in reader.frames] == ["a", "b"]


async def test_a_reader_that_is_gone_breaks_the_stream() -> None:
    reader = Reader()
    sink = frames(reader, limit=3)
    reader.reads.clear()
    await sink.put("ab")
    waiting = asyncio.create_task(sink.put("cdef"))
    await turns()
    reader.gone = True
    reader.reads.set()
    with pytest.raises(anyio.BrokenResourceError):
        await waiting
    with pytest.raises(anyio.BrokenResourceError):
        await sink.finish()
    await sink.aclose()


async def test_a_sink_that_is_closed_sends_nothing_more() -> None:
    reader = Reader()
    sink = frames(reader)
    reader.reads.clear()
    await sink.put("a")
    await sink.aclose()
    reader.reads.set()
    await turns()
    assert reader.frames == []


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that generates half a megabyte as fast as it can, and drops readers after 2 s."""
    folder = tmp_path_factory.mktemp("fast")
    model = recording(folder / "fast.jsonl", TOKENS)
    environ = {
        "MCP_KERNEL_TOOLS_READER_SECONDS": "2",
        "MCP_KERNEL_TOOLS_WAITING_CHARACTERS": "65536",
    }
    with running_server(folder, "--model", f"{model}?speed=max", environ=environ) as server:
        yield server


async def slow_reader(server: RunningServer) -> ClientConnection:
    """A connection that takes in very little, has asked for a summary, and reads nothing of it."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", int(server.url.split(":")[2].split("/")[0])))
    narrow.setblocking(False)
    connection = await server.connect(sock=narrow, max_queue=1)
    await shake_hands(connection)
    connection.transport.pause_reading()
    await connection.send(GENERATE)
    return connection


async def running(connection: ClientConnection) -> int:
    status, _ = await call(connection, "status", "server_status")
    return int(status["structuredContent"]["running"])


async def held(server: RunningServer, other: ClientConnection) -> None:
    """Until the model waits for its reader: its log stands still while others are served."""
    before, still = "", 0
    async with asyncio.timeout(20):
        while still < 20:
            assert await running(other)
            log = server.log()
            still = still + 1 if log == before and "Received" in log else 0
            before = log


async def test_a_reader_that_pauses_gets_the_exact_text_in_joined_frames(
    fast: RunningServer,
) -> None:
    async with fast.connect() as other:
        await shake_hands(other)
        slow = await slow_reader(fast)
        await held(fast, other)
        slow.transport.resume_reading()
        transcript, count = wire.Transcript(), 0
        while wire.is_token(frame := wire.decode(await slow.recv())):
            transcript.add(frame["token"], frame["position"])
            count += 1
        assert transcript.text == "".join(TOKENS).strip()
        assert frame["result"]["structuredContent"]["summary"] == transcript.text
        assert count < len(TOKENS)
        await slow.close()


async def test_a_reader_that_never_comes_back_is_dropped_and_the_model_freed(
    fast: RunningServer,
) -> None:
    async with fast.connect() as other:
        await shake_hands(other)
        slow = await slow_reader(fast)
        await held(fast, other)
        async with asyncio.timeout(20):
            while await running(other):
                await asyncio.wait([asyncio.create_task(slow.wait_closed())], timeout=0.05)
        assert "dropping a reader" in fast.log()
        slow.transport.abort()


async def test_several_tokens_of_two_requests_keep_their_ids_apart(
    tmp_path: Path,
) -> None:
    model = recording(tmp_path / "short.jsonl", [f" {n}" for n in range(50)], delay=0.002)
    with running_server(tmp_path, "--model", model) as server:
        async with server.connect() as connection:
            await shake_hands(connection)
            params = {"name": "generate_summary", "arguments": {"patient_id": "25"}}
            for id in (1, "1"):
                await connection.send(wire.encode(wire.request(id, "tools/call", params)))
            texts: dict[wire.RequestId, wire.Transcript] = {
                1: wire.Transcript(),
                "1": wire.Transcript(),
            }
            answers: dict[wire.RequestId, str] = {}
            while len(answers) < 2:
                frame = wire.decode(await connection.recv())
                if wire.is_token(frame):
                    texts[frame["id"]].add(frame["token"], frame["position"])
                else:
                    answers[frame["id"]] = frame["result"]["structuredContent"]["summary"]
            assert {id: text.text for id, text in texts.items()} == answers
