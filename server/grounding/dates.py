"""Dates, whole and in part, and words for a time: "6 October 2026", "in March", "last winter"."""

import re
from contextlib import suppress
from datetime import date

from .quantity import Quantity, Reader, reader

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
MONTHS = frozenset(_MONTHS)
_HOLIDAYS = {
    "christmas day": (12, 25),
    "christmas eve": (12, 24),
    "boxing day": (12, 26),
    "new year eve": (12, 31),
    "new year day": (1, 1),
    "valentine day": (2, 14),
    "halloween": (10, 31),
}
"""Month and day of each; a `Line` has no "'s"."""
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_SAYS_MONTH = " ".join(_MONTHS)
_DAY = r"(?P<day>\d{1,2}(?:st|nd|rd|th)?)"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_SPANS = (
    f"week|month|year|night|weekend|morning|evening|spring|summer|autumn|fall|winter|{_WEEKDAYS}"
)
_SAYS_PERIOD = (
    "yesterday today tonight tomorrow the childhood infancy adolescence birth youth adulthood"
)
_STAGES = "childhood|infancy|adolescence|birth|youth|adulthood"


def _iso(match: re.Match[str], where: range) -> Quantity:
    year, month, day = map(int, match[0].split("-"))
    return Quantity("date", (year, month, day), where, match[0])


def _digits(match: re.Match[str], where: range) -> Quantity:
    """A date such as 06/10/2026, which may be read both ways: its tag says so."""
    first, second, third = map(int, re.split(r"[/.]", match[0]))
    year, month, day = (first, second, third) if first > 31 else (third, first, second)
    year += 2000 if year < 100 else 0
    if month > _MONTHS["dec"]:
        month, day = day, month
    return Quantity("date", (year, month, day), where, match[0], tags=frozenset({"either"}))


def _words(match: re.Match[str], where: range) -> Quantity:
    said = match.groupdict()
    day = re.sub(r"\D", "", said.get("day") or "0")
    values = (int(said.get("year") or 0), _MONTHS.get(said.get("month") or "", 0), int(day))
    return Quantity("date", values, where, match[0])


def _holiday(match: re.Match[str], where: range) -> Quantity:
    month, day = _HOLIDAYS[match["holiday"]]
    return Quantity("date", (int(match["year"] or 0), month, day), where, match[0])


def _period(match: re.Match[str], where: range) -> Quantity:
    return Quantity("period", (), where, match[0])


def _since_the_visit(match: re.Match[str], where: range) -> Quantity:
    return Quantity("period", (), where, match[0], unit="visit")


DATES: tuple[Reader, ...] = (
    reader(r"\d{4}-\d{2}-\d{2}", _iso),
    reader(r"\d{1,4}[/.]\d{1,2}[/.]\d{2,4}", _digits),
    reader(
        rf"(?P<holiday>{'|'.join(_HOLIDAYS)})(?: ?,)?(?: of)?(?: {_YEAR})?",
        _holiday,
        "day eve halloween",
    ),
    reader(rf"{_DAY}(?: of)? {_MONTH}(?: ?,)?(?: of)? {_YEAR}", _words, _SAYS_MONTH),
    reader(rf"{_MONTH}(?: \.)? (?:the )?{_DAY}(?: ,)? {_YEAR}", _words, _SAYS_MONTH),
    reader(rf"(?:(?:early|mid|late) )?{_MONTH}(?: of| ,)? {_YEAR}", _words, _SAYS_MONTH),
    reader(rf"{_DAY}(?: of)? {_MONTH}", _words, _SAYS_MONTH),
    reader(rf"{_MONTH}(?: \.)? (?:the )?{_DAY}(?! ?(?:mg|%))", _words, _SAYS_MONTH),
    reader(rf"(?:in|since|during|until|by|from|early|late|mid) {_MONTH}", _words, _SAYS_MONTH),
    reader(
        rf"(?:in|since|of|from|during|until|by|year|late|early|mid) {_YEAR}"
        r"(?! ?(?:m?c?g|ml|units?)\b)",
        _words,
    ),
)

PERIODS: tuple[Reader, ...] = (
    reader(
        r"since (?:(?:the|her|his|their) )?(?:last|previous|prior) "
        r"(?:visit|appointment|consultation|review|check up|checkup)",
        _since_the_visit,
        "since",
    ),
    reader(
        rf"(?:last|past|this|next|previous|coming) (?:{_SPANS})",
        _period,
        "last past this next previous coming",
    ),
    reader(
        r"yesterday|today|tonight|tomorrow|the (?:day before|previous day|day prior|other day"
        r"|day preceding|preceding day)|(?:one|1|a) day (?:earlier|before|previously)"
        rf"|{_STAGES}",
        _period,
        _SAYS_PERIOD,
    ),
    reader(r"(?:years|months|weeks|days|long) ago", _period, "ago"),
)


def same_date(said: Quantity, known: date) -> bool:
    """Whether a date that is said, whole or in part, may be the date that is known."""
    year, month, day = said.values
    orders = [(month, day), (day, month)] if "either" in said.tags else [(month, day)]
    return any(
        year in (0, known.year) and m in (0, known.month) and d in (0, known.day) for m, d in orders
    )


def as_dates(quantity: Quantity) -> list[date]:
    """The dates that are said whole and exist: two where day and month may change places."""
    year, month, day = map(int, quantity.values)
    orders = {(month, day), (day, month)} if "either" in quantity.tags else {(month, day)}
    found: list[date] = []
    for order in sorted(orders):
        with suppress(ValueError):
            found.append(date(year, *order))
    return found
