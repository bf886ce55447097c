"""What a load read, what it could not use and why, and how far it has come."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mcp_kernel_tools.wire import visible

_SHOWN = 6  # of what a line names
_NAME = 40  # characters of a column's name

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
    unrecognised: list[str] = field(default_factory=list)
    """Columns of the user's that are none of our fields; they are kept as they are."""

    def took(self, what: str, count: int = 1) -> None:
        if count:
            self.read[what] += count

    def left_out(self, reason: str, count: int = 1) -> None:
        if count:
            self.unused[reason] += count

    def asides(self) -> list[str]:
        """What whoever gave the table should know of it, in a few words each."""
        said = []
        if self.unused:
            most = [f"{count:,} {what}" for what, count in self.unused.most_common()]
            said.append(f"{_first(most)} were left out")
        if self.unrecognised:
            names = [visible(name)[:_NAME] for name in self.unrecognised]
            said.append(f"not recognised, kept as they are: {_first(names)}")
        return said

    def __str__(self) -> str:
        read = f" ({_counted(self.read)})" if self.read else ""
        left_out = f" Left out: {_counted(self.unused)}." if self.unused else ""
        return f"{self.patients:,} patients, {self.source}{read}.{left_out}"


def _first(words: list[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
