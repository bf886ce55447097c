"""What a record says, read out of its cells: items of lists, an age, a sex, relatives.

Tables write lists in many ways ("a, b", "a; b", one JSON list) and leave cells empty. This module
reads them once; prompts, grounding and grammar all start from the same `Facts`, and from the same
plain fact sentences. Nothing is inferred: what cannot be read stays the text that it was.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mcp_kernel_tools.wire import visible

from .patients import Patient

Sex = Literal["female", "male", ""]

RELATIVES = (
    r"(?:maternal |paternal |half[- ]|step[- ]?|great[- ]|younger |older |elder |twin )*"
    r"(?:grand)?(?:mother|father|parents?|mum|mom|dad|sisters?|brothers?|siblings?|sons?|daughters?"
    r"|child(?:ren)?|aunts?|uncles?|cousins?|nieces?|nephews?|twin|husband|wife|spouse|partner)"
)
"""A regular expression for the words that name a relative."""

_NONE = re.compile(
    r"(?:no known|no recorded|none|nil|nkd?a|no|nothing|negative|unremarkable"
    r"|non[- ]?contributory)\b"
    r"(?: (?:known|recorded|reported|on record|to date|drug|food|significant|relevant|of note"
    r"|allerg\w+|conditions?|symptoms?|medications?|medicines?|drugs?|family history|history))*\.?",
    re.IGNORECASE,
)
_NEXT_RELATIVE = re.compile(rf"\.\s+(?=(?:(?:his|her|their|an?)\s+)?{RELATIVES}\b)", re.IGNORECASE)
"""Between "Mother: asthma." and "Father had gout."."""

_NEXT_SENTENCE = re.compile(
    r"(?:(?<=[a-z\d)%]{2})|(?<=[A-Z]{2}))(?<!\bant)(?<!\binf)(?<!\blat)(?<!\bapprox)(?<!\bdr)"
    r"(?<!\bst)(?<!\bvs)(?<!\bprof)(?<!\bmax)(?<!\bno)\.\s+(?=[A-Z\d])"
)
"""After two letters at least, and no abbreviation: the points of "o.d." and "Dr. A. Lee" end
nothing."""

_GOES_ON = re.compile(
    r"(?:was |now |has |is |since |all )*"
    r"(?:stopped|discontinued|withdrawn|completed|finished|done|ended|resolved|settled|recovered"
    r"|gone|cleared|excluded|treated|healed|healing|improving|none (?:since|for)|not tolerated"
    r"|reduc\w+|increas\w+|tapering|restarted|started|due|until|then|released|repaired|removed"
    r"|resected|discharged|controlled|in remission|childhood only|diagnosed|since)\b",
    re.IGNORECASE,
)
"""What tells more of the item before it: "propranolol 40 mg, stopped in March" is one drug."""

_DOSE = re.compile(
    r"\d|(?:once|twice|thrice|daily|weekly|monthly|every|each|as needed|prn|at bedtime|with)\b",
    re.IGNORECASE,
)
_MISSING = {"", "-", "--", "?", "n/a", "na", "nan", "null", "not recorded", "not known", "unknown"}
_FEMALE = {"f", "female", "woman", "girl", "w"}
_MALE = {"m", "male", "man", "boy"}
_SPLITTERS = (";", "|", " / ", ",")


@dataclass(frozen=True, slots=True)
class Listing:
    """The items of one cell; `none` when the cell says that there are none ("NKDA")."""

    items: tuple[str, ...] = ()
    none: bool = False

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True, slots=True)
class Relative:
    """One item of the family history; `relation` is empty where the cell names none."""

    relation: str
    condition: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A record, read."""

    name: str
    age: int | None
    sex: Sex
    symptoms: Listing
    conditions: Listing
    medications: Listing
    allergies: Listing
    family: tuple[Relative, ...]
    no_family_history: bool
    blood_pressure: str
    blood_sugar: str
    last_visit: str
    notes: str
    other: Mapping[str, str]


