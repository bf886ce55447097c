"""Which text of which patient holds: in memory, from the history and the CSV file. No I/O.

A patient's text is in the history, at the last entry; or it is in the CSV file alone: it stood
there before the history began (foreign), or a person changed it there since (edited).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, takewhile
from typing import NamedTuple

from .csv_format import Rows
from .history import Brief


class Head(NamedTuple):
    """The last entry of a patient who has a summary."""

    at: int
    crc: int
    label: str
    """What a query is looked for in."""


class Row(NamedTuple):
    """The row of a patient whose text is in the CSV file alone."""

    number: int
    label: str


class Index:
    """The patients who have a summary, and what the CSV file lacks."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        """Who has a summary according to the history, the newest last."""
        self.removed: dict[str, int] = {}
        """Whose row was removed by undo: their last entry."""
        self.edited: dict[str, Row] = {}
        """Whose row in the CSV file holds, whatever the history says."""
        self.foreign: dict[str, Row] = {}
        """Who is in the CSV file, and not in the history."""
        self.superseded: dict[int, str] = {}
        """Rows of the CSV file that a later row of the same patient follows; "" once recorded."""
        self.behind: dict[str, None] = {}
        """Whose row in the CSV file is not up to date."""

    def __contains__(self, patient_id: str) -> bool:
        return patient_id in self.heads or patient_id in self.edited or patient_id in self.foreign

    def __len__(self) -> int:
        brought_back = sum(id not in self.heads for id in self.edited)
        return len(self.heads) + brought_back + len(self.foreign)

    def row(self, patient_id: str) -> Row | None:
        """Where the text is, if it is in the CSV file alone."""
        return self.edited.get(patient_id) or self.foreign.get(patient_id)

    def last(self, patient_id: str) -> int | None:
        """Where the patient's last entry begins."""
        head = self.heads.get(patient_id)
        return head.at if head else self.removed.get(patient_id)

    def newest_first(self) -> Iterator[str]:
        """People's edits, then what was saved, then what the file had of its own."""
        saved = (id for id in reversed(self.heads) if id not in self.edited)
        return chain(reversed(self.edited), saved, reversed(self.foreign))

    def matching(self, query: str) -> list[str]:
        """The patients whose id or name contains `query`, newest first."""
        query = query.casefold()
        saved = [id for id, head in reversed(self.heads.items()) if query in head.label]
        return [
            *(id for id, row in reversed(self.edited.items()) if query in row.label),
            *(id for id in saved if id not in self.edited),
            *(id for id, row in reversed(self.foreign.items()) if query in row.label),
        ]

    def load(self, history: Iterable[Brief]) -> None:
        """Begin with a whole history. `covered` or `merge` then says what the CSV file lacks."""
        heads, removed = self.heads, self.removed
        for at, id, name, crc, gone, _ in history:
            heads.pop(id, None)
            removed.pop(id, None)
            if gone:
                removed[id] = at
            else:
                heads[id] = Head(at, crc, _label(id, name))

    def take(self, news: Brief) -> None:
        """An entry was added to the history."""
        id = news.patient_id
        if news.found_in_file:
            self.edited.pop(id, None)
            self.foreign.pop(id, None)
            self.behind.pop(id, None)
        else:
            self.behind[id] = None
            if id in self.foreign:
                # Whoever wrote this had not seen the row. It holds until it is recorded.
                self.edited[id] = self.foreign.pop(id)
        self.heads.pop(id, None)
        self.removed.pop(id, None)
        if news.removed:
            self.removed[id] = news.at
        else:
            self.heads[id] = Head(news.at, news.crc, _label(id, news.name))

    def merge(self, rows: Rows, is_known: Callable[[str, int], bool]) -> None:
        """Take in a version of the CSV file that came from outside, or the first one.

        Args:
            rows: Its rows.
            is_known: Whether the history has the text of a patient's row as an earlier one.
        """
        numbers, self.superseded = _numbered(rows.ids)
        doubled = set(self.superseded.values())
        self.edited, self.foreign, self.behind = {}, {}, {}
        heads = self.heads
        for id, number in numbers.items():
            head = heads.get(id)
            if head is not None and head.crc == rows.crcs[number] and id not in doubled:
                continue
            row = Row(number, _label(id, rows.names[number]))
            if head is None and id not in self.removed:
                self.foreign[id] = row
            elif id not in doubled and is_known(id, number):
                self.behind[id] = None
            else:
                self.edited[id] = row
        self.behind |= dict.fromkeys(id for id in heads if id not in numbers)

    def locate(self, ids: Sequence[str]) -> None:
        """The rows moved; what they say is known."""
        numbers, self.superseded = _numbered(ids)
        for places in (self.edited, self.foreign):
            places.update({id: Row(numbers[id], row.label) for id, row in places.items()})

    def caught_up(self, written: dict[str, int | None]) -> None:
        """The CSV file has the texts of these last entries."""
        for id, at in written.items():
            if self.last(id) == at:
                self.behind.pop(id, None)

    def covered(self, end: int) -> None:
        """The CSV file has every text of the history before the byte `end`."""
        newer = takewhile(lambda head: head[1].at >= end, reversed(self.heads.items()))
        self.behind = {id: None for id, _ in newer}
        self.behind |= {id: None for id, at in self.removed.items() if at >= end}


def _numbered(ids: Sequence[str]) -> tuple[dict[str, int], dict[int, str]]:
    """The row of each patient, and the rows that a later one of the same patient supersedes."""
    numbers: dict[str, int] = {}
    superseded: dict[int, str] = {}
    for number, id in enumerate(ids):
        if id in numbers:
            superseded[numbers[id]] = id
        if id:
            numbers[id] = number
    return numbers, superseded


def _label(patient_id: str, name: str) -> str:
    return f"{patient_id}\n{name}".casefold()
