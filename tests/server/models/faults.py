"""What can go wrong with a model server, and what a request then ends with.

`test_faults.py` asserts every row; `python -m tests.server.models.faults` prints the table.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import psutil

from server.errors import Busy, Failure, Incomplete, ModelAbsent, ModelFailed, ModelMissing
from server.errors import ModelTimeout as Silent
from server.generations import Generations
from server.models import embedded_child
from server.models.base import LanguageModel
from server.models.embedded import EmbeddedModel
from server.models.endpoint import Limits
from server.models.fetch import FILE_NAME, weights_path
from server.patients import load_patients
from server.slots import Slots
from server.summarize import Summarizer
from tests.server.models.model_server import (
    DIALECTS,
    Dialect,
    Script,
    Wire,
    cuts,
    endless,
    hangs,
    model_server,
    refuse,
    says,
    streams,
)

LIMITS = Limits(silence_seconds=0.4, connect_seconds=1, characters=5000, retry_delays=(0.01, 0.01))
WORDS = "Janet Lee is a 62-year-old woman with hypertension and joint pain."
PATIENTS = load_patients(
    pd.DataFrame(
        {
            "patient_id": ["25", "26"],
            "name": ["Janet Lee", "Ann Lee"],
            "symptoms": ["joint pain", ", ".join(f"pain number {n}" for n in range(500))],
        }
    )
)

Provoke = Callable[[asyncio.Event], Coroutine[None, None, None]]
"""Makes the fault while a request runs; the event is its first word."""


async def _already_there(first_word: asyncio.Event) -> None:
    """The fault is made before the request."""


@dataclass(frozen=True)
class Bench:
    """A model that is about to fail, and what makes it well."""

    model: LanguageModel
    mend: Callable[[], None] = lambda: None
    provoke: Provoke = _already_there
    patient_id: str = "25"


@dataclass(frozen=True)
class Case:
    """A row of the table: a model, its fault, and the error that people are told."""

    model: str
    fault: str
    error: type[Failure]
    bench: Callable[[Path], AbstractAsyncContextManager[Bench]]
    within: float = 4.0
    """Seconds: the limits above, a retry or two, and a busy machine."""
    real: bool = False
    """Whether it needs the weights."""


@dataclass(frozen=True)
class Outcome:
    error: Failure | None
    seconds: float
    saved: bool
    """Whether the words that came before the fault could be saved."""
    next_works: bool


async def meet(bench: Bench) -> Outcome:
    """Ask for a summary, and for another once the fault is mended."""
    generations = Generations()
    summarizer = Summarizer(PATIENTS, bench.model, generations, Slots(1, 1))
    words: list[str] = []
    first_word = asyncio.Event()

    async def put(text: str) -> None:
        words.append(text)
        first_word.set()

    async def place(place: int) -> None: ...

    error: Failure | None = None
    provoking = asyncio.create_task(bench.provoke(first_word))
    started = time.monotonic()
    try:
        await asyncio.wait_for(summarizer.summarize(bench.patient_id, put, place), 60)
    except Failure as failure:
        error = failure
    seconds = time.monotonic() - started
    provoking.cancel()  # where the fault came first by itself
    saved = _can_be_saved(generations, "".join(words))
    bench.mend()
    return Outcome(error, seconds, saved, await _is_served(summarizer))


class _Served(Exception):
    """The first word of a summary is there, which is enough."""


async def _is_served(summarizer: Summarizer) -> bool:
    async def put(text: str) -> None:
        raise _Served

    async def place(place: int) -> None: ...

    try:
        await asyncio.wait_for(summarizer.summarize("25", put, place), 60)
    except _Served:
        return True
    return False


def _can_be_saved(generations: Generations, text: str) -> bool:
    try:
        generations.judge("25", text)
    except Failure:
        return False
    return True


# What any model server may do, in each dialect.


async def _hangs_up(wire: Wire) -> None:
    """Take the request and close the connection without a word."""


def _drips(piece: bytes) -> Script:
    """Send signs of life for ever, faster than the limit for silence."""

    async def script(wire: Wire) -> None:
        await wire.open()
        while True:
            await wire.chunk(piece)
            await asyncio.sleep(LIMITS.silence_seconds / 10)

    return script


def _spoilt(*pieces: bytes) -> Callable[[Dialect], Script]:
    """A stream that would be complete without `pieces` in its middle."""
    return lambda d: streams(d.token(WORDS), *pieces, d.last)


Faults = dict[str, tuple[type[Failure], Callable[[Dialect], Script]]]

FAULTS: Faults = {
    "400 bad request": (ModelFailed, lambda d: refuse(400)),
    "401 no access": (ModelFailed, lambda d: refuse(401)),
    "404 no such model": (ModelMissing, lambda d: refuse(404)),
    "429 too many requests": (Busy, lambda d: refuse(429)),
    "500 inner error": (ModelFailed, lambda d: refuse(500)),
    "503 queue full": (Busy, lambda d: refuse(503)),
    "307 redirect": (ModelFailed, lambda d: says({}, 307, "Location: http://gpu.example/")),
    "prompt too long": (ModelFailed, lambda d: refuse(400, d.too_long)),
    "out of memory": (ModelFailed, lambda d: refuse(500, "needs more memory than is free")),
    "hang before the stream": (Silent, lambda d: hangs()),
    "hang in the stream": (Silent, lambda d: hangs(d.token(WORDS))),
    "signs of life but no token": (Silent, lambda d: _drips(d.token(""))),
    "cut before the answer": (ModelFailed, lambda d: _hangs_up),
    "cut before the first token": (ModelFailed, lambda d: cuts()),
    "cut in the stream": (Incomplete, lambda d: cuts(d.token(WORDS))),
    "a stream without its end": (Incomplete, lambda d: streams(d.token(WORDS))),
    "error in the stream": (ModelFailed, lambda d: _spoilt(d.error("boom"))(d)),
    "garbage line": (ModelFailed, _spoilt(b'data: {"resp\n\n')),
    "line without end": (ModelFailed, _spoilt(*[b"data: {" * 100_000] * 7)),
    "endless stream": (ModelFailed, lambda d: endless(d.token(WORDS))),
}


@asynccontextmanager
async def _served(
    dialect: Dialect, script: Callable[[Dialect], Script], folder: Path
) -> AsyncIterator[Bench]:
    async with model_server() as server:
        dialect.prepare(server)
        server.on(dialect.path, script(dialect))
        model = dialect.model(server.url, LIMITS, folder)
        yield Bench(model, mend=lambda: server.on(dialect.path, dialect.story(WORDS)))
        await model.aclose()


@asynccontextmanager
async def _refused(dialect: Dialect, folder: Path) -> AsyncIterator[Bench]:
    """Nobody listens; then somebody does, at the same port."""
    async with model_server() as gone:
        url = gone.url
    model = dialect.model(url, LIMITS, folder)
    listening = asyncio.Event()

    async def listen() -> None:
        async with model_server(int(url.rpartition(":")[2])) as server:
            dialect.prepare(server)
            server.on(dialect.path, dialect.story(WORDS))
            await listening.wait()

    tasks: list[asyncio.Task[None]] = []
    yield Bench(model, mend=lambda: tasks.append(asyncio.create_task(listen())))
    listening.set()
    await asyncio.gather(*tasks)
    await model.aclose()


# What may happen to the embedded model's own process, with its real weights.


def _embedded(**settings: int | Limits | Path) -> EmbeddedModel:
    return EmbeddedModel(weights_path(os.environ), **settings)  # type: ignore[arg-type]


def _signal(model: EmbeddedModel, number: signal.Signals) -> None:
    assert model.pid
    os.kill(model.pid, number)


@asynccontextmanager
async def _killed(folder: Path) -> AsyncIterator[Bench]:
    model = _embedded()

    async def provoke(first_word: asyncio.Event) -> None:
        await first_word.wait()
        _signal(model, signal.SIGKILL)

    yield Bench(model, provoke=provoke)
    await model.aclose()


@asynccontextmanager
async def _killed_early(folder: Path) -> AsyncIterator[Bench]:
    """Stopped before the request comes, so that it is killed before its first token."""
    model = _embedded()
    await model.load()
    assert model.pid
    process = psutil.Process(model.pid)
    (address,) = (c.laddr for c in process.net_connections("tcp") if c.status == "LISTEN")
    process.suspend()

    def asked() -> bool:
        return any(c.raddr == address for c in psutil.Process().net_connections("tcp"))

    async def provoke(first_word: asyncio.Event) -> None:
        while not asked():  # noqa: ASYNC110 (the kernel tells nobody)
            await asyncio.sleep(0.01)
        process.kill()

    yield Bench(model, provoke=provoke)
    await model.aclose()


@asynccontextmanager
async def _stopped(folder: Path) -> AsyncIterator[Bench]:
    model = _embedded(limits=Limits(silence_seconds=8))

    async def provoke(first_word: asyncio.Event) -> None:
        await first_word.wait()
        _signal(model, signal.SIGSTOP)

    def mend() -> None:
        model._limits = Limits()  # a busy machine may need longer than 8 s to read the prompt

    yield Bench(model, mend=mend, provoke=provoke)
    await model.aclose()


@asynccontextmanager
async def _too_long(folder: Path) -> AsyncIterator[Bench]:
    model = _embedded(context_tokens=512)
    await model.load()
    yield Bench(model, patient_id="26")
    await model.aclose()


@asynccontextmanager
async def _poor(folder: Path) -> AsyncIterator[Bench]:
    """A process that may take 400 MB of address space, then one that may take all."""
    program = folder / "child.py"
    run = f"import runpy\nrunpy.run_path({embedded_child.__file__!r}, run_name='__main__')\n"
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000))\n"
    program.write_text(limit + run)

    def mend() -> None:
        program.write_text(run)

    model = _embedded(program=program)
    yield Bench(model, mend=mend)
    await model.aclose()


@asynccontextmanager
async def _weightless(folder: Path) -> AsyncIterator[Bench]:
    weights = folder / FILE_NAME
    model = EmbeddedModel(weights)
    yield Bench(model, mend=lambda: weights.symlink_to(weights_path(os.environ)))
    await model.aclose()


@asynccontextmanager
async def _damaged(folder: Path) -> AsyncIterator[Bench]:
    weights = folder / FILE_NAME
    weights.write_bytes(weights_path(os.environ).read_bytes()[:100_000])

    def mend() -> None:
        weights.unlink()
        weights.symlink_to(weights_path(os.environ))

    model = EmbeddedModel(weights)
    yield Bench(model, mend=mend)
    await model.aclose()


def _cases() -> list[Case]:
    cases = [
        Case(d.name, fault, error, partial(_served, d, script))
        for fault, (error, script) in FAULTS.items()
        for d in DIALECTS
    ]
    absent = [Case(d.name, "nobody listens", ModelAbsent, partial(_refused, d)) for d in DIALECTS]
    own = partial(Case, "embedded", within=30, real=True)
    return [
        *absent,
        *cases,
        own("process killed in the stream", ModelFailed, _killed),
        own("process killed before the first token", ModelFailed, _killed_early),
        own("process stopped in the stream", Silent, _stopped),
        own("record too long, real model", ModelFailed, _too_long),
        own("out of memory at the start", ModelFailed, _poor),
        own("weights missing", ModelMissing, _weightless),
        own("weights damaged", ModelFailed, _damaged),
    ]


CASES = _cases()


async def main() -> None:
    print(f"| model | fault | error | seconds | saved | next works |\n|{' --- |' * 6}")
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            async with case.bench(Path(folder)) as bench:
                outcome = await meet(bench)
        error = f"{outcome.error.kind}: {outcome.error}" if outcome.error else "none"
        seconds, saved = f"{outcome.seconds:.2f}", "yes" if outcome.saved else "no"
        works = "yes" if outcome.next_works else "no"
        print(f"| {case.model} | {case.fault} | {error} | {seconds} | {saved} | {works} |")


if __name__ == "__main__":
    asyncio.run(main())
