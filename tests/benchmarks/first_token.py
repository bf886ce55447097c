"""How long the embedded model takes for its first token, and what the server adds to that.

    python -m tests.benchmarks.first_token

The floor is the model called directly: its own process (`embedded_child.py`) with the same settings
and the same messages, read with a plain HTTP client. One of the two works at a time.
"""

import asyncio
import json
import multiprocessing
import os
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from server import prompts
from server.models import embedded
from server.models.embedded import DEFAULTS, EmbeddedModel
from server.models.fetch import weights_path
from server.models.openai_compatible import messages
from server.patients import PatientTable, load_patients
from server.settings import Settings
from tests.benchmarks.machine import machine
from tests.benchmarks.measurement import Aim, Figures, Measurement, in_turn
from tests.benchmarks.readers import FrameReader, frames
from tests.benchmarks.token_path import GENERATE
from tests.running import running_server

PART = "First token"
FLOOR = "the model, called directly"
OURS = "ours"


@dataclass
class Direct:
    """The model's own process."""

    address: str
    key: str
    patients: PatientTable

    async def first_token(self, patient_id: str) -> float:
        """Seconds; the stream is read to its end, so that the next one finds the model idle."""
        prompt = prompts.build(self.patients.get(patient_id))
        body = {
            "messages": messages(prompt),
            "stream": True,
            "cache_prompt": True,
            "temperature": DEFAULTS.temperature,
            "seed": DEFAULTS.seed,
            "max_tokens": 8,
        }
        url, headers = (
            f"{self.address}/v1/chat/completions",
            {"Authorization": f"Bearer {self.key}"},
        )
        async with httpx.AsyncClient(timeout=120, trust_env=False) as client:
            start, first = time.perf_counter(), 0.0
            async with client.stream("POST", url, json=body, headers=headers) as response:
                async for line in response.aiter_lines():
                    if not first and _says_something(line):
                        first = time.perf_counter() - start
        return first


def _says_something(line: str) -> bool:
    if not line.startswith("data: {"):
        return False
    delta: dict[str, Any] = json.loads(line[6:])["choices"][0]["delta"]
    return bool(delta.get("content"))


@asynccontextmanager
async def direct(patients: PatientTable) -> AsyncIterator[Direct]:
    key = secrets.token_urlsafe(16)
    model = EmbeddedModel(weights_path({}))
    settings = model._settings(key) | {"parent_pid": None}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        str(embedded._PROGRAM),
        env=os.environ | embedded._QUIET_THREADS,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(settings).encode() + b"\n")
    try:
        yield Direct(json.loads(await process.stdout.readline())["address"], key, patients)
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[FrameReader]:
    """Our server with the embedded model, once the model is ready."""
    with running_server(folder, "--model", "embedded") as server:
        port = int(server.url.split(":")[2].split("/")[0])
        _wait_for_model(server.http_url.replace("/mcp", "/health"))
        async with frames(port, GENERATE, server.token, mcp=True) as reader:
            yield reader


def _wait_for_model(health: str) -> None:
    while httpx.get(health, trust_env=False).json()["model"]["state"] == "loading":
        time.sleep(0.1)


async def asked(reader: FrameReader, patient_id: str) -> float:
    """Seconds to the first token; the summary is read to its end."""
    arguments = {"name": "generate_summary", "arguments": {"patient_id": patient_id}}
    reader.request = {**GENERATE, "params": arguments}
    return (await reader.stream(1)).first_token_seconds()


async def cold(number: int) -> Figures:
    """From nothing: the server's process, the model's process, the weights, the first patient."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        async with served(Path(folder)) as reader:
            ready = time.perf_counter() - start
            first = await asked(reader, "25")
        return {"value": ready + first, "after ready s": first}


async def cold_direct(number: int) -> Figures:
    patients = load_patients(Settings().patients, None)
    start = time.perf_counter()
    async with direct(patients) as model:
        ready = time.perf_counter() - start
        first = await model.first_token("25")
        return {"value": ready + first, "after ready s": first}


@contextmanager
def busy_core() -> Iterator[None]:
    """One core that groups in pandas, as a notebook does meanwhile."""
    process = multiprocessing.get_context("spawn").Process(target=_group, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _group() -> None:
    frame = pd.DataFrame({"key": range(10**6), "value": range(10**6)})
    while True:
        frame.groupby(frame["key"] % 1000)["value"].agg(["mean", "std"])


async def warm(rounds: int, *, busy: bool) -> list[Measurement]:
    """Another patient, whose prompt begins as the one before, and the same patient again."""
    when = "one core busy" if busy else "quiet"
    another = Measurement(
        PART,
        f"first token, another patient, {when}",
        "s",
        FLOOR,
        aim=None if busy else _half_a_second(),
        headline=True,
    )
    again = Measurement(
        PART,
        f"first token, the same patient again, {when}",
        "s",
        FLOOR,
        aim=None if busy else Aim(OURS, "ratio", at_most=1.1),
        headline=True,
    )
    patients = load_patients(Settings().patients, None)
    with tempfile.TemporaryDirectory() as folder:
        async with direct(patients) as model, served(Path(folder)) as reader:
            sides: dict[str, Callable[[str], Awaitable[float]]]
            sides = {FLOOR: model.first_token, OURS: lambda id: asked(reader, id)}
            with busy_core() if busy else nullcontext():
                for number, patient in enumerate(patients.page(0, rounds + 1)):
                    for side, first_token in sides.items():
                        figures = [await first_token(patient.patient_id) for _ in range(2)]
                        if number:  # the first patient of all reads the shared prefix
                            another.add(side, {"value": figures[0]})
                            again.add(side, {"value": figures[1]})
    return [another, again]


def _half_a_second() -> Aim:
    return Aim(OURS, "value", at_most=0.5)


async def measure(rounds: int = 5) -> list[Measurement]:
    """Cold starts read the weights from the file cache of the system, not from the disk."""
    start = Measurement(PART, "from nothing to the first token", "s", FLOOR, headline=True)
    await in_turn(start, {FLOOR: cold_direct, OURS: cold}, min(rounds, 3))
    return [start, *await warm(rounds, busy=False), *await warm(rounds, busy=True)]


if __name__ == "__main__":
    print(machine())
    for measured in asyncio.run(measure()):
        print(f"\n{measured}")
