"""Quantities: dates, ages, blood pressures, amounts, schedules, durations, counts and plain numbers.

Written here, not taken from quantulum3 0.10: that one reads "150/94" as a division, "4-6 weeks" as
five weeks and "20 minutes" as an angle, finds no "twice daily" and no date, and needs up to eleven
milliseconds a sentence.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from .tokens import Line

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


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity and the tokens that it stands in.

    What `values` holds depends on the kind: a date is year, month and day (0 where not said); an age
    and a plain number a range; a schedule times a day; a duration a range in days; an amount its
    numbers in the unit's base.
    """

    kind: QuantityKind
    values: tuple[float, ...]
    tokens: range
    unit: str = ""
    tags: frozenset[str] = field(default_factory=frozenset)
    """"prn", "bedtime", … of a schedule; "past" or "future" of a duration; "about", "over", "under"."""
    text: str = ""


_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug"
        "|september sept sep|october oct|november nov|december dec".split("|"),
        1,
    )
    for name in names.split()
}
_M = "|".join(sorted(_MONTHS, key=len, reverse=True))
_N = r"\d+(?:\.\d+)?"
_ABOUT = r"(?:(?P<about>about|approximately|around|roughly|nearly|almost|some|circa|approx|close to|just under|just over|well over|at least|more than|over|above|under|below|less than|at most|up to|exceeding|~|>|<|≥|≤)(?: the| age| a)? )?"

_MASS = {
    "mg": 1.0,
    "milligram": 1.0,
    "mcg": 0.001,
    "µg": 0.001,
    "μg": 0.001,
    "ug": 0.001,
    "microgram": 0.001,
    "g": 1000.0,
    "gm": 1000.0,
    "gram": 1000.0,
}
_OTHER_UNITS = {
    "ml": "ml",
    "milliliter": "ml",
    "millilitre": "ml",
    "cc": "ml",
    "l": "liter",
    "liter": "liter",
    "litre": "liter",
    "unit": "unit",
    "iu": "unit",
    "u": "unit",
    "puff": "puff",
    "inhalation": "puff",
    "tablet": "tablet",
    "tab": "tablet",
    "pill": "tablet",
    "capsule": "tablet",
    "cap": "tablet",
    "drop": "drop",
    "%": "%",
    "percent": "%",
    "kg": "kg",
    "kilo": "kg",
    "kilogram": "kg",
    "lb": "lb",
    "pound": "lb",
    "bpm": "bpm", "beats per minute": "bpm", "beats a minute": "bpm", "beats / min": "bpm", "/ min": "bpm",
    "cm": "cm",
    "pillow": "pillow",
    "stent": "stent",
    "mmhg": "mmhg",
    "mm hg": "mmhg",
    "mg / dl": "mg/dl",
    "mg per dl": "mg/dl",
    "mg per deciliter": "mg/dl",
    "milligrams per deciliter": "mg/dl",
    "milligrams per decilitre": "mg/dl",
    "mg / dL": "mg/dl",
    "mmol / l": "mmol/l",
    "mmol per liter": "mmol/l",
    "mmol per litre": "mmol/l",
    "mmol": "mmol/l",
    "block": "block",
    "attack": "attack",
    "flare": "flare",
}
_UNITS = sorted([*_MASS, *_OTHER_UNITS], key=len, reverse=True)
_U = "|".join(re.escape(u) + ("s?" if u[-1].isalpha() and len(u) > 2 else "") for u in _UNITS)

_DAYS = {
    "minute": 1 / 1440,
    "min": 1 / 1440,
    "hour": 1 / 24,
    "hr": 1 / 24,
    "day": 1.0,
    "night": 1.0,
    "week": 7.0,
    "wk": 7.0,
    "fortnight": 14.0,
    "month": 30.4375,
    "year": 365.25,
    "yr": 365.25,
    "decade": 3652.5,
    "quarter": 91.3125,
}
_D = "minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|wks?|fortnights?|months?|years?|yrs?|decades?"

