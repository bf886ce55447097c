"""The saved summaries: a CSV file that people open, and its history, which remembers every write.

A save is safe when its entry is in the history, on the disk: that takes the same time however large
the CSV file is. The file follows: before the reply while it is below `SMALL`, else within
`REWRITE_SECONDS` and at `close`. It is always replaced as a whole, so a reader sees the old or the
new version. Several processes may share the files; each looks at what the others added before it
reads or writes.

The file may also be changed from outside, by a person in an editor or a spreadsheet. What an
outside writer adds is kept: a text that the history does not know is the patient's summary from
then on, and is recorded as external before anything replaces it. What it leaves out is not lost: a
row that is missing, or shows a text that the history knows as an earlier one (a spreadsheet was
open while the summary was saved, and was saved after it), gets the newest text again. The way back
to an earlier text is undo.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from .errors import Invalid, StoreFailed
from .store import checkup
from .store.checkup import Report
from .store.csv_format import Text, storable
from .store.disk import Disk
from .store.history import Entry, checksum
from .store.ledger import Answer, Ledger, iso, user
from .store.refusals import NOTHING_READ, NOTHING_SAVED, explained, read_only
from .store.rewriter import REPLACE_SECONDS, REWRITE_SECONDS, SMALL, Rewriter

LOCK_SECONDS = 10.0
"""How long another process may hold the files before that is an error."""

How = Literal["generated", "edited", "external"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SavedSummary:
    """The summary of one patient, and how it came about."""

    patient_id: str
    name: str
    summary: str
    model: str | None
    how: How
    saved_at: str
    """ISO 8601, UTC. Of a text that the CSV file alone has: when the file was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How a summary came about, as far as it is known."""

    how: How
    model: str | None = None
    record: str | None = None
    """Hash of the record that the model was shown."""
    wording: str | None = None
    """How the model was asked (`Summarizer.wording`)."""
    marks: dict[str, int] | None = None
    """What the record says of the summary's sentences, counted."""
    generation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A summary on its way to the disk."""

    patient_id: str
    name: str
    summary: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class SummaryPage:
    total: int
    rows: list[SavedSummary]


@dataclass(frozen=True, slots=True)
class Saved:
    """A summary that is on the disk."""

    seconds: float
    replaced: bool
    """Whether the patient had a summary before, which undo restores."""
    notice: str = ""
    """What the user should know: where the rows are while the CSV file cannot be replaced."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What holds after an undo; `summary` is None where the row was removed."""

    name: str
    summary: str | None
    notice: str = ""


