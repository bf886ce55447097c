"""The format of the CSV file: cells, rows, and how a whole file is cut into them.

Columns patient_id, name, summary; a file of the user's may have further ones, and keeps them. New
files are UTF-8 with a byte order mark, without which Excel reads UTF-8 as the local code page, and
their rows end with CR LF as RFC 4180 says; a file that exists keeps what it has.

A cell that a spreadsheet would take for a formula gets a leading apostrophe (OWASP, "CSV
Injection"). A cell that already begins with apostrophes before such a character gets one more, so
that taking one away is exact for every text. Numbers such as -5 stay.
"""

import csv
import io
import re
import zlib
from dataclasses import dataclass, field
from functools import cache
from typing import BinaryIO, NamedTuple

from .refusals import columns_missing, malformed, not_utf8, separated_by

COLUMNS = ("patient_id", "name", "summary")
BOM = b"\xef\xbb\xbf"
QUOTE = ord('"')
BLOCK = 8 << 20
"""Bytes that are read at a time."""

csv.field_size_limit(1 << 30)  # the default of 131,072 characters refuses long cells

_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z", re.ASCII)
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` without what a CSV file in UTF-8 cannot hold: NUL and lone surrogates."""
    return _NOT_STORABLE.sub("\ufffd", text)


def escape(text: str) -> str:
    """The cell for a text; `unescape` takes it back exactly."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def unescape(cell: str) -> str:
    """The text of a cell."""
    if cell.startswith("'") and _FORMULA.match(cell) and not _NUMBER.match(cell[1:]):
        return cell[1:]
    return cell


class Text(NamedTuple):
    """What a row says of its patient."""

    name: str
    summary: str


@dataclass(frozen=True)
class Layout:
    """What the rows of one file have in common."""

    head: bytes
    """What stands before the first row; it ends with a line end."""
    columns: tuple[str, ...]
    line_end: str

    def cells(self, row: bytes) -> list[str]:
        return next(csv.reader(io.StringIO(row.decode(), newline="")))

    def text(self, row: bytes) -> Text:
        cells = dict(zip(self.columns, self.cells(row), strict=True))
        return Text(unescape(cells["name"]), unescape(cells["summary"]))

    def new_row(self, patient_id: str, text: Text) -> bytes:
        cells = [escape(patient_id) if name == "patient_id" else "" for name in self.columns]
        return self._row(cells, text)

    def changed_row(self, row: bytes, text: Text) -> bytes:
        """The row with another text; the id and the further cells stay as they are."""
        return self._row(self.cells(row), text)

    def _row(self, cells: list[str], text: Text) -> bytes:
        """Every cell in quotes: to some readers a bare CR in an unquoted one ends the row."""
        cells[self.columns.index("name")] = escape(text.name)
        cells[self.columns.index("summary")] = escape(text.summary)
        row = io.StringIO(newline="")
        csv.writer(row, lineterminator=self.line_end, quoting=csv.QUOTE_ALL).writerow(cells)
        return row.getvalue().encode()


NEW = Layout(BOM + b"patient_id,name,summary\r\n", COLUMNS, "\r\n")


@dataclass
class Rows:
    """The rows of a file: where each begins, whose it is, and its text in brief."""

    starts: list[int]
    """The byte that each row begins at, and at last the byte after them."""
    ids: list[str] = field(default_factory=list)
    """"" where a row names no patient."""
    names: list[str] = field(default_factory=list)
    crcs: list[int] = field(default_factory=list)
    """The `checksum` of the text, as the history has it."""
    open_end: bool = False
    """The last row lacks its line end."""

    def take(self, pattern: re.Pattern[bytes], data: bytes, at: int, base: int) -> int:
        """Take the rows that stand in `data` from `at` on.

        Args:
            pattern: See `_pattern`.
            data: A part of the file.
            at: Where a row begins in it.
            base: Where `data` begins in the file.

        Returns:
            Where in `data` the rest begins, that is no whole row.
        """
        while found := pattern.match(data, at):
            at = found.end()
            self.starts.append(base + at)
            id, name, summary = found.group("patient_id", "name", "summary")
            name = _plain(name) + b"\x1f"
            self.ids.append(_plain(id).decode().strip())
            self.names.append(name[:-1].decode())
            self.crcs.append(zlib.crc32(_plain(summary), zlib.crc32(name)))
        return at


def read(file: BinaryIO) -> tuple[Layout, Rows]:
    """Cut a file into rows.

    Raises:
        StoreFailed: it is not a file of summaries.
    """
    data = file.read(BLOCK)
    if not data.removeprefix(BOM).strip():
        return NEW, Rows([len(NEW.head)])
    try:
        layout, at = _layout(data)
        rows = Rows([at])
        base = 0
        while block := file.read(BLOCK):
            at = rows.take(_pattern(layout.columns), data, at, base)
            data[:at].decode()
            data, base, at = data[at:] + block, base + at, 0
        at = rows.take(_pattern(layout.columns, last=True), data, at, base)
        data[:at].decode()
    except UnicodeDecodeError:
        raise not_utf8() from None
    if at < len(data):
        raise malformed(row=len(rows.ids) + 2, at=rows.starts[-1])
    rows.open_end = bool(rows.ids) and not data.endswith((b"\n", b"\r"))
    return layout, rows


def _layout(data: bytes) -> tuple[Layout, int]:
    """The layout, and where the first row begins."""
    _refuse_other_separator(data)
    found = _HEAD.match(data)
    if found is None:
        raise malformed(row=1)
    header = found[0].removeprefix(BOM).decode()
    columns = tuple(cell.strip() for cell in next(csv.reader(io.StringIO(header, newline=""))))
    if missing := [name for name in COLUMNS if name not in columns]:
        raise columns_missing(missing, COLUMNS)
    if any(columns.count(name) > 1 for name in COLUMNS):
        raise malformed(row=1)
    line_end = found["end"].decode() or "\r\n"
    head = found[0] if found["end"] else found[0] + line_end.encode()
    return Layout(head, columns, line_end), found.end()


def _refuse_other_separator(data: bytes) -> None:
    """A spreadsheet saves with semicolons where a comma stands in numbers, or with tabs."""
    header = _LINE_END.split(data.removeprefix(BOM), maxsplit=1)[0].decode()
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        cells = [cell.strip() for cell in next(csv.reader([header], delimiter=separator), [])]
        if set(COLUMNS) <= set(cells):
            raise separated_by(name)


_LINE_END = re.compile(rb"[\r\n]")
_CELL = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n][^,\r\n]*+|)'
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?%b(?:,%b)*+(?P<end>\r\n|\n|\r|\Z)" % (_CELL, _CELL))


@cache
def _pattern(columns: tuple[str, ...], *, last: bool = False) -> re.Pattern[bytes]:
    """A row, or an empty line. Where a part ends that is not the last, CR may be half of CR LF."""
    cells = [
        b"(?P<%b>%b)" % (name.encode(), _CELL) if name in COLUMNS else _CELL for name in columns
    ]
    end = rb"(?:\r\n|\n|\r|\Z)" if last else rb"(?:\r\n|\n|\r(?=[^\n]))"
    empty = rb"(?:\r\n|\n|\r)" if last else end
    return re.compile(b"(?:%b%b|%b)" % (b",".join(cells), end, empty))


def _plain(cell: bytes | None) -> bytes:
    """The text of a cell as it stands in the file."""
    if not cell:
        return b""
    if cell[0] == QUOTE:
        cell = cell[1:-1].replace(b'""', b'"')
    return unescape(cell.decode()).encode() if cell[:1] == b"'" else cell