_EACH = r"(?:a|per|each|every|in a|in one|/|in the)"
_BARE = "".join(
    rf"(?<!\b{word} )"
    for word in "in for within after than over about under of than is was next during".split()
)
_UNIT = r"day|night|week|fortnight|month|quarter|year|hour|minute"
_ADVERB = {
    "daily": "day",
    "nightly": "night",
    "weekly": "week",
    "fortnightly": "fortnight",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annually": "year",
    "hourly": "hour",
    "biweekly": "fortnight",
}
_COUNT = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_SHORT = {
    "qd": 1.0,
    "od": 1.0,
    "q24h": 1.0,
    "bid": 2.0,
    "bd": 2.0,
    "bds": 2.0,
    "q12h": 2.0,
    "tid": 3.0,
    "tds": 3.0,
    "q8h": 3.0,
    "qid": 4.0,
    "qds": 4.0,
    "q6h": 4.0,
    "qw": 1 / 7,
    "qod": 0.5,
    "morning and evening": 2.0,
    "morning and night": 2.0,
}
_TAGS = {
    "prn": r"(?:on an |on )?as[ -]?needed(?: basis)?|prn|(?:only )?(?:when|if|whenever|as and when) (?:it is )?(?:needed|required|necessary)|as and when|as required|on demand|as necessary|(?:when|if|whenever) (?:she|he|they) needs? (?:it|them)|when (?:the )?need(?:ed)? arises|only if needed|for use when needed|needed",
    "bedtime": r"at bed ?time|qhs|hs|before bed(?: ?time)?|(?:every|each|at|in the) night|nightly|before (?:sleep(?:ing)?|going to (?:bed|sleep))|on going to bed|nocte|on retiring|bed ?time|when going to bed|at night ?time",
    "morning": r"(?:every|each|in the|of a) mornings?|qam|mornings|at breakfast|mane|morning",
    "evening": r"(?:every|each|in the|of an) evenings?|qpm|evenings|evening",
    "afternoon": r"(?:every|each|in the) afternoons?|afternoons?",
    "before meals": r"before (?:each |her |his |the |their |a |every )?(?:meals?|food|eating|breakfast)",
    "meals": r"(?:with|at|alongside|along with|together with|after) (?:each |her |his |the |their |a |every )?(?:meals?|meal ?times?|food)|meal ?times?",
}


def quantities(line: Line) -> list[Quantity]:
    """The quantities of a text, in its order, none overlapping another."""
    taken: set[int] = set()
    found: list[Quantity] = []
    for pattern, read in _READERS:
        for match in pattern.finditer(line.text):
            where = line.tokens(match.start(), match.end())
            if taken.isdisjoint(where) and (quantity := read(match, where)):
                taken.update(where)
                found.append(quantity)
    return sorted(found, key=lambda quantity: quantity.tokens.start)


def _tags(match: re.Match[str]) -> frozenset[str]:
    match match.groupdict().get("about"):
        case None:
            return frozenset()
        case (
            "over"
            | "above"
            | "more than"
            | "at least"
            | ">"
            | "≥"
            | "just over"
            | "well over"
            | "exceeding"
        ):
            return frozenset({"over"})
        case "under" | "below" | "less than" | "at most" | "up to" | "<" | "≤":
            return frozenset({"under"})
        case _:
            return frozenset({"about"})


def _date(match: re.Match[str], where: range) -> Quantity | None:
    found = match.groupdict()
    if iso := found.get("iso"):
        year, month, day = map(int, iso.split("-"))
    elif digits := found.get("digits"):
        first, second, third = map(int, re.split(r"[/.]", digits))
        year, month, day = (first, second, third) if first > 31 else (third, first, second)
        year += 2000 if year < 100 else 0
        # 06/10/2026 may be read both ways: the tag says so.
        return Quantity(
            "date", (year, month, day), where, tags=frozenset({"either"}), text=match[0]
        )
    else:
        year = int(found.get("year") or found.get("year2") or 0)
        month = _MONTHS[found["month"]] if found.get("month") else 0
        day = int(re.sub(r"\D", "", found.get("day") or found.get("day2") or "0"))
    return Quantity("date", (year, month, day), where, text=match[0])


