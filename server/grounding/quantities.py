"""The quantities of a text: dates, ages, blood pressures, amounts, schedules, durations, numbers.

Written here, not taken from quantulum3 0.10: that one reads "150/94" as a division, "4-6 weeks" as
five weeks and "20 minutes" as an angle, finds no "twice daily" and no date, and needs up to eleven
milliseconds a sentence.
"""

import re

from .amounts import AMOUNTS
from .dates import DATES, PERIODS
from .durations import DURATIONS
from .quantity import ABOUT, NUMBER, Quantity, Reader, closeness, number, reader
from .schedules import SCHEDULES
from .tokens import Line
from .vitals import VITALS


def _plain(match: re.Match[str], where: range) -> Quantity:
    return Quantity("plain", (number(match),), where, match[0], tags=closeness(match))


_READERS: tuple[Reader, ...] = (
    *DATES,
    *VITALS,
    *AMOUNTS,
    *SCHEDULES,
    *DURATIONS,
    *PERIODS,
    reader(rf"{ABOUT}(?P<n>{NUMBER}(?:st|nd|rd|th)?)", _plain),
)
"""In this order: what an earlier one reads, a later one does not see."""


def quantities(line: Line) -> list[Quantity]:
    """The quantities of a text, in its order, none overlapping another."""
    taken: set[int] = set()
    found: list[Quantity] = []
    for each in _READERS:
        if each.needs.isdisjoint(line.words):
            continue
        for match in each.pattern.finditer(line.text):
            where = line.tokens(match.start(), match.end())
            if taken.isdisjoint(where) and (quantity := each.read(match, where)):
                taken.update(where)
                found.append(quantity)
    return sorted(found, key=lambda quantity: quantity.tokens.start)
