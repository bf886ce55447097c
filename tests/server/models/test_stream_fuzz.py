"""Mutated streams: a model server may say anything, and nothing but a `Failure` comes of it.

The seeds are a stream of llama.cpp's server as it was recorded, and one of Ollama's as its
documentation writes it. 2,000 streams are tried, 20,000 with --long.
"""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import Failure, Incomplete, ModelFailed
from server.models.base import LanguageModel
from server.models.endpoint import Limits
from tests.server.models.model_server import (
    OLLAMA,
    OPENAI,
    Dialect,
    ModelServer,
    Wire,
    collect,
    model_server,
    ollama_line,
    streams,
)

pytestmark = pytest.mark.slow

RECORDED = Path(__file__).with_name("recorded")
SEEDS = {
    "openai": (RECORDED / "llama_cpp.sse").read_bytes(),
    "ollama": b"".join(
        [
            *map(OLLAMA.token, ["Ann", " is", " 58", ' "well"', " 😀", "\n"]),
            ollama_line(response="", thinking="Hmm", done=False),
            OLLAMA.last,
        ]
    ),
}

ENDS = ("complete", "incomplete", "model_failed")

LIMITS = Limits(silence_seconds=5, characters=20_000, retry_delays=())

Mutation = tuple[str, float, float, bytes]
"""What to do, from where to where (parts of the whole), and with which bytes."""

SPICE = (
    *(
        b"\n",
        b"\r\n",
        b"\r",
        b"\n\n",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
        b"\\ud83d",
    ),
    *(b"data:", b"data: ", b"event: error\n", b": ping\n\n", b"data: [DONE]\n\n", b"[DONE]"),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\\",
        b",",
        b"null",
        b"true",
        b"NaN",
        b"-1",
        b"1e999",
        b"9" * 400,
    ),
    *(b'{"error":"x"}\n', b'"error":{"message":"x"},', b'"error":null,', b'"done":true,'),
    *(b'"done_reason":"load",', b'"response":7,', b'"choices":null,', b'"choices":[[]],'),
    *(b'"finish_reason":"stop"', b'"finish_reason":["stop"]', b'"content":{}', b'"delta":"x"'),
    *(b"[" * 3000, b"x" * 70_000),
)

SPOT = st.floats(0, 1)
MUTATION = st.tuples(
    st.sampled_from(["cut", "drop", "repeat", "insert", "swap", "flip"]),
    SPOT,
    SPOT,
    st.one_of(st.sampled_from(SPICE), st.binary(max_size=8)),
)
MUTATIONS = st.lists(MUTATION, max_size=5)
CHUNKS = st.lists(st.integers(1, 300), min_size=1, max_size=5)
"""Sizes of the pieces that the stream comes in, over and over."""


def mutated(stream: bytes, mutations: Sequence[Mutation]) -> bytes:
    for kind, here, there, junk in mutations:
        start, end = sorted((int(here * len(stream)), int(there * len(stream))))
        before, middle, after = stream[:start], stream[start:end], stream[end:]
        stream = {
            "cut": before + middle,
            "drop": before + after,
            "repeat": before + middle * 2 + after,
            "insert": before + junk + middle + after,
            "swap": before + after + middle,
            "flip": before + bytes(byte ^ 0x21 for byte in middle[:2]) + middle[2:] + after,
        }[kind]
    return stream


def pieces(stream: bytes, sizes: Sequence[int]) -> list[bytes]:
    parts: list[bytes] = []
    at = 0
    while at < len(stream):
        size = sizes[len(parts) % len(sizes)]
        parts.append(stream[at : at + size])
        at += size
    return parts


def framed(parts: Sequence[bytes]) -> bytes:
    """A whole answer as it crosses the wire, to be mutated as well."""
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return head + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


