"""What clinicians write for short, written out: "# R ankle, ORIF 02/2026, 6/52 in boot".

Only lines of a record are rewritten. A summary is read as it stands: its words have places, and a
claim points at them.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from .lexicon import lines

_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_SHORT_MONTHS = "|".join(month[:3] for month in _MONTHS)
_UNITS = {"7": "days", "52": "weeks", "12": "months"}
_LONGEST = {"7": 30, "52": 30, "12": 24}
"""So many of them at most: 98/52 is a blood pressure."""
_UP = "increased raised risen rising up higher gained"
_DOWN = "decreased reduced lowered dropped down lower less cut"
_OVER = (
    r"stopped|discontinued|withdrawn|completed|finished|resolved|settled|cleared|recovered|gone"
    r"|ended|excluded|ruled out|repaired|cured|refused|declined|healed|not tolerated"
)
_CHANGE = re.compile(
    r"(?<![\d.,/])(?P<before>\d+(?:\.\d+)?)(?![\d.,/])(?:\s?[a-zµ%][\w/%.]{0,12}){0,3}"
    r"\s*(?:->|→|⇒|-->|\bto\b|, now)\s*(?P<after>\d+(?:\.\d+)?)(?![\d.,/])",
    re.IGNORECASE,
)

_DATED = re.compile(
    r"(?:\b(?:in|since|of|during|until|by|from|early|late|mid|year|the|and|to|or"
    rf"|(?:{_SHORT_MONTHS})\w*)\.?|,|-|–|\d)\s*$",
    re.IGNORECASE,
)
"""After these a year is part of a date already, or of a number."""
_UNIT = re.compile(r"\s?(?:mg|mcg|micrograms|g|ml|iu|units?|u|steps|kcal)\b", re.IGNORECASE)

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def written_out(text: str) -> str:
    """A line of a record in words, as far as they are known."""
    ways = " ".join(_ways(text))
    for pattern, words in _RULES:
        text = pattern.sub(words, text)
    text = _pattern().sub(_word, text)
    return f"{text} ({ways})" if ways else text


def _span(match: re.Match[str]) -> str:
    """ "3/52"; "6/9" is how sharp an eye sees."""
    count, of = match["count"], match["of"]
    return f"{count} {_UNITS[of]}" if float(count) <= _LONGEST[of] else match[0]


def _month(match: re.Match[str]) -> str:
    return f"in {_MONTHS[int(match['month']) - 1]} {match['year']}"


def _often(match: re.Match[str]) -> str:
    period = {"d": "day", "wk": "week"}.get(match["of"], match["of"])
    return f"{match['often']} times a {period} ({match['often']} a {period})"


def _at_night(match: re.Match[str]) -> str:
    return f"{match[0]} ({match['often']} times a night)"


def _score(match: re.Match[str]) -> str:
    of, all_of = int(match["of"]), int(match["all"])
    return f"{match[0]} ({of} out of {all_of})" if of <= all_of else match[0]


def _year(match: re.Match[str]) -> str:
    """A year alone: "stroke 2020"."""
    dated = _DATED.search(match.string, 0, match.start())
    if dated or _UNIT.match(match.string, match.end()):
        return match[0]
    return f"in {match['year']}"


def _ways(text: str) -> Iterator[str]:
    """Which way the figures of a line go: "100 mg -> 200 mg" is an increase, and a doubling."""
    for change in _CHANGE.finditer(text):
        before, after = float(change["before"]), float(change["after"])
        if before != after:
            yield _UP if after > before else _DOWN
        if 2 * before == after:
            yield "doubled"
        if before == 2 * after:
            yield "halved"


_RULES: tuple[Rule, ...] = (
    (re.compile(r"\b[Nn]octuria x\s?(?P<often>\d)\b"), _at_night),
    (re.compile(r"\bPV\b(?= bleed)"), lambda _: "PV vaginal"),
    (re.compile(r"\bd/c'?d\b", re.IGNORECASE), lambda _: "discontinued"),
    (re.compile(r"\bx\s?(?P<days>\d+)\s?d\b"), lambda m: f"for {m['days']} days"),
    (re.compile(r"\s*\[(?:active|current)\b(?:, (?:onset|recorded))?"), lambda _: ", since"),
    (
        re.compile(rf"\s*\[(?:treated, )?(?P<over>{_OVER}|inactive|remission)\b"),
        lambda m: f" was {m['over']}",
    ),
    (re.compile(r"\s*\[(?:refuted|entered in error)\b"), lambda _: " was ruled out"),
    (
        re.compile(r"^(?P<what>.+?)\s*\[(?:provisional|unconfirmed|suspected|differential)\b\]?"),
        lambda m: f"possible {m['what']}",
    ),
    (re.compile(r"^(?P<what>[^,;.]+?)\s+(?:absent|denied)$"), lambda m: f"no {m['what']}"),
    (
        re.compile(r"(?<![\d-])(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])(?![\d-])"),
        _month,
    ),
    (
        re.compile(
            r"\b(?:malignant (?:tumou?r|neoplasm)|adenocarcinoma|carcinoma) of "
            r"(?:the )?(?P<site>\w+)(?: of \w+)?",
            re.IGNORECASE,
        ),
        lambda m: f"{m['site']} cancer {m[0]}",
    ),
    (
        re.compile(r"\s*\((?:disorder|finding|situation|procedure|event|person|substance)\)"),
        lambda _: "",
    ),
    (re.compile(r"\b(?P<weeks>[1-4]?\d)(?:\+\d)?/40\b"), lambda m: f"{m['weeks']} weeks pregnant"),
    (re.compile(r"(?<![\d/.])(?P<count>\d{1,2})\s?/\s?(?P<of>7|52|12)\b(?![/.]\d|/)"), _span),
    (re.compile(r"(?<![\d/.])(?P<month>0?[1-9]|1[0-2])/(?P<year>(?:19|20)\d\d)\b"), _month),
    (
        re.compile(
            r"(?<!\bwas)(?<!\bis)(?<!\bhas)(?<!\bbeen)(?<!\bwere)(?<!\bare)(?<!\bhe)(?<!\band)"
            r"(?<!\bhave)(?<!\bhad)(?<!\bto)(?<!\bnot)(?<!\bnever)(?<!\bnow)(?<!\bbe)(?<=[\w)%])"
            rf"\s*[,(–-]*\s+(?:now\s+|since\s+)?(?P<over>{_OVER})\b"
            r"(?=\s*(?:$|[.,;:()–-]|in\b|on\b|because|due|after|by|as\b|for\b|now|\d|(?-i:[A-Z])|since))"
            r"|(?<=\w)\s*\((?P<bracketed>"
            rf"{_OVER}|treated)\b",
            re.IGNORECASE,
        ),
        lambda m: f" was {m['over'] or m['bracketed']}",
    ),
    (re.compile(r"[,(–-]\s*none (?=for\b|since\b|now\b)"), lambda _: " was resolved, none "),
    (
        re.compile(r"(?<=\w)(?<!is)(?<!was)(?<!are)(?<!were) neg(?:ative)?(?=\s*(?:$|[.,;)]))"),
        lambda _: " was negative",
    ),
    (re.compile(r"\b(?P<often>\d+)\s?x?/\s?(?P<of>d|day|wk|week|night|month)\b"), _often),
    (re.compile(r"\bx\s?(?P<often>\d+)\s?/\s?(?P<of>d|day|wk|week|night|month)\b"), _often),
    (re.compile(r"(?<=mg) am\b|\bam(?= only)"), lambda _: " in the morning"),
    (re.compile(r"\b(?P<of>\d+)/(?P<all>10|27|30|100)\b(?![/.]\d)"), _score),
    (
        re.compile(rf"\b(?P<month>{_SHORT_MONTHS}) (?P<year>1[5-9]|2\d|30)(?=\s*(?:$|[.,;:()]))"),
        lambda m: f"{m[0]} (in {m['month']} 20{m['year']})",
    ),
    (re.compile(r"\b(?:[A-Za-z]\.){1,3}[A-Za-z]$"), lambda m: f"{m[0]}."),
    (re.compile(r"(?<=\d)#"), lambda _: " fractions"),
    (re.compile(r"#(?=\s?[A-Za-z])|(?<=[a-z])\s#"), lambda _: " fracture "),
    (re.compile(r"\bd\.\s*(?=\d\d\b)"), lambda _: "died at "),
    (re.compile(r"\bd\.\s*(?=(?:19|20)\d\d\b)"), lambda _: "died "),
    (re.compile(r"(?<!\S)\?\s?(?=[A-Za-z])"), lambda _: "possible "),
    (re.compile(r"(?<![\d/.-])(?P<year>(?:19|20)\d\d)(?:s|\b)(?![/.-]\d)"), _year),
    (re.compile(r"(?<![\d.])(?<!\d )\bR\b(?!\.?[A-Z])"), lambda _: "right"),
    (re.compile(r"(?<![\d.])(?<!\d )\bL\b(?!\.?[A-Z])"), lambda _: "left"),
    (re.compile(r"(?:\bon|%)\s+RA\b"), lambda m: m[0].replace("RA", "on room air")),
    (re.compile(r"\bNa\+?(?=\s\d)"), lambda _: "Na sodium"),
    (re.compile(r"(?<!itamin )(?<!it )\bK\+?(?=\s\d)"), lambda _: "potassium"),
)


@cache
def _words() -> dict[str, str]:
    entries = (entry.partition(":") for entry in lines("shorthand.txt") if ":" in entry)
    return {short.strip(): words.strip() for short, _, words in entries}


@cache
def _pattern() -> re.Pattern[str]:
    shorts = sorted((re.escape(short.lstrip("!")) for short in _words()), key=len, reverse=True)
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(shorts)})(?![\w/'-])", re.IGNORECASE)


def _word(match: re.Match[str]) -> str:
    short = match[0]
    words = _words().get(short.casefold())
    if words is None and short.isupper():
        words = _words().get(f"!{short}")
    return f"{short} {words}" if words else short
