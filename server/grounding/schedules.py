"""Schedules: how often something is taken or done, as times a day, and at what time of the day."""

import re

from .quantity import DAYS, NUMBER, UNIT_OF_TIME, Quantity, Read, Reader, number, reader

_ADVERBS = {
    "daily": "day",
    "nightly": "night",
    "weekly": "week",
    "fortnightly": "fortnight",
    "biweekly": "fortnight",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annually": "year",
    "hourly": "hour",
}
_COUNTS = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_SHORT = {
    **dict.fromkeys(("qd", "od", "q24h"), 1.0),
    **dict.fromkeys(("bid", "bd", "bds", "q12h", "morning and evening", "morning and night"), 2.0),
    **dict.fromkeys(("tid", "tds", "q8h"), 3.0),
    **dict.fromkeys(("qid", "qds", "q6h"), 4.0),
    **dict.fromkeys(("qod", "eod"), 0.5),
    **dict.fromkeys(("qw", "qwk", "qweek"), 1 / 7),
    "biw": 2 / 7,
    "tiw": 3 / 7,
    **dict.fromkeys(("qmo", "qmonth"), 12 / 365.25),
}
_OTHERS = {None: 1.0, "other": 2.0, "second": 2.0, "3th": 3.0}

_TIMES = r"(?P<count>once|twice|thrice|(?:a )?couple of times|\d+ ?(?:times|x)|x ?\d+)"
_ADVERB = rf"(?P<unit>{'|'.join(_ADVERBS)})"
_UNIT = r"(?P<unit>day|night|week|fortnight|month|quarter|year|hour|minute)"
_EACH = r"(?:a|per|each|every|in a|in one|/|in the)"
_NO_SPAN = "".join(
    rf"(?<!\b{word} )"
    for word in (
        "in for within after than over about under of is was next during half and around roughly "
        "almost nearly approximately another last past least most just only until till gone went "
        "inside"
    ).split()
)
"""Not after these words: "in a week" is no schedule, "20 mg a week" is."""

_MEAL = r"(?:each |her |his |the |their |a |every )?(?:meals?|meal ?times?|food)"
_NEED = r"(?:needed|required|necessary)"
_TAGS = {
    "prn": (
        rf"(?:on an |on )?as[ -]?needed(?: basis)?|prn|as (?:required|necessary)|on demand"
        rf"|(?:only |but only )?(?:when|if|whenever|as and when) (?:it is )?{_NEED}|only if needed"
        r"|(?:when|if|whenever) (?:she|he|they) needs? (?:it|them)|when (?:the )?need arises|needed"
    ),
    "bedtime": (
        r"at bed ?time|bed ?time|qhs|hs|nocte|nightly|before bed(?: ?time)?|at night ?time"
        r"|(?:every|each|at|in the) night|(?:before|on|when) going to (?:bed|sleep)"
        r"|before sleep(?:ing)?|on retiring"
    ),
    "morning": r"(?:every |each |in the |of a )?mornings?|qam|at breakfast|mane",
    "evening": r"(?:every |each |in the |of an )?evenings?|qpm",
    "afternoon": r"(?:every |each |in the )?afternoons?",
    "before meals": (
        rf"before (?:{_MEAL}|breakfast|eating(?: anything)?)|on an empty stomach|fasting"
    ),
    "meals": (
        rf"(?:with|at|alongside|along with|together with|after) {_MEAL}|meal ?times?"
        r"|(?:when|whenever) (?:she|he|they) eats?"
    ),
}


SAYS_TAG = {
    "prn": "needed required necessary needs need prn demand",
    "bedtime": "bedtime bed night nighttime nightly qhs hs nocte sleep sleeping retiring",
    "morning": "morning mornings qam breakfast mane",
    "evening": "evening evenings qpm",
    "afternoon": "afternoon afternoons",
    "before meals": "before stomach fasting",
    "meals": "meal meals food mealtime mealtimes eat eats",
}
"""The words of which one stands in each phrase of a tag."""


def _counted(match: re.Match[str], where: range) -> Quantity:
    """ "Twice daily", "3 times a week"; without a count once: "20 units a day"."""
    count = match.groupdict().get("count") or "once"
    times = _COUNTS.get(count) or float(re.sub(r"\D", "", count) or 2)  # "a couple of times"
    unit = _ADVERBS.get(match["unit"], match["unit"])
    if unit == "night" and times == 1:
        return Quantity("schedule", (), where, match[0], tags=frozenset({"bedtime"}))
    return Quantity("schedule", (times / DAYS[unit],), where, match[0])


def _every(match: re.Match[str], where: range) -> Quantity:
    count = _OTHERS.get(match["n"]) or number(match)
    return Quantity("schedule", (1 / (count * DAYS[match["unit"].rstrip("s")]),), where, match[0])


def _every_adverb(match: re.Match[str], where: range) -> Quantity:
    """ "Three-monthly"."""
    return Quantity(
        "schedule", (1 / (number(match) * DAYS[_ADVERBS[match["unit"]]]),), where, match[0]
    )


def _short(match: re.Match[str], where: range) -> Quantity:
    return Quantity("schedule", (_SHORT[match[0]],), where, match[0])


def _tagged(tag: str) -> Read:
    def read(match: re.Match[str], where: range) -> Quantity:
        return Quantity("schedule", (), where, match[0], tags=frozenset({tag}))

    return read


SCHEDULES: tuple[Reader, ...] = (
    reader(rf"{_TIMES} ?-? ?{_ADVERB}", _counted, " ".join(_ADVERBS)),
    reader(rf"{_TIMES} ?{_EACH} ?{_UNIT}", _counted, "a per each every in /"),
    reader(
        rf"(?P<count>\d+) (?!{UNIT_OF_TIME})(?:of (?:these|those|the|her|his) )?"
        r"(?:(?:attacks|episodes|bouts|flares) of )?(?:\w+ ){1,2}"
        rf"(?:a|per|each|every|/) ?{_UNIT}",
        _counted,
        "a per each every /",
    ),
    reader(r"(?P<count>\d+) a (?P<unit>day|night|week)", _counted, "a"),
    reader(
        rf"(?:once )?(?:every|q) (?P<n>{NUMBER}|other|second|3th) (?P<unit>{UNIT_OF_TIME})",
        _every,
        "every q",
    ),
    reader(
        r"(?P<n>[2-9]|1[0-2]) (?P<unit>weekly|monthly|yearly)",
        _every_adverb,
        "weekly monthly yearly",
    ),
    reader("|".join(_SHORT), _short, " ".join(_SHORT)),
    *(reader(pattern, _tagged(tag), SAYS_TAG[tag]) for tag, pattern in _TAGS.items()),
    reader(_ADVERB, _counted, " ".join(_ADVERBS)),
    reader(
        rf"{_NO_SPAN}(?:a (?!fortnight)|per|each|every|/) ?{_UNIT}"
        r"(?! (?:and a half|ago|later|without|free|with no|sweats))",
        _counted,
        "a per each every /",
    ),
)
