"""The log of writes beside the CSV file: who wrote what, when, how, and what it replaced.

It is the store's write-ahead log. A line is one `Entry`, JSON ended by a newline; lines are only
ever added. An entry is named by the byte that it begins at, and points to the patient's entry
before it, so that every text that a patient ever had can be found again. A last line without its
newline was cut by a crash: nobody was told that it is saved, and the next writer takes it away.
"""

import json
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, NamedTuple

from .disk import Disk

CHECKED = 1 << 20
"""Bytes. When more than this is new, entries are checked as they are read, not all of them now."""

How = Literal["generated", "edited", "external", "undone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One write. The fields stand in the file in this order; `_FIRST_FIELDS` relies on it."""

    patient_id: str
    name: str
    crc: int
    """`checksum` of the text that holds after this write; 0: none."""
    how: How
    found_in_file: bool = False
    """The text was not saved here: it was found in the CSV file."""
    restored: int | None = None
    """Undone: where the entry begins whose text holds again; None: the row was removed."""
    time: str
    """ISO 8601, UTC."""
    who: str = ""
    """The user of the machine whose program wrote this."""
    previous: int | None = None
    """Where the patient's entry before this one begins."""
    model: str | None = None
    record: str | None = None
    """Hash of the record that the model was shown."""
    wording: str | None = None
    """How the model was asked: a hash of prompt, options and grammar."""
    marks: dict[str, int] | None = None
    """What the record says of the summary's sentences, counted."""
    generation_id: str | None = None
    summary: str | None = None
    """None: the text is that of the restored entry."""

    @property
    def removed(self) -> bool:
        """Whether the patient has no summary after this write."""
        return self.how == "undone" and self.restored is None


_FIELDS = [field.name for field in fields(Entry)]


class Brief(NamedTuple):
    """What an index needs to know of an entry."""

    at: int
    patient_id: str
    name: str
    crc: int
    removed: bool
    found_in_file: bool


def brief(at: int, entry: Entry) -> Brief:
    return Brief(at, entry.patient_id, entry.name, entry.crc, entry.removed, entry.found_in_file)


def checksum(name: str, summary: str) -> int:
    """The CRC-32 by which two texts are known to differ without reading both."""
    return zlib.crc32(f"{name}\x1f{summary}".encode())


def encode(entry: Entry) -> bytes:
    """The line of an entry."""
    line = json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":"))
    return line.encode() + b"\n"


def decode(line: bytes) -> Entry:
    """The entry of a line; fields of another version of the program are passed over.

    Raises:
        ValueError: the line is no entry, or was damaged.
    """
    found = json.loads(line)
    try:
        entry = Entry(**{name: found[name] for name in _FIELDS if name in found})
    except TypeError as problem:
        raise ValueError("not an entry") from problem
    if entry.summary is not None and entry.crc != checksum(entry.name, entry.summary):
        raise ValueError("the checksum does not fit")
    return entry