class SummaryStore:
    """The summaries of one CSV file. Thread-safe; any number of processes may share the file.

    Args:
        path: The CSV file; it and its folder are created by the first save.
        disk: Does the writing.
        clock: The time, in seconds since 1970.
        small: Bytes; see `SMALL`. The seconds: see the constants of their names.

    Raises:
        StoreFailed: the file is not one of summaries, or cannot be read.
    """

    def __init__(
        self,
        path: Path,
        *,
        disk: Disk | None = None,
        clock: Callable[[], float] = time.time,
        small: int = SMALL,
        rewrite_seconds: float = REWRITE_SECONDS,
        lock_seconds: float = LOCK_SECONDS,
        replace_seconds: float = REPLACE_SECONDS,
    ) -> None:
        self.path = path.resolve()  # replacing a link would not replace what it leads to
        self.disk = disk or Disk()
        self.lock_seconds = lock_seconds
        self._ledger = Ledger(self.path, self.disk, clock, lock_seconds, who=user())
        self._rewriter = Rewriter(
            self._ledger, small=small, seconds=rewrite_seconds, replace_seconds=replace_seconds
        )
        if self._ask(lambda: bool(self._ledger.index.behind)):
            self._recover()

    def save(
        self,
        patient_id: str,
        name: str,
        summary: str,
        *,
        how: How,
        model: str | None = None,
        record: str | None = None,
        wording: str | None = None,
        generation_id: str | None = None,
    ) -> Saved:
        """Save the summary of a patient; on return it is on the disk.

        Raises:
            Invalid: the patient id is empty.
            StoreFailed: it says what was kept, and what to do.
        """
        origin = Origin(
            how=how, model=model, record=record, wording=wording, generation_id=generation_id
        )
        return self.save_all([Unsaved(patient_id, name, summary, origin)])[0]

    def save_all(self, summaries: Sequence[Unsaved]) -> list[Saved]:
        """Save several summaries with one write; on return all of them are on the disk.

        Raises:
            Invalid: a patient id is empty.
            StoreFailed: it says what was kept, and what to do.
        """
        started = time.perf_counter()
        entries = [self._entry(unsaved) for unsaved in summaries]
        replaced = self._change(lambda: self._save(entries))
        notice = self._rewriter.bring_up_to_date()
        seconds = time.perf_counter() - started
        return [Saved(seconds, before, notice) for before in replaced]

    def undo(self, patient_id: str) -> Undone:
        """Restore what the patient had before; after a first save, remove the row.

        Raises:
            Invalid: there is nothing to undo.
            StoreFailed: it says what was kept, and what to do.
        """
        undone = self._change(lambda: self._undo(_id(patient_id)))
        return replace(undone, notice=self._rewriter.bring_up_to_date())

    def get(self, patient_id: str) -> SavedSummary | None:
        """The summary of a patient, if there is one."""
        return self._ask(lambda: self._get(_id(patient_id)))

    def origin(self, patient_id: str) -> Origin | None:
        """How the summary of a patient came about, if there is one."""
        return self._ask(lambda: self._origin(_id(patient_id)))

    def page(self, offset: int, limit: int, query: str = "") -> SummaryPage:
        """The summaries, newest first; `query` keeps those whose id or name contains it."""
        return self._ask(lambda: self._page(offset, limit, query.strip()))

    def __len__(self) -> int:
        return self._ask(lambda: len(self._ledger.index))

    def close(self) -> None:
        """Bring the CSV file up to date; the store is not used afterwards.

        Raises:
            StoreFailed: the file could not be written; the history has what it lacks.
        """
        self._rewriter.close()

    def verify(self) -> Report:
        """Compare the CSV file with the history, row by row; changes nothing.

        Raises:
            StoreFailed: the CSV file cannot be read.
        """
        return checkup.verify(self.path, self.disk, self.lock_seconds)

    def repair(self) -> Report:
        """Make the CSV file and the history whole and equal; what cannot be read is put aside.

        Raises:
            StoreFailed: the CSV file is not one of summaries, or cannot be written.
        """
        return checkup.repair(self.path, self.disk, self.lock_seconds)

    def _recover(self) -> None:
        """What a crash left in the history alone goes to the CSV file."""
        try:
            self._rewriter.bring_up_to_date()
        except StoreFailed as problem:
            log.warning("The file of summaries is behind its history: %s", problem)

    def _ask(self, answer: Callable[[], Answer]) -> Answer:
        with explained(NOTHING_READ):
            return self._ledger.ask(answer)

    def _change(self, write: Callable[[], Answer]) -> Answer:
        with explained(NOTHING_SAVED):
            self.disk.make_folder(self.path.parent)
            self._refuse_read_only()
            return self._ledger.change(write)

    def _refuse_read_only(self) -> None:
        """A read-only file could be replaced all the same, which is not what its owner wants."""
        with suppress(FileNotFoundError):
            mode = self.path.stat().st_mode
            if not mode & 0o222 or not os.access(self.path, os.W_OK):
                raise read_only()

    def _entry(self, unsaved: Unsaved) -> Entry:
        text, origin = Text(storable(unsaved.name), storable(unsaved.summary)), unsaved.origin
        patient_id = _id(unsaved.patient_id)
        if not patient_id:
            raise Invalid("The patient_id is empty.", next="Say whose summary this is.")
        return Entry(
            patient_id=patient_id,
            name=text.name,
            crc=checksum(*text),
            how=origin.how,
            time=self._ledger.now(),
            model=origin.model,
            record=origin.record,
            wording=origin.wording,
            marks=origin.marks,
            generation_id=origin.generation_id,
            summary=text.summary,
        )

    def _save(self, entries: list[Entry]) -> list[bool]:
        ids = [entry.patient_id for entry in entries]
        replaced = [id in self._ledger.index or id in ids[:place] for place, id in enumerate(ids)]
        self._ledger.record(ids)
        self._ledger.append(entries)
        return replaced

    def _undo(self, patient_id: str) -> Undone:
        self._ledger.record([patient_id])
        last = self._ledger.index.heads.place(patient_id)
        if last is None:
            raise _nothing_to_undo()
        _, current = self._ledger.holding(last)
        if current.previous is None and current.found_in_file:
            raise _nothing_to_undo()
        at, before = self._before(current)
        kept = before or current
        entry = Entry(
            patient_id=patient_id,
            name=kept.name,
            crc=before.crc if before else 0,
            how="undone",
            restored=at,
            time=self._ledger.now(),
        )
        self._ledger.append([entry])
        return Undone(kept.name, before.summary if before else None)

    def _before(self, entry: Entry) -> tuple[int, Entry] | tuple[None, None]:
        """What held before an entry."""
        if entry.previous is None:
            return None, None
        at, before = self._ledger.holding(entry.previous)
        return (None, None) if before.removed else (at, before)

    def _get(self, patient_id: str) -> SavedSummary | None:
        if (row := self._ledger.row(patient_id)) is not None:
            return self._of_row(patient_id, row)
        last = self._ledger.index.heads.place(patient_id)
        return None if last is None else self._of_entry(last)

    def _of_row(self, patient_id: str, row: int) -> SavedSummary:
        version = self._ledger.version()
        text = version.text(row)
        changed = iso(version.identity.modified / 1e9) if version.identity else ""
        return SavedSummary(patient_id, text.name, text.summary, None, "external", changed)

    def _of_entry(self, at: int) -> SavedSummary:
        _, entry = self._ledger.holding(at)
        assert entry.how != "undone"
        return SavedSummary(
            entry.patient_id, entry.name, entry.summary or "", entry.model, entry.how, entry.time
        )

    def _origin(self, patient_id: str) -> Origin | None:
        if self._ledger.index.row(patient_id) is not None:
            return Origin(how="external")
        last = self._ledger.index.heads.place(patient_id)
        if last is None:
            return None
        _, entry = self._ledger.holding(last)
        assert entry.how != "undone"
        return Origin(
            how=entry.how,
            model=entry.model,
            record=entry.record,
            wording=entry.wording,
            marks=entry.marks,
            generation_id=entry.generation_id,
        )

    def _page(self, offset: int, limit: int, query: str) -> SummaryPage:
        index = self._ledger.index
        if query:
            matching = index.matching(query)
            ids, total = matching[offset : offset + limit], len(matching)
        else:
            ids, total = list(islice(index.newest_first(), offset, offset + limit)), len(index)
        return SummaryPage(total, [saved for id in ids if (saved := self._get(id))])


def _id(patient_id: str) -> str:
    """The form in which ids are compared."""
    return storable(patient_id).strip()


def _nothing_to_undo() -> Invalid:
    return Invalid(
        "There is nothing to undo: no summary of this patient was saved here.",
        next="List the saved summaries to find the patient that is meant.",
    )