def _age(match: re.Match[str], where: range) -> Quantity | None:
    if decade := match.groupdict().get("decade"):
        tens = {
            "twenties": 20,
            "thirties": 30,
            "forties": 40,
            "fifties": 50,
            "sixties": 60,
            "seventies": 70,
            "eighties": 80,
            "nineties": 90,
            "teens": 10,
        }
        low = tens.get(decade) or int(re.sub(r"\D", "", decade))
        ends = {"early": (0, 4), "mid": (3, 7), "middle": (3, 7), "late": (6, 9)}.get(
            match["part"] or "", (0, 9)
        )
        return Quantity("age", (low + ends[0], low + ends[1]), where, text=match[0])
    value = float(next(v for k, v in match.groupdict().items() if k.startswith("n") and v))
    return Quantity("age", (value, value), where, tags=_tags(match), text=match[0])


def _pressure(match: re.Match[str], where: range) -> Quantity | None:
    high, low = float(match["high"]), float(match["low"])
    if not (50 <= high <= 300 and 20 <= low <= 200):
        return None
    return Quantity("pressure", (high, low), where, tags=_tags(match), text=match[0])


def _half(kind: QuantityKind) -> Callable[[re.Match[str], range], Quantity | None]:
    def read(match: re.Match[str], where: range) -> Quantity | None:
        value = float(next(v for k, v in match.groupdict().items() if k.startswith("n") and v))
        return Quantity(kind, (value,), where, tags=_tags(match), text=match[0])

    return read


def _amount(match: re.Match[str], where: range) -> Quantity | None:
    values = tuple(float(v) for v in re.findall(_N, match["values"]))
    name = match["unit"].rstrip("s") if match["unit"] not in _OTHER_UNITS else match["unit"]
    if name in _MASS:
        return Quantity(
            "amount",
            tuple(round(v * _MASS[name], 6) for v in values),
            where,
            "mg",
            _tags(match),
            match[0],
        )
    return Quantity("amount", values, where, _OTHER_UNITS.get(name, name), _tags(match), match[0])


def _counted(match: re.Match[str], where: range) -> Quantity | None:
    """ "Twice daily", "3 times a week", "20 units a day" (its "a day")."""
    count = match["count"] or "once"
    times = _COUNT.get(count) or float(re.match(_N, count)[0])  # type: ignore[index]
    unit = _ADVERB.get(match["unit"], match["unit"])
    if unit == "night" and times == 1:
        return Quantity("schedule", (), where, tags=frozenset({"bedtime"}), text=match[0])
    return Quantity("schedule", (times / _DAYS[unit],), where, text=match[0])


def _every(match: re.Match[str], where: range) -> Quantity | None:
    number = {"other": 2.0, "second": 2.0, "third": 3.0, None: 1.0}.get(match["n"])
    days = (number or float(match["n"])) * _DAYS[match["unit"].rstrip("s")]
    return Quantity("schedule", (1 / days,), where, text=match[0])


def _short(match: re.Match[str], where: range) -> Quantity | None:
    return Quantity("schedule", (_SHORT[match[0]],), where, text=match[0])


def _tagged(tag: str) -> Callable[[re.Match[str], range], Quantity | None]:
    def read(match: re.Match[str], where: range) -> Quantity | None:
        return Quantity("schedule", (), where, tags=frozenset({tag}), text=match[0])

    return read


