"""CSV and its relatives: comma, semicolon, tab or bar between the cells."""

import csv
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from ..errors import PatientsUnreadable
from .cells import distinct
from .report import LoadReport, Progress

DELIMITERS = ",;\t|"
MEMORY_PER_BYTE = 3.6
"""Peak memory of load and index for each byte of the file (3.3 by bench_data.py)."""

_HEADER_LINES = 50  # that the header is looked for in
_BLOCK = 1 << 24  # bytes that the parser takes at a time; a longer row is refused


def needed_memory(path: Path) -> int:
    return int(path.stat().st_size * MEMORY_PER_BYTE)


def read(path: Path, report: LoadReport, progress: Progress) -> pd.DataFrame:
    """The cells as text: an empty cell stays empty, and "None" stays a word.

    Raises:
        PatientsUnreadable: empty, not UTF-8, or not one number of cells in every row.
    """
    report.source = "CSV file"
    header = _header(path)
    try:
        table = _table(path, header, progress)
    except pa.ArrowInvalid as problem:
        raise _malformed(str(problem)) from None
    report.took("rows", table.num_rows)
    frame: pd.DataFrame = table.to_pandas()
    return frame


@dataclass(frozen=True, slots=True)
class Header:
    """The names in the first row, what stands between them, and the blank lines before it."""

    names: list[str]
    delimiter: str
    blank_lines: int


def _header(path: Path) -> Header:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            start = list(islice(lines, _HEADER_LINES))
    except UnicodeDecodeError:
        raise _not_utf8() from None
    blank_lines = next((i for i, line in enumerate(start) if line.strip()), None)
    if blank_lines is None:
        raise PatientsUnreadable(
            "The patient table is empty.", next="Give a table with a header and a row per patient."
        )
    text = start[blank_lines:]
    try:
        rows = {delimiter: next(csv.reader(text, delimiter=delimiter)) for delimiter in DELIMITERS}
    except csv.Error:
        raise _malformed("") from None
    delimiter = max(rows, key=lambda each: _fits(rows[each]))
    return Header(distinct(rows[delimiter]), delimiter, blank_lines)


def _fits(names: list[str]) -> tuple[bool, int]:
    """How well a delimiter parts a header: it cuts no quoted name in two, and finds many."""
    return not any('"' in name for name in names), len(names)


def _table(path: Path, header: Header, progress: Progress) -> pa.Table:
    total = path.stat().st_size
    with path.open("rb") as file:
        reader = arrow_csv.open_csv(
            file,
            read_options=arrow_csv.ReadOptions(
                column_names=header.names,
                skip_rows=header.blank_lines,
                skip_rows_after_names=1,
                block_size=_BLOCK,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=header.delimiter, newlines_in_values=True
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(header.names, pa.large_string()),
                strings_can_be_null=False,
            ),
        )
        batches = []
        for batch in reader:
            batches.append(batch)
            progress(min(file.tell(), total), total)
    return pa.Table.from_batches(batches, reader.schema)


def _malformed(problem: str) -> PatientsUnreadable:
    """Our words for the parser's, which quote the row that it stumbled over."""
    if "UTF8" in problem:
        return _not_utf8()
    counts = re.search(r"Expected (\d+) columns, got (\d+)", problem)
    what = (
        f"a row has {counts[2]} cells where the header has {counts[1]}"
        if counts
        else "its rows cannot be told apart"
    )
    return PatientsUnreadable(
        f"The patient table is not a well-formed CSV file: {what}.",
        next='Put cells that contain the delimiter between double quotes ("), '
        "or save the table again from a spreadsheet as CSV UTF-8.",
    )


def _not_utf8() -> PatientsUnreadable:
    return PatientsUnreadable(
        "The patient table is not UTF-8 text.",
        next="Save it as CSV UTF-8, or read it with pandas and its encoding, for a DataFrame.",
    )
