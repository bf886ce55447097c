"""What a load read, what it could not use and why, and how far it has come."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Progress = Callable[[int, int], None]
"""Called now and then during a load: the bytes read so far, and the bytes in all."""


def silent(done: int, total: int) -> None:
    """The progress of a load that nobody watches."""


@dataclass(slots=True)
class LoadReport:
    """The account of one load. Whatever is not in the table is counted here, with the reason."""

    source: str = "table"
    """The kind of source: "CSV file", "FHIR R4 bundles"."""
    patients: int = 0
    read: Counter[str] = field(default_factory=Counter)
    """What was read, such as {"rows": 200} or {"Condition": 513}."""
    unused: Counter[str] = field(default_factory=Counter)
    """What was left out: a reason, and how often it was met."""

    def took(self, what: str, count: int = 1) -> None:
        if count:
            self.read[what] += count

    def left_out(self, reason: str, count: int = 1) -> None:
        if count:
            self.unused[reason] += count

    def __str__(self) -> str:
        read = f" ({_counted(self.read)})" if self.read else ""
        left_out = f" Left out: {_counted(self.unused)}." if self.unused else ""
        return f"{self.patients:,} patients, {self.source}{read}.{left_out}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
