"""A file that names patients: a table with a column of their ids, or the ids alone."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from mcp_kernel_tools.errors import KernelToolsError
from mcp_kernel_tools.patient_id import NAMES, rank

SEPARATORS = ",;\t"
_BETWEEN = re.compile(r"[,;\s]+")


def read_ids(path: Path) -> list[str]:
    """The ids in a file: its column of ids, whatever tables call it (`patient_id.NAMES`).

    Without one every word is an id, between commas, semicolons, white space or line ends.

    Raises:
        KernelToolsError: it cannot be read, or has none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        cells = _column(text.lstrip())
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise KernelToolsError(
            f"The file {path.name} cannot be read ({type(problem).__name__}).",
            next=f"Name a CSV file with a column {NAMES[0]}, or a file of ids.",
        ) from problem
    if cells is None:
        cells = [cell.strip('"') for cell in _BETWEEN.split(text)]
    if found := [cell.strip() for cell in cells if cell.strip()]:
        return found
    raise KernelToolsError(f"The file {path.name} names no patient.", next="Name another.")


def _column(text: str) -> list[str] | None:
    """The cells below the header that names ids; None: there is no such header."""
    separator = max(SEPARATORS, key=lambda each: len(next(_rows(text, each), [])))
    rows = _rows(text, separator)
    ranks = [(rank(name), number) for number, name in enumerate(next(rows, []))]
    telling = [(told, number) for told, number in ranks if told is not None]
    if not telling:
        return None
    _, column = min(telling)
    return [row[column] for row in rows if len(row) > column]


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)
