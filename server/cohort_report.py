"""What became of each patient of a cohort, and the account of the whole run."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from mcp_kernel_tools.wire import ErrorKind

from .grounding import Grounding

Status = Literal["done", "skipped", "failed", "cancelled"]
State = Literal["running", "complete", "stopped", "cancelled"]

STATUSES: tuple[Status, ...] = ("done", "skipped", "failed", "cancelled")

REMEMBERED = 4
"""Reports. One of 100,000 patients takes about 40 MB."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The sentences of a summary by what the record says of them, and what the summary leaves out.

    They are for a reader's attention, and no proof: see `grounding`.
    """

    supported: int = 0
    unsupported: int = 0
    contradicted: int = 0
    neutral: int = 0
    omissions: int = 0

    @classmethod
    def read(cls, saved: Mapping[str, int] | None) -> "Marks | None":
        """The marks that were saved with a summary, if they are of this shape."""
        try:
            return None if saved is None else cls(**saved)
        except TypeError:
            return None


def mark(found: Grounding) -> Marks:
    """The marks of a summary, of what the check found in it."""
    verdicts = Counter(sentence.verdict for sentence in found.sentences)
    return Marks(
        **{str(verdict): count for verdict, count in verdicts.items()},
        omissions=len(found.omissions),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one patient."""

    patient_id: str
    name: str = ""
    status: Status
    kind: ErrorKind | None = None
    """Of a failure; `reason` says it in words."""
    reason: str = ""
    model: str | None = None
    tries: int = 0
    seconds: float | None = None
    """From the request to the end of the summary, by its last try."""
    tokens: int | None = None
    finish_reason: str | None = None
    source: str | None = None
    """Who wrote it: see `summarize.Source`."""
    marks: Marks | None = None


@dataclass(slots=True)
class Report:
    """The account of one run; it grows while the run goes on."""

    total: int
    models: list[str]
    id: str = field(default_factory=lambda: uuid4().hex)
    state: State = "running"
    seconds: float = 0.0
    notices: list[str] = field(default_factory=list)
    """What a person should know: a model that was given up, why the run stopped."""
    rows: list[Row] = field(default_factory=list)
    """In the order in which they became known."""
    counts: Counter[Status] = field(default_factory=Counter)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self.counts[row.status] += 1

    @property
    def sentence(self) -> str:
        """How far it is, for people."""
        counted = [
            f"{self.counts[status]:,} {status}" for status in STATUSES if self.counts[status]
        ]
        return f"{len(self.rows):,} of {self.total:,} patients: {', '.join(counted) or 'none yet'}"


class Reports:
    """The reports of the last runs."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self.limit = limit
        self._reports: dict[str, Report] = {}

    def add(self, report: Report) -> None:
        self._reports[report.id] = report
        while len(self._reports) > self.limit:
            del self._reports[next(iter(self._reports))]

    def get(self, id: str | None) -> Report | None:
        """The report of this id; without an id, the newest."""
        if id is None:
            return next(reversed(self._reports.values()), None)
        return self._reports.get(id)


OnRow = Callable[[Report], object]
"""Told after every row."""
