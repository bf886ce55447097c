"""Cohorts on a real server: killed and resumed, cancelled, on models that fail, on a cluster."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from data.generate import generate
from mcp_kernel_tools.client import Client
from mcp_kernel_tools.cohort_run import CohortProgress
from mcp_kernel_tools.errors import ConnectionLost
from tests.running import RunningServer, call, recording, running_server, shake_hands

pytestmark = pytest.mark.slow

TOKENS = ["The", " patient", " is", " well", "."]
DEAD = "openai:dead@http://127.0.0.1:9"
"""Port 9 is that of the discard service, which nobody runs."""


def patients(folder: Path, n: int = 40) -> list[str]:
    """A table of so many in `folder`; the flags that name it."""
    generate(n=n).to_csv(folder / "patients.csv", index=False)
    return ["--patients", str(folder / "patients.csv")]


def ids(n: int) -> list[str]:
    return [str(number) for number in range(1, n + 1)]


def writes(server: RunningServer) -> Counter[str]:
    """How often the summary of each patient was written, as the history tells."""
    history = server.summaries.with_name("patient_summaries.history.jsonl")
    return Counter(json.loads(line)["patient_id"] for line in history.read_text().splitlines())


async def run(server: RunningServer, ids: list[str], **given: Any) -> pd.DataFrame:
    async with Client(server) as client:
        return await client.summarize_cohort(ids, **{"on_progress": lambda _: None, **given})


async def test_a_server_killed_half_way_goes_on_where_it_was(tmp_path: Path) -> None:
    flags = patients(tmp_path, 2000)
    flags += ["--model", recording(tmp_path / "model.jsonl", TOKENS) + "?speed=max"]
    with running_server(tmp_path, *flags) as first:

        def kill(progress: CohortProgress) -> None:
            if progress.done >= 1000 and first.process.poll() is None:
                first.process.kill()

        with pytest.raises(ConnectionLost):
            await run(first, ids(2000), on_progress=kill)
    done = len(writes(first))
    assert 1000 <= done < 2000
    with running_server(tmp_path, *flags) as second:
        report = await run(second, ids(2000))
    assert report.attrs["state"] == "complete"
    assert (report.attrs["skipped"], report.attrs["done"]) == (done, 2000 - done)
    assert writes(second) == dict.fromkeys(ids(2000), 1)
    table = pd.read_csv(second.summaries, dtype=str)
    assert len(table) == table["patient_id"].nunique() == 2000


async def test_a_cancelled_call_stops_the_models_and_keeps_what_is_done(tmp_path: Path) -> None:
    model = recording(tmp_path / "model.jsonl", TOKENS, delay=0.02)
    with running_server(tmp_path, *patients(tmp_path), "--model", model) as server:
        async with Client(server) as client:
            cohort = client.open_cohort(ids(40), concurrency=2)
            assert await cohort.next_progress()
            cohort.stop()
            async with asyncio.timeout(10):
                while (report := await client.read_cohort_report()).attrs["state"] == "running":
                    pass
            assert report.attrs["state"] == "cancelled"
            done = report.attrs["done"]
            assert 0 < done < 40
            assert len(report) == 40
            assert (await client.server_status())["running"] == 0
            rest = await client.summarize_cohort(ids(40), on_progress=lambda _: None)
        assert (rest.attrs["skipped"], rest.attrs["done"]) == (done, 40 - done)
        assert set(writes(server).values()) == {1}


async def test_who_does_not_ask_for_progress_gets_the_response_alone(tmp_path: Path) -> None:
    model = recording(tmp_path / "model.jsonl", TOKENS)
    with running_server(tmp_path, *patients(tmp_path), "--model", model) as server:
        async with server.connect() as connection:
            await shake_hands(connection)
            result, before = await call(
                connection, 1, "summarize_cohort", patient_ids=[1, "2", 3], concurrency=1
            )
            page, _ = await call(connection, 2, "get_cohort_report", offset=2, limit=1)
            again, _ = await call(connection, 3, "get_cohort_report", cohort_id="no such")
            wrong, _ = await call(connection, 4, "summarize_cohort", patient_ids=[1], model="gpt")
    assert not before
    assert result["content"][0]["text"].startswith("3 of 3 patients: 3 done, in ")
    report = result["structuredContent"]
    assert [row["patient_id"] for row in report["rows"]] == ["1", "2", "3"]
    assert page["structuredContent"]["rows"] == report["rows"][2:]
    assert again["structuredContent"]["error"]["kind"] == "invalid"
    assert "scripted" in wrong["content"][0]["text"]


async def test_a_dead_endpoint_leaves_its_patients_to_the_other(tmp_path: Path) -> None:
    model = recording(tmp_path / "model.jsonl", TOKENS, delay=0.01)
    flags = [*patients(tmp_path), "--model", DEAD, "--model", model]
    with running_server(tmp_path, *flags) as server:
        async with Client(server) as client:
            status = await client.server_status()
        report = await run(server, ids(40), concurrency=4)
    assert [model["name"] for model in status["models"]] == ["dead", "scripted"]
    assert report.attrs["done"] == 40
    assert set(report["model"]) == {"scripted"}


async def test_a_patient_whose_record_changed_is_done_again(tmp_path: Path) -> None:
    flags = [*patients(tmp_path), "--model", recording(tmp_path / "model.jsonl", TOKENS)]
    with running_server(tmp_path, *flags) as server:
        await run(server, ids(5))
    table = pd.read_csv(tmp_path / "patients.csv", dtype=str)
    table.loc[2, "age"] = "99"
    table.to_csv(tmp_path / "patients.csv", index=False)
    with running_server(tmp_path, *flags) as server:
        report = await run(server, ids(5))
    assert dict(zip(report["patient_id"], report["status"], strict=True)) == {
        id: "done" if id == "3" else "skipped" for id in ids(5)
    }


async def test_a_cluster_does_all_patients_though_a_worker_is_killed(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    model = recording(tmp_path / "model.jsonl", TOKENS, delay=0.05)
    flags = [*patients(tmp_path, 200), "--model", model, "--cluster", "local"]
    with running_server(tmp_path, *flags) as server:
        killed: list[int] = []

        def kill(progress: CohortProgress) -> None:
            if progress.done >= 30 and not killed:
                worker = workers(server)[-1]
                killed.append(worker.pid)
                worker.kill()

        report = await run(server, ids(200), on_progress=kill)
        left = workers(server)
    assert killed
    assert report.attrs["done"] == 200
    assert writes(server) == dict.fromkeys(ids(200), 1)
    _, alive = psutil.wait_procs(left, timeout=10)
    assert not alive


def workers(server: RunningServer) -> list[psutil.Process]:
    """The processes that Dask started: Python starts each of them by `spawn_main`."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