def read(patient: Patient) -> Facts:
    """The facts of a record."""
    family = listing(_NEXT_RELATIVE.sub("; ", patient.family_history))
    return Facts(
        name=cell(patient.name),
        age=_age(patient.age),
        sex=_sex(patient.gender),
        symptoms=listing(patient.symptoms),
        conditions=listing(patient.conditions),
        medications=_with_their_doses(listing(patient.medications)),
        allergies=listing(patient.allergies),
        family=tuple(map(_relative, family.items)),
        no_family_history=family.none,
        blood_pressure=cell(patient.blood_pressure),
        blood_sugar=cell(patient.blood_sugar),
        last_visit=cell(patient.last_visit),
        notes=cell(patient.notes),
        other={cell(k): cell(v) for k, v in patient.other.items() if cell(v)},
    )


def cell(text: str) -> str:
    """A cell as one line of visible text; empty when it says that it is missing."""
    line = " ".join(visible(unicodedata.normalize("NFC", text)).split())
    return "" if line.lower() in _MISSING else line


def listing(text: str) -> Listing:
    """The items of a cell, in its order, each once."""
    line = cell(text)
    items = tuple(dict.fromkeys(i for i in map(_item, _split(text, line)) if i))
    if len(items) == 1 and _NONE.fullmatch(items[0]):
        return Listing(none=True)
    return Listing(items)


def _split(text: str, line: str) -> Iterable[str]:
    if line.startswith("["):
        try:
            values = json.loads(line)
        except ValueError:
            values = None
        if isinstance(values, list) and all(isinstance(v, str | int | float) for v in values):
            return map(str, values)
    if len(lines := text.strip().splitlines()) > 1:
        return lines
    splitters = (s for s in _SPLITTERS if len(_split_outside_brackets(line, s)) > 1)
    splitter = next(splitters, _SPLITTERS[-1])
    sentences = _NEXT_SENTENCE.split(line)
    parts = (part for each in sentences for part in _split_outside_brackets(each, splitter))
    return _with_what_goes_on(parts)


def _split_outside_brackets(line: str, splitter: str) -> list[str]:
    if splitter not in line:
        return [line]
    parts, depth, start = [], 0, 0
    for at, char in enumerate(line):
        depth = max(0, depth + (char in "([{") - (char in ")]}"))
        thousands = char == "," and line[at + 1 : at + 2].isdigit() and line[at - 1 : at].isdigit()
        if line.startswith(splitter, at) and depth == 0 and not thousands and at >= start:
            parts.append(line[start:at])
            start = at + len(splitter)
    return [*parts, line[start:]]


def _with_what_goes_on(parts: Iterable[str]) -> list[str]:
    items: list[str] = []
    for part in parts:
        if items and _GOES_ON.match(part.strip()):
            items[-1] = f"{items[-1].rstrip()}, {part.strip()}"
        else:
            items.append(part)
    return items


def _with_their_doses(drugs: Listing) -> Listing:
    """ "Insulin, 10 units, at bedtime" is one drug: what begins like a dose is the last one's."""
    items: list[str] = []
    for item in drugs.items:
        if items and _DOSE.match(item):
            items[-1] += f", {item}"
        else:
            items.append(item)
    return Listing(tuple(items), drugs.none)


def _item(text: str) -> str:
    return re.sub(r"^(?:and |[-*•]\s+)", "", cell(text)).rstrip(".;,").strip()


def _age(text: str) -> int | None:
    match = re.match(r"\s*(\d{1,3})(?:\.0*)?(?:\s*(?:years?|yrs?|y(?:/o|\.o\.|o)?)\b.*)?\s*$", text)
    return int(match[1]) if match else None


def _sex(text: str) -> Sex:
    word = cell(text).lower()
    return "female" if word in _FEMALE else "male" if word in _MALE else ""


