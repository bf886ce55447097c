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

import errno
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from filelock import FileLock, Timeout

from . import summaries_csv, summaries_versions
from .disk import PRIVATE, Disk
from .errors import Invalid, StoreFailed
from .history import Entry, History, checksum, encode
from .summaries_csv import Changed, Identity, Table, Text, storable
from .summaries_index import SummaryIndex, label

SMALL = 64 << 20
"""Bytes. A larger CSV file is rewritten in the background."""

REWRITE_SECONDS = 5.0
"""From a save to the rewriting of a large file."""

LOCK_SECONDS = 10.0
"""How long another process may hold the files before that is an error."""

REPLACE_SECONDS = 2.0
"""How long a program that holds the CSV file open (on Windows) is waited for."""

ATTEMPTS = 5
"""How often an operation begins again because somebody changed the file meanwhile."""

CELL_LIMIT = 32_767
"""Characters that a spreadsheet's cell holds ("Excel specifications and limits")."""

How = Literal["generated", "edited", "external"]
Answer = TypeVar("Answer")

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
    """ISO 8601, UTC. Of a text that only the CSV file has: when the file was changed."""


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


class Rewriting(NamedTuple):
    """The next version of the CSV file."""

    table: Table
    changes: dict[str, Text | None]
    drop: list[int]
    written: dict[str, int | None]
    """The last entries of the patients in `changes`."""
    covers: int
    """The end of the history that the version includes."""


