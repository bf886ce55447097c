"""Checks of what is still to come: "was done in January 2027", "has already started"."""

from collections.abc import Iterator
from datetime import date

from .lexicon import lexicon
from .notices import Notice
from .quantity import Quantity
from .record import Analysis, Record, Spoken

_DONE = frozenset(
    "was were done had underwent carried took performed completed started began visited".split()
)
_TO_COME = frozenset(
    "due planned plan plans scheduled booked will next until till awaited awaiting expected "
    "arranged referred start starting to if once when should refer consider considering after "
    "pending".split()
)
"""Words of plans: a sentence with one of them tells nothing as done."""


def pending(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each date after the last visit, and each "already", of what is only planned."""
    plain = {token.plain for token in found.tokens}
    if plain & _DONE and plain.isdisjoint(_TO_COME):
        for quantity in found.quantities:
            if quantity.kind == "date" and _is_after(record.visit, quantity):
                start, end = quantity.tokens.start, quantity.tokens.stop
                yield Notice(start, end, "date", "contradicted", "last_visit")
    for at, token in enumerate(found.tokens):
        if token.plain == "already" and (line := _plan(found, record)):
            yield Notice(at, at + 1, "word", "contradicted", line.field, line.text)


def _is_after(visit: date | None, said: Quantity) -> bool:
    """Whether the earliest day that a date may mean is after the last visit."""
    year, month, day = (int(value) for value in said.values)
    if visit is None or not year:
        return False
    return (year, month or 1, day or 1) > (visit.year, visit.month, visit.day)


def _plan(found: Analysis, record: Record) -> Spoken | None:
    """The line that plans what a sentence speaks of, unless another line tells it as done."""
    said = {token.stem for token in found.tokens if token.is_word} - lexicon().plain
    about = [line for line in record.spoken if said & line.content]
    planned = [line for line in about if line.words & _TO_COME]
    return planned[0] if planned and len(planned) == len(about) else None
