"""Which text of which patient holds: in memory, from the history and the CSV file. No I/O.

A patient's text is in the history, at the last entry; or it is in the CSV file alone: it stood
there before the history began (foreign), or a person changed it there since (edited).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from .csv_format import Rows
from .history import Brief
from .roll import Roll


class Index:
    """The patients who have a summary, and what the CSV file lacks."""

    def __init__(self) -> None:
        self.heads = Roll()
        """Who has a summary according to the history, and the last entry."""
        self.removed: dict[str, int] = {}
        """Whose row was removed by undo: their last entry."""
        self.edited = Roll()
        """Whose row in the CSV file holds, whatever the history says, and the row."""
        self.foreign = Roll()
        """Who is in the CSV file and not in the history, and the row."""
        self.superseded: dict[int, str] = {}
        """Rows of the CSV file that a later row of the same patient follows; "" once recorded."""
        self.behind: dict[str, None] = {}
        """Whose row in the CSV file is not up to date."""

    def __contains__(self, patient_id: str) -> bool:
        return patient_id in self.heads or self.row(patient_id) is not None

    def __len__(self) -> int:
        brought_back = sum(id not in self.heads for id in self.edited)
        return len(self.heads) + brought_back + len(self.foreign)

    def row(self, patient_id: str) -> int | None:
        """The row of the CSV file that has the text, if nothing else has it."""
        row = self.edited.place(patient_id)
        return self.foreign.place(patient_id) if row is None else row

    def last(self, patient_id: str) -> int | None:
        """Where the patient's last entry begins."""
        at = self.heads.place(patient_id)
        return self.removed.get(patient_id) if at is None else at

    def newest_first(self) -> Iterator[str]:
        """People's edits, then what was saved, then what the file had of its own."""
        saved = reversed(self.heads)
        if len(self.edited):
            saved = (id for id in saved if id not in self.edited)
        return chain(reversed(self.edited), saved, reversed(self.foreign))

    def matching(self, query: str) -> list[str]:
        """The patients whose id or name contains `query`, newest first."""
        saved = self.heads.matching(query)
        if len(self.edited):
            saved = [id for id in saved if id not in self.edited]
        return self.edited.matching(query) + saved + self.foreign.matching(query)

    def load(self, history: Iterable[Brief]) -> None:
        """Begin with a whole history. `covered` or `merge` then says what the CSV file lacks."""
        for news in history:
            self._set_last(news)

    def take(self, news: Brief) -> None:
        """An entry was added to the history."""
        id = news.patient_id
        if news.found_in_file:
            self.edited.drop(id)
            self.foreign.drop(id)
            self.behind.pop(id, None)
        else:
            self.behind[id] = None
            if (row := self.foreign.place(id)) is not None:
                # Whoever wrote this had not seen the row. It holds until it is recorded.
                self.foreign.drop(id)
                self.edited.put(id, row, 0, news.name)
        self._set_last(news)

    def merge(self, rows: Rows, is_known: Callable[[str, int], bool]) -> None:
        """Take in a version of the CSV file that came from outside, or the first one.

        Args:
            rows: Its rows.
            is_known: Whether the history has the text of a patient's row as an earlier one.
        """
        numbers, self.superseded = _numbered(rows.ids)
        doubled = set(self.superseded.values())
        self.edited, self.foreign, self.behind = Roll(), Roll(), {}
        for id, number in numbers.items():
            crc, name = rows.crcs[number], rows.names[number]
            saved = self.heads.crc(id)
            if saved == crc and id not in doubled:
                continue
            if saved is None and id not in self.removed:
                self.foreign.put(id, number, crc, name)
            elif id not in doubled and is_known(id, number):
                self.behind[id] = None
            else:
                self.edited.put(id, number, crc, name)
        self.behind |= dict.fromkeys(id for id in self.heads if id not in numbers)

    def locate(self, ids: Sequence[str]) -> None:
        """The rows moved; what they say is known."""
        numbers, self.superseded = _numbered(ids)
        self.edited.move(numbers.__getitem__)
        self.foreign.move(numbers.__getitem__)

    def caught_up(self, written: dict[str, int | None]) -> None:
        """The CSV file has the texts of these last entries."""
        for id, at in written.items():
            if self.last(id) == at:
                self.behind.pop(id, None)

    def covered(self, end: int) -> None:
        """The CSV file has every text of the history before the byte `end`."""
        removed = (id for id, at in self.removed.items() if at >= end)
        self.behind = dict.fromkeys(chain(self.heads.from_place(end), removed))

    def _set_last(self, news: Brief) -> None:
        at, id, name, crc, removed, _ = news
        if removed:
            self.heads.drop(id)
            self.removed[id] = at
        else:
            self.removed.pop(id, None)
            self.heads.put(id, at, crc, name)


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
