from pathlib import Path
from typing import Any

import pytest

from mcp_kernel_tools.cli import main
from mcp_kernel_tools.cohort_command import told
from mcp_kernel_tools.cohort_run import table
from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.sync import SyncClient


def test_failures_are_told_one_by_one_up_to_a_bound() -> None:
    failed = {"status": "failed", "kind": "busy", "reason": "It is busy."}
    rows: list[dict[str, Any]] = [{"patient_id": str(number), **failed} for number in range(12)]
    rows.append({"patient_id": "12", "status": "done", "unsupported": 1, "contradicted": 0})
    account = {
        "cohort_id": "c", "state": "complete", "total": 13, "done": 1, "skipped": 0,
        "failed": 12, "cancelled": 0, "seconds": 3.0, "models": ["phi"], "notices": ["Mind it."],
    }  # fmt: skip
    lines = list(told(table(account, rows)))
    assert lines[:2] == ["Mind it.", "Patient 0 failed (busy): It is busy."]
    assert lines[-3:] == [
        "... and 2 more failed.",
        "1 summaries say something that is not in the record: check.",
        "1 done, 0 skipped, 12 failed, 0 cancelled in 3 s with phi.",
    ]


def test_the_command_summarises_saves_and_reports(
    own_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ids.txt"
    path.write_text("28\n")
    given = ["cohort", "25", "--patients-from", str(path), "--model", "recorded", "--anew"]
    assert main(given) == 0
    out = capsys.readouterr().out
    assert "2 of 2 patients: 2 done" in out
    assert "2 done, 0 skipped, 0 failed, 0 cancelled in" in out
    with SyncClient(own_server) as client:
        assert client.get_patient_summary(25)["saved"]
        client.undo_summary(25)
        client.undo_summary(28)


def test_a_patient_that_fails_makes_the_exit_code_one(
    own_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cohort", "nobody"]) == 1
    assert "Patient nobody failed (unknown_patient)" in capsys.readouterr().out