def _relative(item: str) -> Relative:
    """ "mother: stroke", "mother - stroke", "stroke (mother)", "mother had a stroke"."""
    if m := re.fullmatch(
        rf"({RELATIVES})(?:\s*[:–—-]\s+|\s+(?:with|had|has)\s+)(.+)", item, re.IGNORECASE
    ):
        return Relative(_lower_first(m[1]), re.sub(r"^died (?:of|from) ", "death from ", m[2]))
    if m := re.fullmatch(
        rf"(.+?)\s*(?:\(({RELATIVES})\)|\bin (?:his |her )?({RELATIVES}))", item, re.IGNORECASE
    ):
        return Relative(_lower_first(m[2] or m[3]), m[1])
    return Relative("", item)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


@dataclass(frozen=True, slots=True)
class Words:
    """How a sentence speaks of the patient. Without a known sex it says "the patient"."""

    subject: str
    possessive: str
    noun: str


def words(facts: Facts) -> Words:
    child = facts.age is not None and facts.age < 18
    match facts.sex:
        case "female":
            return Words("she", "her", "girl" if child else "woman")
        case "male":
            return Words("he", "his", "boy" if child else "man")
        case _:
            return Words("the patient", "the patient's", "patient")


def who(facts: Facts) -> str:
    """The patient in a noun phrase: "a 58-year-old woman"."""
    noun = words(facts).noun
    match facts.age:
        case None:
            return f"a {noun}"
        case 0:
            return f"an infant {noun}" if facts.sex else "an infant"
        case age:
            return f"{article(age)} {age}-year-old {noun}"


def article(age: int | None) -> str:
    """ "an" before eight, eleven, eighteen and the eighties."""
    return "an" if age in (8, 11, 18) or 80 <= (age or 0) < 90 else "a"


def joined(items: Iterable[str]) -> str:
    """ "a, b and c"; with semicolons where an item has a comma or an "and" of its own."""
    *most, last = items
    if not most:
        return last
    if any("," in item or " and " in item for item in [*most, last]):
        return "; ".join([*most, f"and {last}"])
    return f"{', '.join(most)} and {last}"


def relative(item: Relative, possessive: str) -> str:
    """One item of the family history as a phrase: "stroke in her mother"."""
    return f"{item.condition} in {possessive} {item.relation}" if item.relation else item.condition


def sentences(facts: Facts) -> list[str]:
    """The record as plain sentences, without its notes and its other columns."""
    w = words(facts)
    she, her = w.subject.capitalize(), w.possessive.capitalize()
    said = _opening(facts)
    if facts.symptoms:
        said.append(f"{she} reports {joined(facts.symptoms.items)}.")
    elif facts.symptoms.none:
        said.append(f"{she} reports no symptoms.")
    if facts.medications:
        said.append(f"{she} takes {joined(facts.medications.items)}.")
    elif facts.medications.none:
        said.append(f"{she} takes no medications.")
    if facts.allergies:
        said.append(f"{she} is allergic to {joined(facts.allergies.items)}.")
    elif facts.allergies.none:
        said.append(f"{she} has no known allergies.")
    if facts.blood_pressure:
        said.append(f"{her} blood pressure is {facts.blood_pressure}.")
    if facts.blood_sugar:
        said.append(f"{her} blood sugar is {facts.blood_sugar}.")
    if facts.last_visit:
        said.append(f"{her} last visit was on {facts.last_visit}.")
    if facts.family:
        relatives = joined(relative(item, w.possessive) for item in facts.family)
        said.append(f"{her} family history includes {relatives}.")
    elif facts.no_family_history:
        said.append(f"{she} has no known family history.")
    return said


def _opening(facts: Facts) -> list[str]:
    name = facts.name or "The patient"
    conditions = joined(facts.conditions.items) if facts.conditions else "no known conditions"
    stated = bool(facts.conditions) or facts.conditions.none
    if facts.age is None and not facts.sex:
        return (
            [f"{name} has {conditions}."]
            if stated
            else [f"{name} is a patient."] * bool(facts.name)
        )
    return [f"{name} is {who(facts)}{f' with {conditions}' if stated else ''}."]
