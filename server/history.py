"""The log of writes beside the CSV file: who wrote what, when, how, and what it replaced.

It is the store's write-ahead log. A line is one `Entry`, JSON ended by a newline; lines are only
ever added. An entry is named by the byte that it begins at, and points to the patient's entry
before it, so that every text that a patient ever had can be found again. A last line without its
newline was cut by a crash: nobody was told that it is saved, and the next writer takes it away.
"""

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from .disk import Disk

How = Literal["generated", "edited", "external", "undone"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One write. The order of the fields is their order in the file."""

    patient_id: str
    name: str
    crc: int = field(default=0, kw_only=True)
    """`checksum` of the text that the patient has after this write."""
    how: How
    time: str
    """ISO 8601, UTC."""
    previous: int | None = None
    """Where the patient's entry before this one begins."""
    restored: int | None = None
    """Undone: where the entry begins whose text holds again; None: the row was removed."""
    found_in_file: bool = False
    """A person, or another program, wrote the text into the CSV file."""
    model: str | None = None
    record: str | None = None
    """Hash of the record that the model was shown."""
    generation_id: str | None = None
    summary: str | None = None

    @property
    def removed(self) -> bool:
        """Whether the patient has no summary after this write."""
        return self.how == "undone" and self.restored is None


def checksum(name: str, summary: str) -> int:
    """The CRC-32 by which two texts are known to differ without reading both."""
    return zlib.crc32(f"{name}\x1f{summary}".encode())


def encode(entry: Entry) -> bytes:
    """The line of an entry."""
    line = json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":"))
    return line.encode() + b"\n"


def decode(line: bytes) -> Entry:
    """The entry of a line.

    Raises:
        ValueError: the line is no entry, or was damaged.
    """
    try:
        entry = Entry(**json.loads(line))
    except TypeError as problem:
        raise ValueError("not an entry") from problem
    if entry.summary is not None and entry.crc != checksum(entry.name, entry.summary):
        raise ValueError("the checksum does not fit")
    return entry


class History:
    """The file, and how much of it was read. Callers hold the lock around `news` and `append`."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self.disk = disk
        self.forget()

    def forget(self) -> None:
        """Read from the beginning again."""
        self.inode = 0
        self.end = 0
        self.size = 0
        self.damaged: list[int] = []

    def changed(self) -> bool:
        """Whether there is something to read; one system call."""
        return self._stat() != (self.inode, self.size)

    def replaced(self) -> bool:
        """Whether this is another file than the one that was read, or lost some of its end."""
        inode, size = self._stat()
        return self.inode != 0 and (inode != self.inode or size < self.end)

    def news(self) -> Iterator[tuple[int, Entry]]:
        """The entries that were added since the last call, with the bytes they begin at."""
        inode, size = self._stat()
        if inode:
            with self.path.open("rb") as file:
                file.seek(self.end)
                yield from self._entries(file)
        self.inode, self.size = inode, size

    def entry(self, at: int) -> Entry:
        """The entry that begins at the byte `at`.

        Raises:
            ValueError: there is none, or it was damaged.
        """
        with self.path.open("rb") as file:
            file.seek(at)
            return decode(file.readline())

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Add entries; on return they are on the disk. On an error the file is as it was.

        Returns:
            The bytes that the entries begin at.
        """
        lines = [encode(entry) for entry in entries]
        is_new = not self.path.exists()
        descriptor = self.disk.open(self.path, os.O_WRONLY | os.O_CREAT)
        try:
            self._write(descriptor, b"".join(lines))
            if is_new:
                self.disk.sync_folder(self.path.parent)
        except OSError:
            with suppress(OSError):
                self.disk.truncate(descriptor, self.end)
            raise
        finally:
            self.disk.close(descriptor)
        starts = [self.end]
        for line in lines:
            starts.append(starts[-1] + len(line))
        self.end = starts.pop()
        self.inode, self.size = self._stat()
        return starts

    def _entries(self, lines: Iterator[bytes]) -> Iterator[tuple[int, Entry]]:
        for line in lines:
            if not line.endswith(b"\n"):
                return
            at, self.end = self.end, self.end + len(line)
            try:
                yield at, decode(line)
            except ValueError:
                self.damaged.append(at)

    def _write(self, descriptor: int, data: bytes) -> None:
        if os.fstat(descriptor).st_size > self.end:
            self.disk.truncate(descriptor, self.end)
        os.lseek(descriptor, self.end, os.SEEK_SET)
        self.disk.write_all(descriptor, data)
        self.disk.sync(descriptor)

    def _stat(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_ino, found.st_size
