"""The history, the CSV file and the index, kept in step with what other programs do to the files.

`ask` and `change` look at the files first: two system calls while nobody did anything. `change`
holds the lock of the history, so what it adds follows everything that others added.
"""

import getpass
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from . import csv_file, versions
from .csv_file import Changed, Identity, Version
from .csv_format import Text
from .disk import PRIVATE, Disk
from .history import Entry, History, checksum, encode
from .index import Index
from .refusals import damaged_entry, restless
from .versions import Versions

ATTEMPTS = 5
"""How often an operation begins again because somebody changed the CSV file meanwhile."""

CELL_LIMIT = 32_767
"""Characters that a spreadsheet's cell holds ("Excel specifications and limits")."""

Answer = TypeVar("Answer")


class Ledger:
    """What is saved, according to all of the files. Thread-safe.

    Args:
        path: The CSV file.
        disk: Does the writing.
        clock: The time, in seconds since 1970.
        lock_seconds: How long another process may hold a lock.
        who: The user whose writes these are.
        thorough: Take nobody's word: check every entry, and compare every row.
    """

    def __init__(
        self,
        path: Path,
        disk: Disk,
        clock: Callable[[], float],
        lock_seconds: float,
        *,
        who: str = "",
        thorough: bool = False,
    ) -> None:
        self.path = path
        self.disk = disk
        self.clock = clock
        self.lock_seconds = lock_seconds
        self.guard = threading.RLock()
        self.index = Index()
        self.who = who
        self.thorough = thorough
        self.history = History(self.beside(".history.jsonl"), disk, thorough=thorough)
        self.identity: Identity | None = None
        """The version of the CSV file that the index knows."""
        self._lock = self.lock(".history.jsonl.lock")
        self._note = self.beside(".versions.json")
        self._version: Version | None = None
        self._loaded = False
        self._looked = False
        self._outside = 0
        """How many changes from outside are in the index, as all processes count them."""
        self._uncounted = 0
        """Those that are in no note yet."""

    def beside(self, ending: str) -> Path:
        """The file beside the CSV file that has this ending."""
        return self.path.with_name(self.path.stem + ending)

    def lock(self, ending: str) -> FileLock:
        """A lock between processes."""
        return FileLock(
            self.beside(ending),
            timeout=self.lock_seconds,
            mode=PRIVATE,
            thread_local=False,
            poll_interval=0.002,
        )

    def ask(self, answer: Callable[[], Answer]) -> Answer:
        """The answer, once the index is up to date."""
        with self.guard:
            return self._when_in_step(answer)

    def change(self, write: Callable[[], Answer]) -> Answer:
        """Do `write` while nobody else can, once the index is up to date."""
        with self.guard:
            self._when_in_step(lambda: None)  # a long look needs no lock
            with self._lock:
                return self._when_in_step(write)

    def append(self, entries: list[Entry]) -> None:
        """Add entries, each linked to its patient's entry before it. For use in a `change`."""
        if not entries:
            return
        at = self.history.end
        last = {entry.patient_id: self.index.last(entry.patient_id) for entry in entries}
        linked = []
        for entry in entries:
            linked.append(replace(entry, who=self.who, previous=last[entry.patient_id]))
            last[entry.patient_id] = at
            at += len(encode(linked[-1]))
        for news in self.history.append(linked):
            self.index.take(news)

    def record(self, patient_ids: Iterable[str]) -> None:
        """Add entries for the texts that the CSV file alone has. For use in a `change`.

        Raises:
            Changed: the file is another version by now.
        """
        wanted = set(patient_ids) - {""}
        rows = [(row, id) for id in wanted if (row := self.row(id)) is not None]
        superseded = {n: id for n, id in self.index.superseded.items() if id in wanted}
        self.append([self._found(n, id) for n, id in sorted([*superseded.items(), *rows])])
        self.index.superseded |= dict.fromkeys(superseded, "")

    def row(self, patient_id: str) -> int | None:
        """The row of `version` that has the patient's text, if nothing else has it.

        Raises:
            Changed: the file is another version by now.
        """
        if self.index.row(patient_id) is not None:
            self.version()  # the rows of a new one may have moved
        return self.index.row(patient_id)

    def holding(self, at: int) -> tuple[int, Entry]:
        """The entry whose text holds after the entry at the byte `at`, and where it begins."""
        entry = self._entry(at)
        if entry.restored is None:
            return at, entry
        return entry.restored, self._entry(entry.restored)

    def now(self) -> str:
        return iso(self.clock())

    def version(self) -> Version:
        """The CSV file as the index knows it.

        Raises:
            Changed: it is another version by now.
        """
        if self._version is None or not self._loaded:
            self.load(csv_file.read(self.path)[0])
        assert self._version is not None
        return self._version

    @property
    def loaded(self) -> bool:
        """Whether `version` has no need to read the file."""
        return self._loaded

    def load(self, version: Version) -> None:
        """Use a version that was read meanwhile.

        Raises:
            Changed: it is not the one that the index knows.
        """
        with self.guard:
            if version.identity != self.identity:
                raise Changed
            self._use(version)

    def announce(self, identity: Identity, covers: int) -> None:
        """Tell the other processes of a version of ours, before it takes its place."""
        with self.guard:
            ends = {identity: covers}
            before = versions.read(self._note).covers
            if self.identity in before:
                ends[self.identity] = before[self.identity]
            self._outside, self._uncounted = self._outside + self._uncounted, 0
            note = Versions(ends, self._outside, len(self.index.foreign))
            with suppress(OSError):  # without the note the others compare the whole file
                note.write(self._note, self.disk)

    def adopt(self, version: Version, written: dict[str, int | None]) -> None:
        """A version of ours has taken its place; it has the texts of these last entries."""
        with self.guard:
            self.index.caught_up(written)
            self.identity = version.identity
            self._use(version)

    def _use(self, version: Version) -> None:
        """The index knows what the rows of the version say."""
        before = self._version.ids if self._version else []
        if version.ids[: len(before)] != before or self.index.superseded:
            self.index.locate(version.ids)
        self._version, self._loaded = version, True

    def _when_in_step(self, act: Callable[[], Answer]) -> Answer:
        for _ in range(ATTEMPTS):
            with suppress(Changed):
                self._look()
                return act()
        raise restless()

    def _look(self) -> None:
        self._look_at_history()
        identity = csv_file.identity(self.path)
        if self._looked and identity == self.identity:
            return
        if not self._is_vouched_for(identity):
            self._compare()
        self._looked = True

    def _look_at_history(self) -> None:
        if self.history.changed():
            with self._locked_for_reading():
                self._read_history()

    def _read_history(self) -> None:
        if self.history.replaced():
            self.history.forget()
            self.index = Index()
            self._looked = False
        if self.history.end == 0 and not self._looked:
            self.index.load(self.history.news())
            return
        for news in self.history.news():
            self.index.take(news)

    def _is_vouched_for(self, identity: Identity | None) -> bool:
        """Take in a version of the CSV file without reading it, where the note knows it."""
        note = versions.read(self._note)
        covers = note.covers.get(identity) if identity else None
        if covers is None:
            return False
        self._look_at_history()  # the version may be newer than our last look
        if covers > self.history.end or not self._knows_rows(note):
            return False
        self.identity, self._loaded, self._outside = identity, False, note.outside
        self.index.covered(covers)
        return True

    def _knows_rows(self, note: Versions) -> bool:
        """Whether the rows that are not in the history are known, without reading the CSV file."""
        if self.history.damaged or self.history.cut or self.thorough:
            return False
        return note.outside == self._outside if self._looked else note.foreign == 0

    def _compare(self) -> None:
        """Take in a version of the CSV file row by row."""
        version, rows = csv_file.read(self.path)
        # After the file: what a store wrote into it was in the history before.
        self._look_at_history()

        def is_known(patient_id: str, row: int) -> bool:
            text = version.text(row)
            return any(_shows(text, entry) for entry in self._entries(patient_id))

        self.index.merge(rows, is_known)
        self._version, self.identity, self._loaded = version, version.identity, True
        note = versions.read(self._note)
        self._outside = note.outside
        self._uncounted += version.identity is not None and version.identity not in note.covers

    def _entries(self, patient_id: str) -> Iterator[Entry]:
        """What the history has of a patient, the newest first."""
        at = self.index.last(patient_id)
        with suppress(ValueError):
            while at is not None:
                entry = self.history.entry(at)
                yield entry
                at = entry.previous

    def _entry(self, at: int) -> Entry:
        try:
            return self.history.entry(at)
        except ValueError:
            raise damaged_entry() from None

    def _found(self, row: int, patient_id: str) -> Entry:
        text = self.version().text(row)
        return Entry(
            patient_id=patient_id,
            name=text.name,
            crc=checksum(*text),
            how="external",
            found_in_file=True,
            time=self.now(),
            summary=text.summary,
        )

    @contextmanager
    def _locked_for_reading(self) -> Iterator[None]:
        """In a folder that nobody may write to there is nobody to wait for."""
        try:
            self._lock.acquire()
        except Timeout:
            raise
        except OSError:
            yield
            return
        try:
            yield
        finally:
            self._lock.release()


def user() -> str:
    """The user that this program runs as; "" where the system does not know its name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def iso(seconds: float) -> str:
    """A time since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _shows(text: Text, entry: Entry) -> bool:
    """Whether a row says what the entry does, after what spreadsheets do to cells."""
    if entry.summary is None or text.name != entry.name:
        return False
    saved, shown = (summary.replace("\r\n", "\n") for summary in (entry.summary, text.summary))
    return saved == shown or (len(shown) >= CELL_LIMIT - 1 and saved.startswith(shown))