class SummaryStore:
    """The summaries of one CSV file. Thread-safe; any number of processes may share the file.

    Args:
        path: The CSV file; it and its folder are created by the first save.
        disk: Does the writing.
        clock: The time, in seconds since 1970.
        small: See `SMALL`; the seconds see the constants of their names.

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
        self.path = path.absolute()
        self.disk = disk or Disk()
        self.clock = clock
        self.small = small
        self.rewrite_seconds = rewrite_seconds
        self.replace_seconds = replace_seconds
        self.history = History(self._beside(".history.jsonl"), self.disk)
        self._guard = threading.RLock()
        self._rewriting = threading.Lock()
        self._history_lock = _lock(self._beside(".history.jsonl.lock"), lock_seconds)
        self._csv_lock = _lock(self._beside(".csv.lock"), lock_seconds)
        self._timer: threading.Timer | None = None
        self._closed = False
        self._forget()
        self._ask(lambda: None)
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
        generation_id: str | None = None,
    ) -> Saved:
        """Save the summary of a patient; on return it is on the disk.

        Raises:
            StoreFailed: it says what was kept, and what to do.
        """
        started = time.perf_counter()
        text = Text(storable(name), storable(summary))
        entry = Entry(
            storable(patient_id).strip(),
            text.name,
            how,
            self._now(),
            crc=checksum(*text),
            model=model,
            record=record,
            generation_id=generation_id,
            summary=text.summary,
        )

        def write() -> bool:
            replaced = entry.patient_id in self._index
            self._append([*self._found([entry.patient_id]), entry])
            return replaced

        replaced = self._change(write)
        notice = self._bring_up_to_date()
        return Saved(time.perf_counter() - started, replaced, notice)

    def undo(self, patient_id: str) -> Undone:
        """Restore what the patient had before; after a first save, remove the row.

        Raises:
            Invalid: there is nothing to undo.
            StoreFailed: it says what was kept, and what to do.
        """
        patient_id = patient_id.strip()

        def write() -> Undone:
            self._append(self._found([patient_id]))
            undone, before = self._undoing(patient_id)
            self._append([undone])
            return Undone(undone.name, before.summary if before else None)

        undone = self._change(write)
        return replace(undone, notice=self._bring_up_to_date())

    def get(self, patient_id: str) -> SavedSummary | None:
        """The summary of a patient, if there is one."""
        patient_id = patient_id.strip()
        return self._ask(lambda: self._saved(patient_id) if patient_id in self._index else None)

    def page(self, offset: int, limit: int, query: str = "") -> SummaryPage:
        """The summaries, newest first; `query` keeps those whose id or name contains it."""
        return self._ask(lambda: self._page(offset, limit, query.strip().casefold()))

    def __len__(self) -> int:
        return self._ask(lambda: len(self._index))

    def close(self) -> None:
        """Bring the CSV file up to date."""
        with self._guard:
            self._closed = True
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join()
        if self._index.behind:
            self._rewrite()

    # Answers, from what is known.

    def _page(self, offset: int, limit: int, query: str) -> SummaryPage:
        if query:
            ids = [id for id in self._index.newest_first() if query in self._label(id)]
            page, total = ids[offset : offset + limit], len(ids)
        else:
            page = list(islice(self._index.newest_first(), offset, offset + limit))
            total = len(self._index)
        return SummaryPage(total, [self._saved(id) for id in page])

    def _label(self, patient_id: str) -> str:
        head = self._index.heads.get(patient_id)
        return head.label if head else label(patient_id, self._row(patient_id).name)

    def _saved(self, patient_id: str) -> SavedSummary:
        head = self._index.heads.get(patient_id)
        if head is None:
            text = self._row(patient_id)
            changed = _iso(self._version.modified / 1e9 if self._version else 0)
            return SavedSummary(patient_id, text.name, text.summary, None, "external", changed)
        _, entry = self._holding(head.at)
        assert entry.how != "undone"
        return SavedSummary(
            patient_id, entry.name, entry.summary or "", entry.model, entry.how, entry.time
        )

    def _row(self, patient_id: str) -> Text:
        return self._current_table().text(self._index.rows[patient_id])

    def _holding(self, at: int) -> tuple[int, Entry]:
        """The entry whose text holds after the entry at `at`, and where it is."""
        entry = self._entry(at)
        if entry.how != "undone" or entry.restored is None:
            return at, entry
        return entry.restored, self._entry(entry.restored)

    def _entry(self, at: int) -> Entry:
        try:
            return self.history.entry(at)
        except ValueError:
            raise StoreFailed(
                "A line of the history is damaged.",
                next="Run SummaryStore.repair(): it restores what the CSV file still has.",
            ) from None

    # Looking at what others did.

    def _ask(self, answer: Callable[[], Answer]) -> Answer:
        with self._guard, _explained("The summaries could not be read."):
            for _ in range(ATTEMPTS):
                try:
                    self._look()
                    return answer()
                except Changed:
                    self._seen = False
        raise _restless()

    def _forget(self) -> None:
        self.history.forget()
        self._index = SummaryIndex()
        self._table: Table | None = None
        self._version: Identity | None = None
        self._seen = False
        """Whether `_version` of the CSV file is merged into the index."""
        self._outside = 0
        """How many changes from outside are merged, counted by all processes together."""
        self._outside_news = False
        """Whether one of them is ours to count."""

    def _look(self) -> None:
        """Take in what others added to the history, and what they did to the CSV file."""
        if self.history.changed():
            with self._locked_for_reading():
                if self.history.replaced():
                    self._forget()
                for at, entry in self.history.news():
                    self._index.take(at, entry)
        version = summaries_csv.identity(self.path)
        if self._seen and version == self._version:
            return
        versions = summaries_versions.read(self._beside(".versions.json"))
        covers = versions.covers.get(version) if version else None
        if self._seen and covers is not None and versions.outside == self._outside:
            self._table, self._version = None, version
            self._index.covered(covers)
            return
        self._merge()
        self._outside = versions.outside
        self._outside_news = covers is None

    def _merge(self) -> None:
        table, crcs = summaries_csv.read(self.path)
        for at in list(self._index.edited.values()):
            self._index.restore(at, self._entry(at))
        self._table, self._version = table, table.identity

        def is_known(patient_id: str, row: int) -> bool:
            text = table.text(row)
            return any(_shows(text, entry) for entry in self._entries_of(patient_id))

        self._index.merge(table.ids, crcs, is_known)
        self._seen = True

    def _entries_of(self, patient_id: str) -> Iterator[Entry]:
        """What the history has of the patient, the newest first."""
        at = self._index.last(patient_id)
        with suppress(ValueError):
            while at is not None:
                entry = self.history.entry(at)
                yield entry
                at = entry.previous

    def _current_table(self) -> Table:
        if self._table is None:
            table, _ = summaries_csv.read(self.path)
            if table.identity != self._version:
                raise Changed
            self._table = table
            self._index.locate(table.ids)
        return self._table

    # Writing to the history.

    def _change(self, write: Callable[[], Answer]) -> Answer:
        with self._guard, _explained("Nothing was saved; what was saved before is intact."):
            self.disk.make_folder(self.path.parent)
            self._refuse_read_only()
            with self._history_lock:
                for _ in range(ATTEMPTS):
                    try:
                        self._look()
                        return write()
                    except Changed:
                        self._seen = False
        raise _restless()

    def _refuse_read_only(self) -> None:
        """Replacing a read-only file would work, but is not what its owner wants."""
        with suppress(FileNotFoundError):
            mode = self.path.stat().st_mode
            if not (mode & 0o222 and os.access(self.path, os.W_OK)):
                raise StoreFailed(
                    "The file of summaries is read-only. Nothing was saved.",
                    next="Make it writable, or name another file for the summaries.",
                )

    def _found(self, patient_ids: Iterable[str]) -> list[Entry]:
        """Entries for the texts that only the CSV file has: recorded before they are replaced."""
        wanted = set(patient_ids)
        rows = [(row, id) for row, id in self._index.superseded.items() if id in wanted]
        rows += [(self._index.rows[id], id) for id in wanted if id in self._index.rows]
        return [self._found_in(row, id) for row, id in sorted(rows)]

    def _found_in(self, row: int, patient_id: str) -> Entry:
        text = self._current_table().text(row)
        return Entry(
            patient_id,
            text.name,
            "external",
            self._now(),
            crc=checksum(*text),
            found_in_file=True,
            summary=text.summary,
        )

    def _undoing(self, patient_id: str) -> tuple[Entry, Entry | None]:
        """The entry that undoes the patient's last one, and the entry that holds again."""
        head = self._index.heads.get(patient_id)
        _, current = self._holding(head.at) if head else (None, None)
        if current is None or (current.found_in_file and current.previous is None):
            raise Invalid(
                "There is nothing to undo: no summary of this patient was saved here.",
                next="Search for the patient whose summary is meant.",
            )
        at, before = (None, None) if current.previous is None else self._holding(current.previous)
        if before is None or before.removed:
            at, before = None, None
        kept = before or current
        crc = before.crc if before else 0
        entry = Entry(patient_id, kept.name, "undone", self._now(), crc=crc, restored=at)
        return entry, before

    def _append(self, entries: list[Entry]) -> None:
        """Add entries to the history, each linked to the patient's entry before it."""
        if not entries:
            return
        at = self.history.end
        last = {entry.patient_id: self._index.last(entry.patient_id) for entry in entries}
        linked = []
        for entry in entries:
            linked.append(replace(entry, previous=last[entry.patient_id]))
            last[entry.patient_id] = at
            at += len(encode(linked[-1]))
        for at, entry in zip(self.history.append(linked), linked, strict=True):
            self._index.take(at, entry)

    # Rewriting the CSV file.

    def _recover(self) -> None:
        """What a crash left in the history alone goes to the CSV file."""
        if not self._index.behind:
            return
        try:
            self._bring_up_to_date()
        except StoreFailed as problem:
            log.warning("The file of summaries is behind its history: %s", problem)

    def _bring_up_to_date(self) -> str:
        with self._guard:
            size = self._version.size if self._version else 0
        if size >= self.small:
            self._rewrite_later()
            return ""
        try:
            return self._rewrite()
        except StoreFailed:
            self._rewrite_later()
            raise

    def _rewrite_later(self) -> None:
        with self._guard:
            if self._timer is None and not self._closed:
                self._timer = threading.Timer(self.rewrite_seconds, self._rewrite_now)
                self._timer.daemon = True
                self._timer.start()

    def _rewrite_now(self) -> None:
        """On the timer's thread: an error is the log's, and it is tried again."""
        with self._guard:
            self._timer = None
        try:
            notice = self._rewrite()
        except StoreFailed as problem:
            log.warning("The file of summaries is behind its history: %s", problem)
            self._rewrite_later()
        else:
            if notice:
                log.warning("%s", notice)

    def _rewrite(self) -> str:
        """Replace the CSV file by its next version; a notice says what stands in the way."""
        kept = "Everything saved is kept in the history, the CSV file is as it was."
        with self._rewriting, _explained(kept), self._csv_lock:
            for _ in range(ATTEMPTS):
                try:
                    plan = self._plan()
                    return self._carry_out(plan) if plan else ""
                except Changed:
                    self._seen = False
        raise _restless()

    def _plan(self) -> Rewriting | None:
        with self._guard, self._history_lock:
            self._look()
            index = self._index
            if not index.behind:
                return None
            table = self._current_table()
            self._append(self._found({*index.edited, *index.superseded.values()}))
            return Rewriting(
                table,
                {id: self._text(id) for id in index.behind},
                list(index.superseded),
                {id: index.last(id) for id in index.behind},
                self.history.end,
            )

    def _text(self, patient_id: str) -> Text | None:
        head = self._index.heads.get(patient_id)
        if head is None:
            return None
        _, entry = self._holding(head.at)
        return Text(entry.name, entry.summary or "")

    def _carry_out(self, plan: Rewriting) -> str:
        temporary = self._beside(".csv.tmp")
        written = self._write(temporary, plan)
        assert written.identity is not None
        self._note(plan, written.identity)
        if summaries_csv.identity(self.path) != plan.table.identity:
            raise Changed
        if not self._replace(temporary):
            return self._put_aside(temporary)
        self.disk.sync_folder(self.path.parent)
        self.disk.remove(self._beside(".pending.csv"))
        with self._guard:
            self._table, self._version = written, written.identity
            self._index.caught_up(plan.written)
            self._index.locate(written.ids)
        return ""

    def _write(self, temporary: Path, plan: Rewriting) -> Table:
        descriptor = self.disk.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        try:
            if plan.table.identity is not None:
                shutil.copymode(self.path, temporary)
            return plan.table.write(self.disk, descriptor, plan.changes, plan.drop)
        finally:
            self.disk.close(descriptor)

    def _note(self, plan: Rewriting, written: Identity) -> None:
        """Tell the other processes that the version is ours, before they can see it."""
        path = self._beside(".versions.json")
        with self._guard:
            self._outside += self._outside_news
            self._outside_news = False
            outside = self._outside
        before = summaries_versions.read(path)
        before.with_next(written, plan.covers, plan.table.identity, outside).write(path, self.disk)

    def _replace(self, temporary: Path) -> bool:
        """Put the new version in place; False: another program holds the file open."""
        deadline = time.monotonic() + self.replace_seconds
        while True:
            try:
                self.disk.replace(temporary, self.path)
            except PermissionError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.1)
            else:
                return True

    def _put_aside(self, temporary: Path) -> str:
        pending = self._beside(".pending.csv")
        self.disk.replace(temporary, pending)
        self.disk.sync_folder(self.path.parent)
        self._rewrite_later()
        return (
            f"The summary is saved, but {self.path.name} is held open by another program: the"
            f" new table is in {pending.name} until that program closes the file."
        )

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.stem + ending)

    def _now(self) -> str:
        return _iso(self.clock())

    @contextmanager
    def _locked_for_reading(self) -> Iterator[None]:
        """In a folder that nobody may write to there is nobody to wait for."""
        try:
            self._history_lock.acquire()
        except Timeout:
            raise
        except OSError:
            yield
            return
        try:
            yield
        finally:
            self._history_lock.release()


