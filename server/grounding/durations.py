"""Durations: how long something lasts or has lasted, and how far off it is."""

import re

from .quantity import ABOUT, DAYS, NUMBER, UNIT_OF_TIME, Quantity, Reader, closeness, reader

_WORDS = {
    "a": 1.0,
    "an": 1.0,
    "a single": 1.0,
    "another": 1.0,
    "half a": 0.5,
    "half an": 0.5,
    "a couple of": 2.0,
    "a few": None,
}
_PAST = re.compile(
    r"\b(?:for|past|last|over|since|previous|preceding|lasting|after|during)\b"
    r"|(?:ago|back|history|duration|long)$"
)
_FUTURE = re.compile(r"\b(?:in|within|next|following)\b|(?:from now|time|later|hence|another)$")

_BEFORE = (
    r"(?P<before>(?:(?:for|past|last|over|the|since|in|within|next|these|previous|preceding|lasting|of"
    r"|after|during|following|every|about|another) ){1,4})?"
)
_N = rf"(?P<n>{NUMBER}(?: ?(?:-|to|or) ?{NUMBER})?|half an?|a couple of|a single|another|an?)"
_UNIT = rf"(?P<unit>{UNIT_OF_TIME})"
_SAYS_UNIT = " ".join(f"{unit} {unit}s" for unit in DAYS)
_AFTER = r"(?: (?P<after>ago|back|history|from now|time|later|hence|duration|long))?"
_MANNER = r"(?: (?:full|whole|more|further|good|consecutive|short|long))?"


def _lasting(
    match: re.Match[str], where: range, values: tuple[float, ...], tags: frozenset[str]
) -> Quantity:
    unit = (match["unit"] or "").rstrip("s")
    days = tuple(value * DAYS[unit] for value in values)
    return Quantity("duration", days, where, match[0], unit, tags)


def _duration(match: re.Match[str], where: range) -> Quantity:
    said = _WORDS.get(match["n"])
    values = [said] if said else [float(value) for value in re.findall(NUMBER, match["n"])]
    around = f"{match['before'] or ''}{match['after'] or ''}".strip()
    way = {"past"} if _PAST.search(around) else {"future"} if _FUTURE.search(around) else set()
    return _lasting(match, where, (values[0], values[-1]), closeness(match) | way)


def _and_a_half(match: re.Match[str], where: range) -> Quantity:
    whole = _WORDS.get(match["n"]) or float(match["n"])
    return _lasting(match, where, (whole + 0.5, whole + 0.5), frozenset({"about"}))


def _past_one(match: re.Match[str], where: range) -> Quantity:
    return _lasting(match, where, (1.0, 1.0), frozenset({"past"}))


def _vague(match: re.Match[str], where: range) -> Quantity:
    """ "Several weeks": only the unit is said."""
    return _lasting(match, where, (), frozenset())


_PARTS_OF = {"52": "week", "12": "month", "7": "day"}
"""How British notes write durations: "2/52" is two weeks."""


def _part(match: re.Match[str], where: range) -> Quantity:
    unit, count = _PARTS_OF[match["of"]], float(match["n"])
    way = frozenset({"past"} if match["ago"] else set[str]())
    days = count * DAYS[unit]
    return Quantity("duration", (days, days), where, match[0], unit, way)


DURATIONS: tuple[Reader, ...] = (
    reader(
        r"(?:over|in|during|within|for|throughout) the (?:past|last|previous|preceding) "
        r"(?P<unit>week|month|year)",
        _past_one,
        "past last previous preceding",
    ),
    reader(r"(?:(?:x|for) )?(?P<n>\d{1,2}) ?/ ?(?P<of>52|12|7)(?P<ago> ago)?", _part),
    reader(rf"(?P<n>an?|{NUMBER}) {_UNIT} and a half", _and_a_half, "half"),
    reader(rf"(?P<n>{NUMBER}) and a half {_UNIT}", _and_a_half, "half"),
    reader(rf"{_BEFORE}{ABOUT}{_N}{_MANNER} {_UNIT}{_AFTER}", _duration, _SAYS_UNIT),
    reader(
        r"(?:several|many|a few|few|some|couple of|for|over the|number of)"
        r"(?: (?:past|last|the|of|few|several))* "
        r"(?P<unit>minutes|hours|days|weeks|months|years|decades)",
        _vague,
        _SAYS_UNIT,
    ),
)
