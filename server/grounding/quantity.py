"""One quantity of a text, and what the modules that read quantities share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

QuantityKind = Literal[
    "date",
    "age",
    "pressure",
    "systolic",
    "diastolic",
    "amount",
    "schedule",
    "duration",
    "period",
    "plain",
]

DAY = 1.0
DAYS = {
    "minute": DAY / 1440,
    "min": DAY / 1440,
    "hour": DAY / 24,
    "hr": DAY / 24,
    "h": DAY / 24,
    "day": DAY,
    "d": DAY,
    "night": DAY,
    "week": 7 * DAY,
    "wk": 7 * DAY,
    "w": 7 * DAY,
    "fortnight": 14 * DAY,
    "month": 365.25 / 12,
    "mth": 365.25 / 12,
    "mo": 365.25 / 12,
    "quarter": 365.25 / 4,
    "year": 365.25,
    "yr": 365.25,
    "y": 365.25,
    "decade": 3652.5,
}
"""Days in each unit of time."""

NUMBER = r"\d+(?:\.\d+)?"
UNIT_OF_TIME = "|".join(f"{unit}s?" for unit in DAYS)

_OVER = (
    "just over|well over|a little over|a bit over|slightly over|a little more than"
    "|slightly more than|a bit more than|upwards of|in excess of|over|above|more than|at least"
    "|exceeding|>|≥"
)
_UNDER = (
    "just under|a little under|a bit under|slightly under|a little less than|slightly less than"
    "|just shy of|just short of|under|below|less than|at most|up to|<|≤"
)
_ABOUT = (
    "about|approximately|approx|around|roughly|nearly|almost|some|circa|close to|~|or so|not quite"
    "|getting on for|coming up to|coming up on|going on|close on|in the region of|something like"
    "|more or less|somewhere around|give or take|c"
)
ABOUT = rf"(?:(?P<about>{_OVER}|{_UNDER}|{_ABOUT})(?: the| age| a)? )?"
"""What may stand before a number to make it inexact."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity and the tokens that it stands in.

    What `values` holds depends on the kind. A date: year, month and day, 0 where not said. An age
    and a duration: the ends of a range, in years and in days. A schedule: times a day. An amount:
    its numbers, masses in mg.
    """

    kind: QuantityKind
    values: tuple[float, ...]
    tokens: range
    text: str
    unit: str = ""
    tags: frozenset[str] = frozenset()
    """"about", "over" or "under"; of a duration "past" or "future"; of a schedule "prn", …"""


Read = Callable[[re.Match[str], range], Quantity | None]


@dataclass(frozen=True, slots=True)
class Reader:
    """A pattern for a `Line` and what to make of its matches."""

    pattern: re.Pattern[str]
    read: Read
    needs: frozenset[str]
    """Words of which the line must have one, else the pattern cannot match; "#": a number."""


def reader(pattern: str, read: Read, needs: str = "#") -> Reader:
    """A reader of whole words; lines are in lower case with digits for numbers."""
    return Reader(re.compile(rf"(?<![\w.])(?:{pattern})(?![\w%])"), read, frozenset(needs.split()))


def number(match: re.Match[str], name: str = "n") -> float:
    """The number in a group of a match, whatever follows it ("6th", "3 times")."""
    found = re.match(NUMBER, match[name])
    return float(found[0]) if found else 0.0


def closeness(match: re.Match[str]) -> frozenset[str]:
    """How a number is qualified: "over", "under", "about", or not at all."""
    word = match["about"]
    if word is None:
        return frozenset()
    for name, words in (("over", _OVER), ("under", _UNDER)):
        if word in words.split("|"):
            return frozenset({name})
    return frozenset({"about"})