def _duration(match: re.Match[str], where: range) -> Quantity | None:
    before, after = (match["before"] or "").strip(), (match["after"] or "").strip()
    unit = _DAYS[match["unit"].rstrip("s") if match["unit"] != "hours" else "hour"]
    number = match["n"]
    low = {
        "a": 1.0,
        "an": 1.0,
        "half a": 0.5,
        "half an": 0.5,
        "a couple of": 2.0,
        "a single": 1.0,
        "the": 1.0,
        "another": 1.0,
    }.get(number or "")
    values = [low] if low else [float(v) for v in re.findall(_N, number or "")]
    tags = set(_tags(match))
    if re.match(r"(?:ago|back|history|old|duration|long)", after) or re.search(
        r"\b(?:for|past|last|over|since|previous|preceding|lasting|going on|after|during)\b", before
    ):
        tags.add("past")
    elif re.search(r"\b(?:in|within|next|again|another|after|following)\b", before) or re.match(
        r"(?:from now|time|later|hence)", after
    ):
        tags.add("future")
    if "ago" in after or "back" in after:
        tags.add("ago")
    return Quantity(
        "duration",
        tuple(v * unit for v in (values * 2)[:2]),
        where,
        match["unit"].rstrip("s"),
        frozenset(tags),
        match[0],
    )


def _vague(match: re.Match[str], where: range) -> Quantity | None:
    return Quantity("duration", (), where, match["unit"].rstrip("s"), text=match[0])


def _period(match: re.Match[str], where: range) -> Quantity | None:
    return Quantity("period", (), where, text=match[0])


def _plain(match: re.Match[str], where: range) -> Quantity | None:
    value = float(re.match(_N, match["n"])[0])  # type: ignore[index]
    return Quantity("plain", (value,), where, tags=_tags(match), text=match[0])


def _compile(
    *readers: tuple[str, Callable[[re.Match[str], range], Quantity | None]],
) -> list[tuple[re.Pattern[str], Callable[[re.Match[str], range], Quantity | None]]]:
    return [(re.compile(rf"(?<![\w.])(?:{pattern})(?![\w%])"), read) for pattern, read in readers]