def _lock(path: Path, seconds: float) -> FileLock:
    return FileLock(path, timeout=seconds, mode=PRIVATE, thread_local=False, poll_interval=0.002)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _shows(text: Text, entry: Entry) -> bool:
    """Whether a row says what the entry does, for all that spreadsheets do to cells."""
    if entry.summary is None or text.name != entry.name:
        return False
    saved, shown = entry.summary.replace("\r\n", "\n"), text.summary.replace("\r\n", "\n")
    return saved == shown or (len(shown) >= CELL_LIMIT - 1 and saved.startswith(shown))


@contextmanager
def _explained(kept: str) -> Iterator[None]:
    """Turn the system's errors into `StoreFailed`; `kept` says what was kept."""
    try:
        yield
    except Timeout:
        raise StoreFailed(
            f"Another program has held the summaries for too long. {kept}",
            next="Close the other notebook or server, then try again.",
        ) from None
    except OSError as problem:
        what, step = _REASONS.get(problem.errno or 0, _OTHER_REASON)
        raise StoreFailed(f"{what} {kept}", next=step) from problem


_OTHER_REASON = (
    "The disk refused an operation.",
    "Look after the disk or the network drive, then try again.",
)
_READ_ONLY = (
    "The summaries may not be written here.",
    "Make their file and folder writable, or name another file for the summaries.",
)
_FULL = ("The disk is full.", "Free some space, then try again.")
_REASONS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
}


def _restless() -> StoreFailed:
    return StoreFailed(
        "The file of summaries kept changing while it was read. Nothing was lost.",
        next="Wait until the other program is done, then try again.",
    )
