"""Ages and blood pressures in words and figures: "in her early sixties", "150 over 94"."""

import re

from .quantity import ABOUT, NUMBER, Quantity, QuantityKind, Read, Reader, closeness, number, reader

_DECADES = {
    "teens": 10,
    "twenties": 20,
    "thirties": 30,
    "forties": 40,
    "fifties": 50,
    "sixties": 60,
    "seventies": 70,
    "eighties": 80,
    "nineties": 90,
}
_PARTS = {"early": (0, 4), "mid": (3, 7), "middle": (3, 7), "late": (6, 9), None: (0, 9)}
_PERSON = "man|woman|lady|gentleman|boy|girl|patient|person|male|female"
_YEARS = r"(?:years?|yrs?|y)"
_AGE = rf"{ABOUT}(?P<n>{NUMBER})"
_READING = (
    r"(?: (?:blood )?(?:pressure|bp|reading|value|number|figure|level))?"
    r"(?: (?:of|is|was|at|reads?|reading|:|=|measured|stands|came in|being))*"
)


def _age(match: re.Match[str], where: range) -> Quantity:
    age = number(match)
    return Quantity("age", (age, age), where, match[0], tags=closeness(match))


def _decade(match: re.Match[str], where: range) -> Quantity:
    low = _DECADES.get(match["decade"]) or int(re.sub(r"\D", "", match["decade"]))
    first, last = _PARTS[match["part"]]
    return Quantity("age", (low + first, low + last), where, match[0])


def _pressure(match: re.Match[str], where: range) -> Quantity | None:
    high, low = number(match, "high"), number(match, "low")
    possible = 50 <= high <= 300 and 20 <= low <= 200
    values = (high, low)
    return (
        Quantity("pressure", values, where, match[0], tags=closeness(match)) if possible else None
    )


def _half(kind: QuantityKind) -> Read:
    def read(match: re.Match[str], where: range) -> Quantity:
        return Quantity(kind, (number(match),), where, match[0], tags=closeness(match))

    return read


def _halves() -> list[Reader]:
    found: list[Reader] = []
    halves: tuple[tuple[QuantityKind, str], ...] = (("systolic", "sbp"), ("diastolic", "dbp"))
    for kind, short in halves:
        found += (
            reader(rf"{kind}{_READING} {ABOUT}(?P<n>\d{{2,3}})", _half(kind), kind),
            reader(rf"{ABOUT}(?P<n>\d{{2,3}})(?: mm ?hg)? ?{kind}", _half(kind), kind),
            reader(rf"{short}{_READING} {ABOUT}(?P<n>\d{{2,3}})", _half(kind), short),
        )
    return found


VITALS: tuple[Reader, ...] = (
    reader(rf"{_AGE} ?{_YEARS} ?(?:old|of age|young)", _age, "old of young"),
    reader(rf"{_AGE} ?(?:y/o|yo|y o|yof|yom)", _age, "y/o yo y yof yom"),
    reader(rf"(?:aged?|age is|age of|age :) (?:of )?{_AGE}(?: {_YEARS})?", _age, "age aged"),
    reader(
        rf"{_AGE} ?(?:f|m|female|male|man|woman|lady|gentleman)",
        _age,
        "f m female male man woman lady gentleman",
    ),
    reader(rf"(?:{_PERSON}) of {_AGE}(?: {_YEARS})?(?! (?:month|week|day))", _age, "of"),
    reader(
        rf"(?:in )?(?:his|her|their|the) (?:(?P<part>early|mid|middle|late)(?: to \w+)? )?"
        rf"(?P<decade>\d0 ?s|{'|'.join(_DECADES)})",
        _decade,
        "his her their the",
    ),
    reader(
        rf"{ABOUT}(?P<high>\d{{2,3}}) ?(?:/|over|on) ?(?P<low>\d{{2,3}})(?: ?mm ?hg)?", _pressure
    ),
    *_halves(),
)
