"""One version of the CSV file on the disk, and how the next one is made from it.

Rows that are not changed are copied byte by byte; the file is never changed in place.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from . import csv_format
from .csv_format import BLOCK, Layout, Rows, Text
from .disk import Disk


class Identity(NamedTuple):
    """By which one version of the file is told from another without reading it."""

    inode: int
    size: int
    modified: int
    """Nanoseconds."""


class Changed(Exception):
    """The file is another version by now."""


def identity(path: Path) -> Identity | None:
    """Which version of the file this is; None: there is no file."""
    try:
        return _identity(path.stat())
    except FileNotFoundError:
        return None


@dataclass(frozen=True)
class Version:
    """One version: what its rows have in common, where each begins, and whose it is."""

    path: Path
    identity: Identity | None
    """None: there is no file yet."""
    layout: Layout
    starts: npt.NDArray[np.int64]
    """The byte that each row begins at, and at last the byte after them."""
    ids: list[str]
    """Of every row; "" where a row names no patient."""
    open_end: bool = False
    """The last row lacks its line end."""

    def text(self, row: int) -> Text:
        """What a row says.

        Raises:
            Changed: the file is another version by now.
        """
        with self.open() as file:
            return self.layout.text(self.raw(file, row))

    def write_next(
        self,
        disk: Disk,
        descriptor: int,
        changed: Collection[str],
        text_of: Callable[[str], Text | None],
        drop: Iterable[int] = (),
    ) -> "Version":
        """Write the version that follows.

        Args:
            disk: Does the writing.
            descriptor: An empty file.
            changed: The patients whose rows are not up to date.
            text_of: What their rows are to say; None: nothing, the row goes.
            drop: Rows that go besides.

        Returns:
            What was written; it is on the disk.

        Raises:
            Changed: the file is another version by now.
        """
        draft = _Draft(self, changed, text_of, set(drop))
        for block in _joined(draft.pieces()):
            disk.write_all(descriptor, block)
        disk.sync(descriptor)
        return draft.version(_identity(os.fstat(descriptor)))

    def open(self) -> BinaryIO:
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            raise Changed from None
        if _identity(os.fstat(file.fileno())) != self.identity:
            file.close()
            raise Changed
        return file

    def raw(self, file: BinaryIO, row: int) -> bytes:
        file.seek(self.starts[row])
        return file.read(self.starts[row + 1] - self.starts[row])


def read(path: Path) -> tuple[Version, Rows]:
    """The file as it is now.

    Raises:
        StoreFailed: it is not a file of summaries.
        Changed: somebody writes to it.
    """
    try:
        with path.open("rb") as file:
            before = _identity(os.fstat(file.fileno()))
            layout, rows = csv_format.read(file)
            if _identity(os.fstat(file.fileno())) != before:
                raise Changed
    except FileNotFoundError:
        before, layout, rows = None, csv_format.NEW, Rows([0])
    starts = np.array(rows.starts, np.int64)
    return Version(path, before, layout, starts, rows.ids, rows.open_end), rows


class _Draft:
    """The version that follows another one, while it is written."""

    def __init__(
        self,
        before: Version,
        changed: Collection[str],
        text_of: Callable[[str], Text | None],
        drop: Iterable[int],
    ) -> None:
        self.before = before
        self.text_of = text_of
        self.own = {row: id for row, id in enumerate(before.ids) if id in changed}
        self.drop = set(drop)
        present = {id for row, id in self.own.items() if row not in self.drop}
        self.missing = [id for id in changed if id not in present]
        self.lengths = np.diff(before.starts)
        self.added: dict[str, int] = {}
        """The patients at the end, and the lengths of their rows."""

    def pieces(self) -> Iterator[bytes]:
        yield self.before.layout.head
        if self.before.ids:
            with self.before.open() as file:
                yield from self._old_rows(file)
        for id in self.missing:
            if (text := self.text_of(id)) is not None:
                row = self.before.layout.new_row(id, text)
                self.added[id] = len(row)
                yield row

    def version(self, identity: Identity) -> Version:
        """What `pieces` amounts to."""
        before, kept = self.before, self.lengths > 0
        added = np.array(list(self.added.values()), np.int64)
        head = np.array([len(before.layout.head)], np.int64)
        return Version(
            path=before.path,
            identity=identity,
            layout=before.layout,
            starts=np.concatenate((head, self.lengths[kept], added)).cumsum(),
            ids=[*(before.ids if kept.all() else compress(before.ids, kept)), *self.added],
        )

    def _old_rows(self, file: BinaryIO) -> Iterator[bytes]:
        starts = self.before.starts
        at = starts[0]
        touched = {*self.own, *self.drop}
        if self.before.open_end:
            touched.add(len(self.before.ids) - 1)
        for row in sorted(touched):
            yield from _blocks(file, at, starts[row])
            piece = self._new(row, self.before.raw(file, row))
            self.lengths[row] = len(piece)
            yield piece
            at = starts[row + 1]
        yield from _blocks(file, at, starts[-1])

    def _new(self, row: int, raw: bytes) -> bytes:
        layout = self.before.layout
        if row in self.drop:
            return b""
        if row not in self.own:
            return raw + layout.line_end.encode()
        text = self.text_of(self.own[row])
        return b"" if text is None else layout.changed_row(raw, text)


def _identity(found: os.stat_result) -> Identity:
    return Identity(found.st_ino, found.st_size, found.st_mtime_ns)


def _blocks(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    file.seek(start)
    while start < end:
        block = file.read(min(BLOCK, end - start))
        if not block:
            raise Changed
        start += len(block)
        yield block


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces in blocks: one system call for many rows."""
    block = bytearray()
    for piece in pieces:
        if len(block) + len(piece) > BLOCK:
            yield bytes(block)
            block.clear()
        if len(piece) == BLOCK:
            yield piece
        else:
            block += piece
    yield bytes(block)
