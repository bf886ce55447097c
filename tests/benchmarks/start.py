"""How long it takes until something answers: the server, the first MCP call, an import.

    python -m tests.benchmarks.start

The floor of each is what nobody who uses Python, uvicorn and the SDK can go below: a bare server's
start, the SDK's own server with one tool, an interpreter that imports nothing.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mcp import Client

from tests.benchmarks.machine import machine
from tests.benchmarks.measurement import Aim, Figures, Measurement, Run, in_turn
from tests.benchmarks.peers import ROOT, peer
from tests.running import recording

PART = "Start"
OURS = "ours"


def wait_for_answer(url: str) -> None:
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.005)


@contextmanager
def launched(folder: Path) -> Iterator[dict[str, str]]:
    """`start_server`'s own command; what its runtime file says, as soon as there is one."""
    runtime = folder / "runtime"
    model = recording(folder / "model.jsonl", ["Well."])
    flags = ["--port", "0", "--model", model, "--summaries", str(folder / "summaries.csv")]
    flags += ["--no-token"]  # the SDK's client connects to both sides in the same way
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "server", *flags],
        env=os.environ | {"PYTHONPATH": str(ROOT), "MCP_KERNEL_TOOLS_RUNTIME": str(runtime)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        path = runtime / f"server-{process.pid}.json"
        while not path.exists():
            if process.poll() is not None:
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        yield json.loads(path.read_text())
    finally:
        process.terminate()
        process.wait()


async def our_health(number: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        with launched(Path(folder)) as facts:
            url = facts["url"].replace("ws://", "http://").replace("/mcp", "/health")
            wait_for_answer(url)
            return {"value": time.perf_counter() - start}


async def our_first_answer(number: int) -> Figures:
    """Until `tools/list` is answered, over the SDK's client as for the floor."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        with launched(Path(folder)) as facts:
            await _list_tools(facts["url"].replace("ws://", "http://"))
            return {"value": time.perf_counter() - start}


async def _list_tools(url: str) -> None:
    async with Client(url) as client:
        assert (await client.list_tools()).tools


async def bare_health(number: int) -> Figures:
    start = time.perf_counter()
    with peer("bare") as (_, port):
        wait_for_answer(f"http://127.0.0.1:{port}/health")
        return {"value": time.perf_counter() - start}


async def sdk_first_answer(number: int) -> Figures:
    start = time.perf_counter()
    with peer("sdk_peer") as (_, port):
        await _list_tools(f"http://127.0.0.1:{port}/mcp")
        return {"value": time.perf_counter() - start}


def importing(module: str) -> Run:
    """How long the import alone takes, in an interpreter that has just started."""
    clock = "from time import perf_counter as now; start = now(); "

    async def run(number: int) -> Figures:
        program = f"{clock}import {module}; print(now() - start)"
        done = subprocess.run(  # noqa: ASYNC221
            [sys.executable, "-c", program], check=True, cwd=ROOT, stdout=subprocess.PIPE
        )
        return {"value": float(done.stdout)}

    return run


async def measure(rounds: int = 7) -> list[Measurement]:
    """Compiled modules and warm file caches, as from the second start on."""
    lines: list[tuple[str, Aim, dict[str, Run]]] = [
        (
            "process to an answering /health",
            Aim(OURS, "value", at_most=1.0),
            {"bare Starlette + uvicorn": bare_health, OURS: our_health},
        ),
        (
            "process to the first MCP answer",
            Aim(OURS, "value", at_most=3.0),
            {"SDK server, one tool": sdk_first_answer, OURS: our_first_answer},
        ),
        (
            "import mcp_kernel_tools",
            Aim(OURS, "value", at_most=0.15),
            {
                "import json": importing("json"),
                OURS: importing("mcp_kernel_tools"),
                "import mcp": importing("mcp"),
            },
        ),
    ]
    return [
        await in_turn(Measurement(PART, what, "s", next(iter(sides)), aim=aim), sides, rounds)
        for what, aim, sides in lines
    ]


if __name__ == "__main__":
    print(machine())
    for measured in asyncio.run(measure()):
        print(f"\n{measured}")
