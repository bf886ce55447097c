"""Which text of which patient holds: in memory, from the history and the CSV file. No I/O.

A patient's text is in the history, at its last entry, or it is only in the CSV file: there before
the history began (foreign), or changed there by a person since (edited).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from .history import Entry


class Head(NamedTuple):
    """The last entry of a patient who has a summary."""

    at: int
    crc: int
    label: str


class SummaryIndex:
    """The patients with a summary, and what the CSV file lacks."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        """Whose text is in the history, the newest last."""
        self.removed: dict[str, int] = {}
        """Whose row was removed by undo: their last entry."""
        self.edited: dict[str, int] = {}
        """Whose text a person changed in the CSV file: the last entry in the history."""
        self.foreign: dict[str, None] = {}
        """Whose text is in the CSV file, and in no history."""
        self.rows: dict[str, int] = {}
        """The rows of the edited and the foreign in the CSV file."""
        self.superseded: dict[int, str] = {}
        """Rows of the CSV file that are followed by another one of the same patient."""
        self.behind: dict[str, None] = {}
        """Whose row in the CSV file is not up to date."""

    def __contains__(self, patient_id: str) -> bool:
        return patient_id in self.heads or patient_id in self.rows

    def __len__(self) -> int:
        return len(self.heads) + len(self.rows)

    def newest_first(self) -> Iterator[str]:
        """People's edits, then what was saved, then what the file had of its own."""
        return chain(reversed(self.edited), reversed(self.heads), reversed(self.foreign))

    def last(self, patient_id: str) -> int | None:
        """Where the patient's last entry begins."""
        if head := self.heads.get(patient_id):
            return head.at
        return self.removed.get(patient_id, self.edited.get(patient_id))

    def take(self, at: int, entry: Entry) -> None:
        """An entry was added to the history."""
        id = entry.patient_id
        if entry.found_in_file:
            self._forget_row(id)
            self.behind.pop(id, None)
        else:
            self.behind[id] = None
        self._set_last(id, at, entry)

    def merge(
        self, ids: Sequence[str], crcs: Sequence[int], is_known: Callable[[str, int], bool]
    ) -> None:
        """The CSV file was changed from outside, or is seen for the first time.

        Args:
            ids: The patient of each row, or "".
            crcs: The checksum of each row's text.
            is_known: Whether the history knows the text of a patient's row as an earlier one. The
                edits that were not recorded so far must have been handed back to `restore`.
        """
        rows, self.superseded = _rows(ids)
        self.rows, self.foreign = {}, {}
        for id, row in rows.items():
            self._merge_row(id, row, crcs[row], is_known)
        self.behind |= dict.fromkeys(id for id in self.heads if id not in rows)

    def locate(self, ids: Sequence[str]) -> None:
        """The rows of the CSV file moved; what they say is known."""
        rows, self.superseded = _rows(ids)
        self.rows = {id: rows[id] for id in self.rows}

    def restore(self, at: int, entry: Entry) -> None:
        """Forget that the patient's row is edited; `entry` is the last one in the history."""
        self._forget_row(entry.patient_id)
        self._set_last(entry.patient_id, at, entry)

    def caught_up(self, written: dict[str, int | None]) -> None:
        """The CSV file has the texts of these entries."""
        for id, at in written.items():
            if self.last(id) == at:
                self.behind.pop(id, None)

    def covered(self, end: int) -> None:
        """The CSV file has every text of the history before the byte `end`."""
        self.behind = {id: None for id in self.behind if (self.last(id) or 0) >= end}

    def _merge_row(self, id: str, row: int, crc: int, is_known: Callable[[str, int], bool]) -> None:
        head = self.heads.get(id)
        if head is None and id not in self.removed:
            self.foreign[id] = None
            self.rows[id] = row
        elif head is not None and head.crc == crc:
            self.behind.pop(id, None)
        elif is_known(id, row):
            self.behind[id] = None
        else:
            self.edited[id] = head.at if head else self.removed[id]
            self.rows[id] = row
            self.heads.pop(id, None)
            self.removed.pop(id, None)
            self.behind.pop(id, None)

    def _set_last(self, id: str, at: int, entry: Entry) -> None:
        self.heads.pop(id, None)
        self.removed.pop(id, None)
        if id in self.rows:
            # Whoever wrote this had not seen the row that a person wrote: that row holds.
            self.foreign.pop(id, None)
            self.edited[id] = at
        elif entry.removed:
            self.removed[id] = at
        else:
            self.heads[id] = Head(at, entry.crc, label(id, entry.name))

    def _forget_row(self, id: str) -> None:
        self.rows.pop(id, None)
        self.foreign.pop(id, None)
        self.edited.pop(id, None)


def _rows(ids: Sequence[str]) -> tuple[dict[str, int], dict[int, str]]:
    """The row of each patient, and the rows that a later one of the same patient supersedes."""
    rows: dict[str, int] = {}
    superseded: dict[int, str] = {}
    for row, id in enumerate(ids):
        if id in rows:
            superseded[rows[id]] = id
        if id:
            rows[id] = row
    return rows, superseded


def label(patient_id: str, name: str) -> str:
    """What a query is looked for in."""
    return f"{patient_id}\n{name}".casefold()
