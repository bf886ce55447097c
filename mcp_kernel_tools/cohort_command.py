"""The command `cohort`: summaries of many patients from a terminal, and what became of them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mcp_kernel_tools.cohort_bar import duration
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