class History:
    """The file, and how much of it was read. Callers hold the lock around `news` and `append`.

    Args:
        path: The file.
        disk: Does the writing.
        thorough: Check every entry as it is read, however many.
    """

    def __init__(self, path: Path, disk: Disk, *, thorough: bool = False) -> None:
        self.path = path
        self.disk = disk
        self.thorough = thorough
        self.end = 0
        """Where the next entry will begin."""
        self.entries = 0
        """How many there are."""
        self.damaged: dict[int, int] = {}
        """Where lines begin that are no entries, and their lengths."""
        self.cut = 0
        """Lines that a power cut kept from the disk: nobody was told that they are saved."""
        self._inode = 0
        self._named = False
        """Whether the name of the file is known to be on the disk."""

    def forget(self) -> None:
        """Read from the beginning again."""
        self.end = self.entries = self.cut = self._inode = 0
        self.damaged = {}

    def changed(self) -> bool:
        """Whether there is something to read; one system call.

        An end that a crash cut counts as something: another writer may put as many bytes there.
        """
        return self._stat() != (self._inode, self.end)

    def replaced(self) -> bool:
        """Whether this is another file than the one that was read, or lost some of its end."""
        inode, size = self._stat()
        return self._inode != 0 and (inode != self._inode or size < self.end)

    def news(self) -> Iterator[Brief]:
        """The entries that were added since the last call."""
        inode, size = self._stat()
        if inode:
            with self.path.open("rb") as file:
                file.seek(self.end)
                check = self.thorough or size - self.end < CHECKED
                yield from self._briefs(file, check=check)
        self._inode = inode

    def entry(self, at: int) -> Entry:
        """The entry that begins at the byte `at`.

        Raises:
            ValueError: there is none, or it was damaged.
        """
        with self.path.open("rb") as file:
            file.seek(at)
            return decode(file.readline())

    def append(self, entries: Sequence[Entry]) -> list[Brief]:
        """Add entries; on return they are on the disk. On an error the file is as it was."""
        lines = [encode(entry) for entry in entries]
        self._write(b"".join(lines))
        briefs = []
        for line, entry in zip(lines, entries, strict=True):
            briefs.append(brief(self.end, entry))
            self.end += len(line)
            self.entries += 1
        self._inode, _ = self._stat()
        return briefs

    def set_aside(self, path: Path) -> None:
        """Move the damaged lines to another file; blanks keep their places."""
        descriptor = self.disk.open(self.path, os.O_RDWR)
        aside = self.disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for at, length in self.damaged.items():
                os.lseek(descriptor, at, os.SEEK_SET)
                self.disk.write_all(aside, os.read(descriptor, length))
            self.disk.sync(aside)
            for at, length in self.damaged.items():
                os.lseek(descriptor, at, os.SEEK_SET)
                self.disk.write_all(descriptor, b" " * (length - 1) + b"\n")
            self.disk.sync(descriptor)
        finally:
            self.disk.close(aside)
            self.disk.close(descriptor)
        self.damaged = {}

    def _briefs(self, lines: Iterator[bytes], *, check: bool) -> Iterator[Brief]:
        for line in lines:
            if not line.endswith(b"\n"):
                return
            at, self.end = self.end, self.end + len(line)
            try:
                yield brief(at, decode(line)) if check else _brief(at, line)
                self.entries += 1
            except ValueError:
                if b"\0" in line:  # what never reached the disk reads as NUL, unknown to JSON
                    self.cut += 1
                elif line.strip():  # `set_aside` leaves blanks
                    self.damaged[at] = len(line)

    def _write(self, data: bytes) -> None:
        descriptor = self.disk.open(self.path, os.O_WRONLY | os.O_CREAT)
        try:
            if os.fstat(descriptor).st_size > self.end:
                self.disk.truncate(descriptor, self.end)
            os.lseek(descriptor, self.end, os.SEEK_SET)
            self.disk.write_all(descriptor, data)
            self.disk.sync(descriptor)
            if not self._named:
                self.disk.sync_folder(self.path.parent)
                self._named = True
        except OSError:
            with suppress(OSError):
                self.disk.truncate(descriptor, self.end)
            raise
        finally:
            self.disk.close(descriptor)

    def _stat(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_ino, found.st_size


_FIRST_FIELDS = re.compile(
    rb'\{"patient_id":"([^"\\]*+)","name":"([^"\\]*+)","crc":(\d++),"how":"(\w++)",'
    rb'"found_in_file":(true|false),"restored":(null|\d++),'
)


def _brief(at: int, line: bytes) -> Brief:
    """The same as by `decode`, several times as fast: only the first fields are looked at."""
    found = _FIRST_FIELDS.match(line)
    if found is None or b"\0" in line:
        return brief(at, decode(line))
    id, name, crc, how, in_file, restored = found.groups()
    removed = how == b"undone" and restored == b"null"
    return Brief(at, id.decode(), name.decode(), int(crc), removed, in_file == b"true")
