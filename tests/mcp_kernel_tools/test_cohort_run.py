import asyncio
from typing import Any

import pandas as pd
import pytest

from mcp_kernel_tools.client import Client
from mcp_kernel_tools.cohort_run import (
    COLUMNS,
    CohortProgress,
    CohortRun,
    patient_ids,
    read_report,
    table,
)
from mcp_kernel_tools.errors import ToolFailed
from tests.mcp_kernel_tools.conftest import Peer, Stage

ROW = {"patient_id": "25", "name": "Janet Lee", "status": "done", "seconds": 1.5, "tokens": 10}


def account(*rows: dict[str, Any], **other: Any) -> dict[str, Any]:
    counts = {"done": len(rows), "skipped": 0, "failed": 0, "cancelled": 0}
    told = {"cohort_id": "c", "state": "complete", "total": 3, "seconds": 2.0}
    return {**told, **counts, "models": ["phi"], "notices": [], "rows": list(rows), **other}


def test_the_ids_of_a_table_are_its_column() -> None:
    frame = pd.DataFrame({"patient_id": [25, 26], "name": ["A", "B"]})
    assert patient_ids(frame) == ["25", "26"]
    assert patient_ids(frame["patient_id"]) == ["25", "26"]
    assert patient_ids([25, " 26 "]) == ["25", "26"]
    with pytest.raises(ValueError, match='no column "patient_id"'):
        patient_ids(frame[["name"]])


def test_a_gap_makes_no_other_ids_and_is_passed_over() -> None:
    frame = pd.DataFrame({"MRN": [7, None, 42]})
    assert frame["MRN"].dtype == float
    assert patient_ids(frame["MRN"]) == ["7", "42"]
    assert patient_ids(frame.rename(columns={"MRN": "patient_id"})) == ["7", "42"]


def test_a_report_is_a_row_per_patient_and_the_account_of_the_run() -> None:
    failed = {"patient_id": "26", "status": "failed", "kind": "busy", "reason": "It is busy."}
    frame = table(account(ROW, failed), [ROW, failed])
    assert tuple(frame.columns) == COLUMNS
    assert list(frame["kind"]) == ["", "busy"]
    assert frame["tokens"].tolist() == [10, pd.NA]
    assert (frame.attrs["total"], frame.attrs["models"]) == (3, ["phi"])
    assert len(table(account(), [])) == 0


async def test_a_long_report_is_read_page_by_page() -> None:
    asked: list[tuple[str | None, int]] = []

    async def read_page(cohort_id: str | None, offset: int) -> dict[str, Any]:
        asked.append((cohort_id, offset))
        return account(ROW, done=3)

    frame = await read_report(account(ROW, done=3), read_page)
    assert len(frame) == 3
    assert asked == [("c", 1), ("c", 2)]


async def test_progress_comes_before_the_report(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("tools/call")
        token = request["params"]["_meta"]["progressToken"]
        params = {"progressToken": token, "progress": 1, "total": 3, "message": "1 of 3"}
        await peer.send(jsonrpc="2.0", method="notifications/progress", params=params)
        other = {**params, "progressToken": "another"}
        await peer.send(jsonrpc="2.0", method="notifications/progress", params=other)
        await peer.answer(request, {"content": [], "structuredContent": account(ROW)})

    states: list[CohortProgress] = []
    async with Client(await stage(play)) as client:
        frame = await client.summarize_cohort([25], model="phi", on_progress=states.append)
    assert states == [CohortProgress(1, 3, "1 of 3")]
    assert list(frame["patient_id"]) == ["25"]


async def test_a_refused_run_is_an_error(stage: Stage) -> None:
    async def play(peer: Peer) -> None:
        request = await peer.frame("tools/call")
        assert request["params"]["arguments"]["model"] == "gpt"
        await peer.refuse(request, "invalid", "The server has no model of this name.", "Name one.")

    async with Client(await stage(play)) as client:
        with pytest.raises(ToolFailed, match="no model of this name"):
            await client.summarize_cohort([25], model="gpt")


async def test_who_stops_tells_the_server(stage: Stage) -> None:
    told = asyncio.Event()

    async def play(peer: Peer) -> None:
        request = await peer.frame("tools/call")
        params = {"progressToken": request["id"], "progress": 1, "total": 3}
        await peer.send(jsonrpc="2.0", method="notifications/progress", params=params)
        cancelled = await peer.frame("notifications/cancelled")
        assert cancelled["params"]["requestId"] == request["id"]
        told.set()

    async with Client(await stage(play)) as client:
        run = client.open_cohort([25])
        assert await run.next_progress() == CohortProgress(1, 3, "")
        run.stop()
        await asyncio.wait_for(told.wait(), 10)


async def test_a_run_that_has_not_begun_has_no_report() -> None:
    async def never() -> Any: ...

    run = CohortRun(never, never)  # type: ignore[arg-type]
    run.stop()
    with pytest.raises(RuntimeError, match="has not begun"):
        await run.report()