class Fuzz:
    """A server and a model that serve one mutated stream after the other."""

    def __init__(self, dialect: Dialect, server: ModelServer, model: LanguageModel) -> None:
        self.dialect = dialect
        self.server = server
        self.model = model
        self.ends = {"complete": 0}

    async def check(self, answer: bytes) -> None:
        async def script(wire: Wire) -> None:
            await wire.send(answer)

        self.server.on(self.dialect.path, script)
        try:
            _, finish = await collect(self.model)
            end = "complete" if finish else "neither an end nor an error"
        except Failure as failure:
            end = failure.kind if failure.next else "an error without a next step"
        self.ends[end] = self.ends.get(end, 0) + 1


def _run(dialect: Dialect, examples: int, folder: Path, *, replayable: bool) -> dict[str, int]:
    loop_errors: list[dict[str, Any]] = []
    with asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(lambda _, context: loop_errors.append(context))
        serving = model_server()
        server = runner.run(serving.__aenter__())
        dialect.prepare(server)
        fuzz = Fuzz(dialect, server, dialect.model(server.url, LIMITS, folder))

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=replayable,
            suppress_health_check=list(HealthCheck),
        )
        @given(MUTATIONS, CHUNKS, st.one_of(st.just([]), st.just([]), MUTATIONS))
        def check(stream: list[Mutation], sizes: list[int], frame: list[Mutation]) -> None:
            body = mutated(SEEDS[dialect.name], stream)
            runner.run(fuzz.check(mutated(framed(pieces(body, sizes)), frame)))

        check()
        runner.run(fuzz.check(framed([SEEDS[dialect.name]])))
        runner.run(fuzz.model.aclose())
        runner.run(serving.__aexit__(None, None, None))
    assert loop_errors == []
    return fuzz.ends


@pytest.mark.parametrize("dialect", [OLLAMA, OPENAI], ids=lambda dialect: str(dialect.name))
def test_a_mutated_stream_ends_with_a_named_error_or_is_complete(
    dialect: Dialect, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    long = pytestconfig.getoption("--long")
    ends = _run(dialect, 10_000 if long else 1_000, tmp_path, replayable=not long)
    print(dialect.name, ends)
    assert set(ends) <= {*ENDS, "model_missing", "busy"}, "an end that has no name"
    assert set(ENDS) <= set(ends), "the mutations are too wild, or too tame"


def _any_answer(seed: bytes, chance: random.Random) -> bytes:
    kinds = ["cut", "drop", "repeat", "insert", "swap", "flip"]
    mutations = [
        (chance.choice(kinds), chance.random(), chance.random(), chance.choice(SPICE))
        for _ in range(chance.randrange(4))
    ]
    return framed(pieces(mutated(seed, mutations), [chance.randrange(1, 300)]))


async def test_no_stream_leaves_anything_in_memory(tmp_path: Path) -> None:
    """Without hypothesis, which remembers what it has tried."""
    chance = random.Random(1)
    after: list[int] = []
    async with model_server() as server:
        OPENAI.prepare(server)
        fuzz = Fuzz(OPENAI, server, OPENAI.model(server.url, LIMITS, tmp_path))
        for number in range(1_500):
            await fuzz.check(_any_answer(SEEDS["openai"], chance))
            server.requests.clear()
            if number % 500 == 499:
                after.append(psutil.Process().memory_info().rss)
        await fuzz.model.aclose()
    assert after[-1] - after[0] < 10 * 1024 * 1024


@pytest.mark.parametrize("dialect", [OLLAMA, OPENAI], ids=lambda dialect: str(dialect.name))
async def test_a_stream_that_is_cut_anywhere_is_never_complete(
    dialect: Dialect, tmp_path: Path
) -> None:
    seed = SEEDS[dialect.name]
    end = seed.index(b'"length"' if dialect is OPENAI else b'"done_reason"')
    async with model_server() as server:
        dialect.prepare(server)
        model = dialect.model(server.url, LIMITS, tmp_path)
        for at in range(0, end, 7):
            server.on(dialect.path, streams(seed[:at]) if at else streams())
            with pytest.raises((Incomplete, ModelFailed)):
                await collect(model)
        await model.aclose()
