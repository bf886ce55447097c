"""Checks of what is done regularly: "regular check-ups" need more than one check in the record."""

from collections.abc import Iterator

from .notices import Notice, near
from .record import Analysis, Record
from .tokens import stem

_REGULAR = frozenset({"regular", "regularly"})
_CHECKS = frozenset(
    "check checks checked checkup checkups visit visits appointment appointments exam exams "
    "review reviews reviewed monitored monitoring monitors followup follow seen exercise "
    "exercises".split()
)
_OFTEN = frozenset(map(stem, sorted(_REGULAR)))


def routines(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each regular check where no note says how often it is."""
    often = any(known.field == "notes" for known in record.quantities("schedule"))
    if often or _OFTEN & record.stems.keys():
        return
    for at, token in enumerate(found.tokens):
        where = range(at, at + 1)
        told = found.context.polarity[at] == "present" and not found.context.advice
        if token.plain in _REGULAR and told and near(found, where, _CHECKS, before=3, after=3):
            yield Notice(at, at + 1, "word", "unsupported")
