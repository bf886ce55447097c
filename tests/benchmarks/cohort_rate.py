"""How close a cohort comes to the rate of its models: two recordings side by side, eight at a time.

    python -m tests.benchmarks.cohort_rate [--patients N] [--seconds S] [--cluster local]

A recording writes a summary in a known time, so the ideal is known: patients / (models * slots) *
seconds, of the model alone. What is lost is ours: prompts, checks, saving, reports. Measure on a
machine that does nothing else; the share of its time that others took is printed with the rest.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import pandas as pd
import psutil

from data.generate import generate
from mcp_kernel_tools.client import Client
from tests.running import recording, running_server
from tests.tables import Table

MODELS = 2
SENTENCES = ("The", "patient", "has", "chilblains", "and", "takes", "folic", "acid", "daily.")
"""Work for the check, and contradicted by no record: else the cohort would ask for more texts."""


def words(count: int) -> list[str]:
    """As many tokens, in sentences that the check against the record has work with."""
    return [f"{' ' * bool(at)}{SENTENCES[at % len(SENTENCES)]}" for at in range(count)]


async def measure(
    url: str, token: str | None, ids: list[str], slots: int
) -> tuple[float, pd.DataFrame]:
    """The seconds of a run, and its report."""
    async with Client(url, token=token) as client:
        began = time.perf_counter()
        report = await client.summarize_cohort(ids, concurrency=slots, on_progress=lambda _: None)
        return time.perf_counter() - began, report


def main() -> None:
    given = arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(n=given.patients).to_csv(folder / "patients.csv", index=False)
        flags = ["--patients", str(folder / "patients.csv")]
        delay = given.seconds / given.tokens
        for number in range(MODELS):
            path = folder / f"model{number}.jsonl"
            flags += ["--model", recording(path, words(given.tokens), delay=delay)]
        if given.cluster:
            flags += ["--cluster", given.cluster]
        ids = [str(number) for number in range(1, given.patients + 1)]
        environ = {"MCP_KERNEL_TOOLS_MODEL_SLOTS": str(given.slots)}
        with running_server(folder, *flags, environ=environ) as server:
            process = psutil.Process(server.process.pid)
            before, machine = process.cpu_times(), psutil.cpu_times()
            seconds, report = asyncio.run(measure(server.url, server.token, ids, given.slots))
            after, now = process.cpu_times(), psutil.cpu_times()
            skipping, _ = asyncio.run(measure(server.url, server.token, ids, given.slots))
    ours = after.user + after.system - before.user - before.system
    busy = sum(now) - sum(machine) - (now.idle - machine.idle) - (now.iowait - machine.iowait)
    done, written = report.attrs["done"], int(report["tries"].sum())
    ideal = given.patients / (MODELS * given.slots) * given.seconds
    table = Table(f"A cohort of {given.patients} on {MODELS} models", "what", "figure")
    table.add("slots at each model", given.slots)
    table.add("seconds a summary", given.seconds)
    table.add("done", done)
    table.add("texts that the models wrote", written)
    table.add("ideal", f"{ideal:.1f} s, {given.patients / ideal:.1f}/s")
    table.add("measured", f"{seconds:.1f} s, {done / seconds:.1f}/s")
    table.add("share of the ideal rate", f"{ideal / seconds:.1%}")
    table.add("server's CPU a patient", f"{ours / done * 1000:.1f} ms")
    table.add("CPU that others used", f"{(busy - ours) / seconds:.2f} cores")
    table.add("resumed, all skipped", f"{skipping:.1f} s")
    print(table)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a summary (1)")
    parser.add_argument("--tokens", type=int, default=50, help="of a summary (50)")
    parser.add_argument("--slots", type=int, default=8, help="at each model (8)")
    parser.add_argument("--cluster", help="local, or the address of a scheduler")
    return parser.parse_args()


if __name__ == "__main__":
    main()
