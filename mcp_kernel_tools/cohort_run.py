"""One cohort as the client sees it: how far it is, again and again, then the report.

Both faces of the client drive it: `next_progress` until there is none, `report`, and last `stop`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from mcp_kernel_tools import answers
from mcp_kernel_tools.connection import Call
from mcp_kernel_tools.patient_id import as_text, is_missing

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "patient_id",
    "name",
    "status",
    "kind",
    "reason",
    "model",
    "tries",
    "seconds",
    "tokens",
    "finish_reason",
    "source",
    "supported",
    "unsupported",
    "contradicted",
    "neutral",
    "omissions",
)
"""Of a report. The last five count sentences of the summary, and what it leaves out."""

COUNTS = ("tries", "tokens", "supported", "unsupported", "contradicted", "neutral", "omissions")
ACCOUNT = ("cohort_id", "state", "total", "done", "skipped", "failed", "cancelled", "seconds")
"""What `report.attrs` says of the whole run, with `models` and `notices`."""

ReadPage = Callable[[str | None, int], Awaitable[dict[str, Any]]]
"""A page of the rows of a run (None: the newest), from this row on."""


class CohortProgress(NamedTuple):
    """How far a cohort is."""

    done: int
    """Patients that are through: summarised, skipped or failed."""
    total: int
    message: str


class CohortRun:
    """Begins with the first `next_progress()`.

    Args:
        start: sends the request.
        read_page: reads the rows of the report that do not fit into the answer.
    """

    def __init__(self, start: Callable[[], Awaitable[Call]], read_page: ReadPage) -> None:
        self._start = start
        self._read_page = read_page
        self._call: Call | None = None

    async def next_progress(self) -> CohortProgress | None:
        """How far it is by now, once that is news; None when it is over."""
        if self._call is None:
            self._call = await self._start()
        told = await self._call.next_progress()
        if told is None:
            return None
        done, total = int(told.get("progress", 0)), int(told.get("total") or 0)
        return CohortProgress(done, total, str(told.get("message") or ""))

    async def report(self) -> "pd.DataFrame":
        """What became of each patient.

        Raises:
            ToolFailed: no such model, ...; `kind` says which.
            ConnectionLost: the connection ended first; what was done is saved.
        """
        if self._call is None:
            raise RuntimeError("the cohort has not begun: ask for its progress first")
        result = await self._call.result()
        if failure := answers.failure(result):
            raise failure
        return await read_report(result["structuredContent"], self._read_page)

    def stop(self) -> None:
        """Stop it, from any thread, and keep what is done; nothing when it is over."""
        if self._call:
            self._call.stop()


async def read_report(page: Mapping[str, Any], read_page: ReadPage) -> "pd.DataFrame":
    """The whole report whose first page this is."""
    rows = list(page["rows"])
    while page["rows"] and len(rows) < _known(page):
        page = await read_page(page["cohort_id"], len(rows))
        rows += page["rows"]
    return table(page, rows)


def _known(page: Mapping[str, Any]) -> int:
    return sum(page[status] for status in ("done", "skipped", "failed", "cancelled"))


def table(account: Mapping[str, Any], rows: list[dict[str, Any]]) -> "pd.DataFrame":
    """A row per patient, in the order in which they were through; `attrs`: the whole run."""
    import pandas as pd  # noqa: PLC0415 - only those who want a DataFrame pay for pandas

    columns = {name: [row.get(name) for row in rows] for name in COLUMNS}
    frame = pd.DataFrame({name: _column(name, cells) for name, cells in columns.items()})
    frame.attrs = {name: account[name] for name in (*ACCOUNT, "models", "notices")}
    return frame


def _column(name: str, cells: list[Any]) -> "pd.Series[Any]":
    """Numbers with gaps, or text, "" where there is none."""
    import pandas as pd  # noqa: PLC0415 - only those who want a DataFrame pay for pandas

    if name in COUNTS:
        return pd.Series(cells, dtype="Int64")
    if name == "seconds":
        return pd.Series(cells, dtype="Float64")
    return pd.Series([cell or "" for cell in cells], dtype="str")


def patient_ids(patients: object) -> list[str]:
    """The ids in what a caller passes: a DataFrame with a column patient_id, or the ids.

    Missing ones are passed over, as the server does with the rows of such patients.

    Raises:
        ValueError: the DataFrame has no such column.
    """
    if not _is_table(patients):
        return _present(patients)  # type: ignore[arg-type]
    if "patient_id" in patients.columns:
        return _present(patients["patient_id"])
    raise ValueError('the table has no column "patient_id": pass the ids, such as table["MRN"]')


def _present(ids: Iterable[object]) -> list[str]:
    return [as_text(id) for id in ids if not is_missing(id)]


def _is_table(patients: object) -> "TypeGuard[pd.DataFrame]":
    return hasattr(patients, "columns")