_READERS = _compile(
    (r"(?P<iso>\d{4}-\d{2}-\d{2})", _date),
    (r"(?P<digits>\d{1,4}[/.]\d{1,2}[/.]\d{2,4})", _date),
    (
        rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?)(?: of)? (?P<month>{_M})(?: ?,)?(?: of)? (?P<year>(?:19|20)\d\d)",
        _date,
    ),
    (
        rf"(?P<month>{_M})\.? (?:the )?(?P<day>\d{{1,2}}(?:st|nd|rd|th)?)(?: ?,)? (?P<year>(?:19|20)\d\d)",
        _date,
    ),
    (rf"(?P<month>{_M})(?: of| ,)? (?P<year>(?:19|20)\d\d)", _date),
    (rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?)(?: of)? (?P<month>{_M}(?<!may)|may)", _date),
    (rf"(?P<month>{_M}) (?:the )?(?P<day>\d{{1,2}}(?:st|nd|rd|th)?)(?! ?(?:mg|%))", _date),
    (r"(?:in|since|of|from|during|until|by|year|late|early|mid) (?P<year>(?:19|20)\d\d)", _date),
    (
        rf"{_ABOUT}(?P<n1>{_N}) ?(?:years?|yrs?|y) ?(?:old|of age|young)|{_ABOUT.replace('about>', 'about2>')}(?P<n2>{_N}) ?(?:y/o|yo|yr old|y o|yof|yom)|(?:aged?|age is|age of|age :|age at) (?:of )?{_ABOUT.replace('about>', 'about3>')}(?P<n3>{_N})(?: years?)?|(?P<n4>{_N}) ?(?:f|m|female|male|man|woman|lady|gentleman)|(?:man|woman|lady|gentleman|boy|girl|patient|person|male|female) of (?P<n5>{_N})(?: years?)?",
        _age,
    ),
    (
        r"(?:in )?(?:his|her|their|the) (?:(?P<part>early|mid|middle|late)(?: to \w+)? )?(?P<decade>\d0 ?s|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|teens)",
        _age,
    ),
    (rf"{_ABOUT}(?P<high>\d{{2,3}}) ?(?:/|over|on) ?(?P<low>\d{{2,3}})(?: ?mm ?hg)?", _pressure),
    (
        rf"systolic(?: (?:blood )?(?:pressure|bp|reading|value|number|figure|level))?(?: (?:of|is|was|at|reads?|reading|:|=|measured|stands at|came in at|being))* {_ABOUT}(?P<n>\d{{2,3}})|{_ABOUT.replace('about>', 'about2>')}(?P<n2>\d{{2,3}})(?: mm ?hg)? ?systolic|sbp(?: (?:of|is|was|:|=))* (?P<n3>\d{{2,3}})",
        _half("systolic"),
    ),
    (
        rf"diastolic(?: (?:blood )?(?:pressure|bp|reading|value|number|figure|level))?(?: (?:of|is|was|at|reads?|reading|:|=|measured|stands at|came in at|being))* {_ABOUT}(?P<n>\d{{2,3}})|{_ABOUT.replace('about>', 'about2>')}(?P<n2>\d{{2,3}})(?: mm ?hg)? ?diastolic|dbp(?: (?:of|is|was|:|=))* (?P<n3>\d{{2,3}})",
        _half("diastolic"),
    ),
    (rf"{_ABOUT}(?P<values>{_N}(?: ?[-/] ?{_N})?) ?(?P<unit>{_U})", _amount),
    (
        rf"(?:(?P<count>once|twice|thrice|\d+ ?(?:times|x)?) ?-? ?){{1}}(?P<unit>{'|'.join(_ADVERB)})",
        _counted,
    ),
    (rf"(?:(?P<count>once|twice|thrice|\d+ ?(?:times|x)) ?){_EACH} ?(?P<unit>{_UNIT})", _counted),
    (rf"(?:once )?(?:every|q) (?P<n>{_N}|other|second|3th) (?P<unit>{_D}|quarters?)", _every),
    ("|".join(_SHORT), _short),
    *[(pattern, _tagged(tag)) for tag, pattern in _TAGS.items()],
    (r"(?P<count>)(?P<unit>" + "|".join(_ADVERB) + ")", _counted),
    (rf"(?P<count>){_BARE}(?:a|per|each|every|/) ?(?P<unit>{_UNIT})", _counted),
    (rf"(?P<count>)(?P<unit>{'|'.join(_ADVERB)})", _counted),
    (
        rf"(?P<before>(?:(?:for|past|last|over|the|since|in|within|next|these|previous|preceding|lasting|of|after|during|following|every|about) ){{1,4}})?{_ABOUT}(?P<n>{_N}(?: ?(?:-|to|or) ?{_N})?|half an?|a couple of|a single|another|an?|(?<=(?:past|last) )(?=(?:week|month|year|day)\b)|(?<=previous )(?=(?:week|month|year)\b))(?: (?:full|whole|more|further|good|consecutive|short|long))? (?P<unit>{_D})(?: (?P<after>ago|back|history|from now|time|later|hence|duration|long))?",
        _duration,
    ),
    (
        r"(?:several|many|a few|few|some|couple of|for|over the|number of)(?: (?:past|last|the|of|few|several))* (?P<unit>minutes|hours|days|weeks|months|years|decades)",
        _vague,
    ),
    (
        r"(?:last|past|this|next|previous|coming|the following) (?:week|month|year|night|weekend|spring|summer|autumn|fall|winter|morning|evening|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|june|july|august|september|october|november|december)|yesterday|tomorrow|the day before|the other day|long ago|years ago|months ago|weeks ago|days ago|today|tonight|this week|childhood|infancy|adolescence|birth|youth|adulthood",
        _period,
    ),
    (rf"{_ABOUT}(?P<n>{_N}(?:st|nd|rd|th)?)", _plain),
)


def same_date(said: Quantity, known: date) -> bool:
    """Whether a date that is said, whole or in part, is the date that is known."""
    year, month, day = said.values
    orders = [(month, day), (day, month)] if "either" in said.tags else [(month, day)]
    return any(
        year in (0, known.year) and m in (0, known.month) and d in (0, known.day) for m, d in orders
    )


def dates(found: list[Quantity]) -> Iterator[date]:
    """The complete dates among quantities."""
    for quantity in found:
        if quantity.kind == "date" and all(quantity.values):
            try:
                yield date(*map(int, quantity.values))
            except ValueError:
                continue
