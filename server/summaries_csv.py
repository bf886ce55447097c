"""The format of the CSV file: cells, rows, and the file as a whole.

Columns patient_id, name, summary; a file of the user's may have further ones, and keeps them. New
files are UTF-8 with a byte order mark, without which Excel reads UTF-8 as the local code page, and
their rows end with CR LF as RFC 4180 says; a file that exists keeps what it has. Rows that are not
changed keep their exact bytes.

A cell that a spreadsheet would take for a formula gets a leading apostrophe (OWASP, "CSV
Injection"). A cell that already begins with apostrophes before such a character gets one more, so
that taking one away is exact for every text. Numbers such as -5 stay.
"""

import csv
import dataclasses
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from .disk import Disk
from .errors import StoreFailed
from .history import checksum

COLUMNS = ("patient_id", "name", "summary")
BOM = b"\xef\xbb\xbf"
HEAD = BOM + b"patient_id,name,summary\r\n"
BLOCK = 8 << 20
"""Bytes that are read and written at a time."""

Offsets = npt.NDArray[np.int64]

csv.field_size_limit(1 << 30)  # the default of 131,072 refuses long cells

_ESCAPED = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z", re.ASCII)
_NOT_IN_UTF8 = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` without what a CSV file in UTF-8 cannot hold: NUL and lone surrogates."""
    return _NOT_IN_UTF8.sub("\ufffd", text)


def escape(text: str) -> str:
    """The cell for a text; `unescape` takes it back exactly."""
    return f"'{text}" if _ESCAPED.match(text) and not _NUMBER.match(text) else text


def unescape(cell: str) -> str:
    """The text of a cell."""
    if cell.startswith("'") and _ESCAPED.match(cell) and not _NUMBER.match(cell[1:]):
        return cell[1:]
    return cell


def row_bytes(cells: list[str], line_end: str) -> bytes:
    """A row with every cell in quotes: a bare CR in an unquoted cell would end the row for some."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerow(cells)
    return text.getvalue().encode()


class Identity(NamedTuple):
    """By which one version of the file is told from another without reading it."""

    inode: int
    size: int
    modified: int
    """Nanoseconds."""


class Changed(Exception):
    """The file is not the version that was read."""


class Text(NamedTuple):
    """What a row says of its patient."""

    name: str
    summary: str


def identity(path: Path) -> Identity | None:
    """Which version of the file this is; None: there is no file."""
    try:
        return _identity(path.stat())
    except FileNotFoundError:
        return None


@dataclass(frozen=True)
class Table:
    """One version of the file: where each row begins, and whose it is."""

    path: Path
    identity: Identity | None
    """None: there is no file yet."""
    head: bytes
    """What stands before the first row."""
    columns: tuple[str, ...]
    line_end: str
    ids: list[str]
    """Of every row; "" where a row names no patient."""
    starts: Offsets
    """The byte that each row begins at, and at last the size of the file."""
    open_end: bool = False
    """The last row has no line end."""

    @property
    def size(self) -> int:
        return int(self.starts[-1])

    def text(self, row: int) -> Text:
        """What a row says.

        Raises:
            Changed: the file is another version by now.
        """
        with self._open() as file:
            return _text(self.columns, self._cells(file, row))

    def write(
        self, disk: Disk, descriptor: int, changes: Mapping[str, Text | None], drop: Iterable[int]
    ) -> "Table":
        """Write the next version, with the rows of some patients changed, added or (None) removed.

        Args:
            disk: Does the writing.
            descriptor: An empty file.
            changes: The texts by patient id.
            drop: Rows to leave out besides.

        Returns:
            The version that was written; it is on the disk.

        Raises:
            Changed: the file is another version by now.
        """
        rows = self._new_rows(changes, set(drop))
        present = {self.ids[row] for row in rows}
        added = {
            id: self._row([], id, text)
            for id, text in changes.items()
            if text is not None and id not in present
        }
        for block in _joined(self._pieces(rows, added)):
            disk.write_all(descriptor, block)
        disk.sync(descriptor)
        return self._next(_identity(os.fstat(descriptor)), rows, added)

    def _new_rows(self, changes: Mapping[str, Text | None], drop: set[int]) -> dict[int, bytes]:
        """The rows that are not copied as they are; empty where a row goes."""
        found = {row: id for row, id in enumerate(self.ids) if id in changes and row not in drop}
        rows = dict.fromkeys(drop, b"")
        last = len(self.ids) - 1
        if not found and not self.open_end:
            return rows
        with self._open() as file:
            for row, id in found.items():
                text = changes[id]
                cells = self._cells(file, row)
                rows[row] = b"" if text is None else self._row(cells, id, text)
            if self.open_end and last not in rows:
                rows[last] = self._raw(file, last) + self.line_end.encode()
        return rows

    def _row(self, cells: list[str], patient_id: str, text: Text) -> bytes:
        """A row of our own; of the row that it replaces, the id and the further cells stay."""
        row = cells or [escape(patient_id) if c == "patient_id" else "" for c in self.columns]
        row[self.columns.index("name")] = escape(text.name)
        row[self.columns.index("summary")] = escape(text.summary)
        return row_bytes(row, self.line_end)

    def _pieces(self, rows: Mapping[int, bytes], added: Mapping[str, bytes]) -> Iterator[bytes]:
        """The next version, piece by piece."""
        yield self.head
        if self.ids:
            with self._open() as file:
                at = self.starts[0]
                for row in sorted(rows):
                    yield from _blocks(file, at, self.starts[row])
                    yield rows[row]
                    at = self.starts[row + 1]
                yield from _blocks(file, at, self.starts[-1])
        yield from added.values()

    def _next(
        self, identity: Identity, rows: Mapping[int, bytes], added: Mapping[str, bytes]
    ) -> "Table":
        lengths = np.diff(self.starts)
        lengths[list(rows)] = [len(data) for data in rows.values()]
        kept = lengths > 0
        ids = self.ids if kept.all() else list(compress(self.ids, kept))
        new = np.array([len(data) for data in added.values()], np.int64)
        starts = np.cumsum(np.concatenate(([len(self.head)], lengths[kept], new)))
        return dataclasses.replace(
            self, identity=identity, ids=[*ids, *added], starts=starts, open_end=False
        )

    def _open(self) -> BinaryIO:
        file = self.path.open("rb")
        if _identity(os.fstat(file.fileno())) != self.identity:
            file.close()
            raise Changed
        return file

    def _raw(self, file: BinaryIO, row: int) -> bytes:
        file.seek(self.starts[row])
        return file.read(self.starts[row + 1] - self.starts[row])

    def _cells(self, file: BinaryIO, row: int) -> list[str]:
        return next(csv.reader(io.StringIO(self._raw(file, row).decode(), newline="")))


def read(path: Path) -> tuple[Table, list[int]]:
    """The file as it is now, and the `checksum` of every row.

    Raises:
        StoreFailed: it is not a file of summaries.
    """
    try:
        with path.open("rb") as file:
            version = _identity(os.fstat(file.fileno()))
            data = file.read()
            if _identity(os.fstat(file.fileno())) != version:
                raise Changed
    except FileNotFoundError:
        return Table(path, None, HEAD, COLUMNS, "\r\n", [], np.array([len(HEAD)])), []
    if not data.removeprefix(BOM).strip():
        return Table(path, version, HEAD, COLUMNS, "\r\n", [], np.array([len(HEAD)])), []
    return _parse(path, version, data)


def _parse(path: Path, version: Identity, data: bytes) -> tuple[Table, list[int]]:
    rows = _rows(data)
    start, head = next(rows)
    columns = tuple(cell.strip() for cell in head)
    _require_columns(columns)
    line_end = "\r\n" if data[:start].endswith(b"\r\n") or b"\n" not in data else "\n"
    ids, starts, checks = [], [start], []
    for number, (end, cells) in enumerate(rows, 2):
        if cells and len(cells) != len(columns):
            raise _malformed(f"row {number} has {len(cells)} cells, the header {len(columns)}")
        ids.append(unescape(cells[columns.index("patient_id")]).strip() if cells else "")
        checks.append(checksum(*_text(columns, cells)) if cells else 0)
        starts.append(end)
    before = data[:start]
    head_bytes = before if before.endswith(b"\n") else before + line_end.encode()
    open_end = bool(ids) and not data.endswith((b"\n", b"\r"))
    table = Table(
        path, version, head_bytes, columns, line_end, ids, np.array(starts, np.int64), open_end
    )
    return table, checks


def _rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row, and the byte that it ends at."""
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for line in data.splitlines(keepends=True):
            text = line.decode("utf-8" if end else "utf-8-sig")
            end += len(line)
            yield text

    reader = csv.reader(lines(), strict=True)
    try:
        for cells in reader:
            yield end, cells
    except UnicodeDecodeError:
        raise StoreFailed(
            "The file of summaries is not UTF-8; nothing was changed.",
            next='Save it as "CSV UTF-8", then try again.',
        ) from None
    except csv.Error:
        raise _malformed(
            f"a quotation mark is out of place in or after line {reader.line_num}"
        ) from None


def _text(columns: tuple[str, ...], cells: list[str]) -> Text:
    name, summary = columns.index("name"), columns.index("summary")
    return Text(unescape(cells[name]), unescape(cells[summary]))


def _require_columns(columns: tuple[str, ...]) -> None:
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise StoreFailed(
            f"The file is not one of summaries: it has no column {', '.join(missing)}."
            " Nothing was changed.",
            next="Name another file for the summaries, or give this one a header with"
            f" {','.join(COLUMNS)}.",
        )


def _malformed(what: str) -> StoreFailed:
    return StoreFailed(
        f"The file of summaries cannot be read: {what}. Nothing was changed.",
        next="Mend that line, or move the file away: what was saved here is in the history.",
    )


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
    """The pieces, joined to blocks: one system call for many rows."""
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)
