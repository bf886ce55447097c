"""What the system refuses, in words: the one place where its errors become `StoreFailed`."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import Timeout

from ..errors import StoreFailed

NOTHING_SAVED = "nothing was saved, and what was saved before is intact"
KEPT_IN_HISTORY = "what was saved is kept in the history, and the CSV file is as it was"
NOTHING_READ = "the summaries could not be read"

_FULL = ("The disk is full", "Free some space, then try again.")
_READ_ONLY = (
    "The summaries may not be written here",
    "Make their file and folder writable, or name another file for the summaries.",
)
_FOLDER = (
    "There is a folder where the file of summaries should be",
    "Name a file for the summaries, such as patient_summaries.csv in that folder.",
)
_OTHER = (
    "The disk refused an operation",
    "Look after the disk or the network drive, then try again.",
)
_WORDS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
    errno.EISDIR: _FOLDER,
}


@contextmanager
def explained(kept: str) -> Iterator[None]:
    """Raise `StoreFailed` for an error of the system.

    Args:
        kept: What was kept, should there be one; the end of a sentence.
    """
    try:
        yield
    except Timeout:
        raise StoreFailed(
            f"Another program has held the summaries for too long; {kept}.",
            next="Close the other notebook or server, then try again.",
        ) from None
    except OSError as problem:
        what, step = _WORDS.get(problem.errno or 0, _OTHER)
        raise StoreFailed(f"{what}; {kept}.", next=step) from problem


class Malformed(StoreFailed):
    """The CSV file cannot be cut into rows from the byte `at` on."""

    def __init__(self, message: str, *, next: str, at: int) -> None:
        super().__init__(message, next=next)
        self.at = at


def malformed(row: int, at: int = 0) -> Malformed:
    """`row` is counted as a spreadsheet does: the header is row 1."""
    return Malformed(
        f"Row {row} of the file of summaries does not fit its header, or has a quotation mark out"
        " of place; nothing was changed.",
        next="Mend that row, or move the file away: it is written anew from the history.",
        at=at,
    )


def not_utf8() -> Malformed:
    return Malformed(
        "The file of summaries is not UTF-8; nothing was changed.",
        next='Save it as "CSV UTF-8", then try again.',
        at=0,
    )


def columns_missing(missing: list[str], wanted: tuple[str, ...]) -> StoreFailed:
    return StoreFailed(
        f"This is not a file of summaries: it has no column {' and no column '.join(missing)};"
        " nothing was changed.",
        next="Name another file for the summaries, or give this one the columns"
        f" {', '.join(wanted)}.",
    )


def separated_by(name: str) -> StoreFailed:
    return StoreFailed(
        f"The cells of the file of summaries are separated by {name}, not by commas; nothing was"
        " lost and nothing was changed.",
        next="Save it as CSV with commas, or move it away: it is written anew from the history.",
    )


def read_only() -> StoreFailed:
    return StoreFailed(
        f"The file of summaries is read-only; {NOTHING_SAVED}.",
        next="Make it writable, or name another file for the summaries.",
    )


def restless() -> StoreFailed:
    return StoreFailed(
        "The file of summaries kept changing while it was read; nothing was lost.",
        next="Wait until the other program is done, then try again.",
    )


def damaged_entry() -> StoreFailed:
    return StoreFailed(
        "A line of the history of summaries is damaged; nothing was changed.",
        next="Repair the summaries (`SummaryStore.repair`), which restores what the CSV file has.",
    )
