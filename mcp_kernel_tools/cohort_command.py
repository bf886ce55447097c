"""The command `cohort`: summaries of many patients from a terminal, and what became of them."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_kernel_tools.cohort_bar import duration
from mcp_kernel_tools.errors import KernelToolsError
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.teller import Teller

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 10
"""Failures that are told one by one."""


def run_cohort(
    client: SyncClient,
    ids: Sequence[str],
    *,
    model: str | None = None,
    concurrency: int | None = None,
    resume: bool = True,
    teller: Teller | None = None,
) -> bool:
    """Summarise these patients, or all of the table; whether none of them failed."""
    patients = list(ids) or list(client.read_patients()["patient_id"])
    report = client.summarize_cohort(patients, model=model, concurrency=concurrency, resume=resume)
    teller = teller or Teller()
    for line in told(report):
        teller.say(line)
    return not report.attrs["failed"]


def told(report: "pd.DataFrame") -> Iterable[str]:
    """The report in a few lines."""
    account = report.attrs
    yield from account["notices"]
    failed = report[report["status"] == "failed"]
    for row in failed.head(SHOWN).itertuples():
        yield f"Patient {row.patient_id} failed ({row.kind}): {row.reason}"
    if len(failed) > SHOWN:
        yield f"... and {len(failed) - SHOWN} more failed."
    if flagged := int((report["unsupported"] + report["contradicted"] > 0).sum()):
        yield f"{flagged} summaries say something that is not in the record: check."
    yield (
        f"{account['done']} done, {account['skipped']} skipped, {account['failed']} failed, "
        f"{account['cancelled']} cancelled in {duration(account['seconds'])} "
        f"with {', '.join(account['models'])}."
    )


def read_ids(path: Path) -> list[str]:
    """The ids in a file: its column patient_id, or without one, the first word of each line.

    Raises:
        KernelToolsError: it cannot be read, or has none.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise KernelToolsError(
            f"The file {path.name} cannot be read ({type(problem).__name__}).",
            next="Name a CSV file with a column patient_id, or a file with an id on each line.",
        ) from problem
    column = rows[0].index("patient_id") if rows and "patient_id" in rows[0] else None
    if column is None:
        ids = [row[0].strip() for row in rows if row]
    else:
        ids = [row[column].strip() for row in rows[1:] if len(row) > column]
    if found := [id for id in ids if id]:
        return found
    raise KernelToolsError(f"The file {path.name} names no patient.", next="Name another.")
