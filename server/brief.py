"""A record as short as a summary can say it: texts of bounded size, and what had to stay out.

A list that is too long ends after one of its items and says "others on record"; a list whose first
item is too long alone is left out whole, and the summary says where it stands. Any other cell ends
after a word, with "…". The largest list is shortened first, so that a long family history does not
cost an allergy.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from . import facts
from .facts import Facts, Listing
from .frames import Speaker
from .patients import Patient
from .prompts import shortened

BYTES = 720
"""Of all texts of a record together, in UTF-8. The frames around them add at most 480."""

_BETWEEN_ITEMS = 2
"""Bytes of ", "."""

CELL_BYTES = 60
"""Of a name, a value or a date."""

REPORTING_AGE = 6
"""Years. A younger child's symptoms are told by somebody else."""

OTHERS = "others on record"

_MOST_WORDS = 12
_NO_NOUN_PHRASE = re.compile(
    r"[.!?:;]\s|[!?:]$|\b(?:no|not|none|nor|never|nil|negative|nothing|without|denie[sd]|deny"
    r"|stop(?:s|ped)?|discontinued?|ceased?|held|hold|paused?|quit|former|formerly|previous"
    r"|previously|past|ex|resolved|recovered|cured|off|suspected|possibl[ey]|probabl[ey]|likely"
    r"|unlikely|r/o|rule[ds]?|risk|family|unknown|unclear|allerg(?:y|ic) to|intoleran\w+"
    r"|refuse[sd]?|decline[sd]?|he|she|they|patient|has|had|have|is|was|are|were|takes|took)\b",
    re.IGNORECASE,
)
_OF_THE_PAST = re.compile(r"(?:prior|history of|status post|s/p|h/o)\b", re.IGNORECASE)
_NO_KNOWN_ALLERGIES = re.compile(r"no known (?:\w+ )?allergies", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Items:
    """A list, as it can be said."""

    texts: tuple[str, ...] = ()
    none: bool = False
    """The record says that there are none."""
    cut: bool = False
    """There are more than can be said."""

    def __bool__(self) -> bool:
        return bool(self.texts) or self.none or self.cut

    def __str__(self) -> str:
        return facts.joined(self._said)

    @property
    def apart(self) -> str:
        """The items as they stand behind a label: no "and", or a denial would reach further."""
        return "; ".join(self._said)

    @property
    def _said(self) -> tuple[str, ...]:
        return (*self.texts, OTHERS) if self.cut else self.texts

    @property
    def many(self) -> bool:
        return len(self.texts) + self.cut > 1

    @property
    def plain(self) -> bool:
        """Whether each item may stand where a sentence has a noun phrase."""
        return bool(self.texts) and all(map(is_noun_phrase, self.texts))

    @property
    def of_the_past(self) -> bool:
        """Whether one of them is "prior stroke" or "history of stroke"."""
        return any(map(_OF_THE_PAST.match, self.texts))


@dataclass(frozen=True, slots=True)
class Brief:
    """What a summary can say of a patient. A text that is missing is empty."""

    name: str
    who: str
    """The patient in a noun phrase; empty when the record says nothing of age and sex."""
    reports: bool
    """Whether the patient is old enough to report symptoms."""
    speaker: Speaker
    conditions: Items
    symptoms: Items
    medications: Items
    allergies: Items
    family: Items
    no_allergies: str
    """How the record says that there are none: "no known drug allergies"."""
    pressure: str
    sugar: str
    visit: str
    """Words of the record, or its ISO date in words."""
    visit_is_date: bool


def brief(patient: Patient) -> Brief:
    """The record of `patient`, shortened where it has to be."""
    read = facts.read(patient)
    speaker = Speaker.of(read.sex)
    name, who = _cut(read.name), _who(patient, read)
    pressure, sugar = _cut(read.blood_pressure), _cut(read.blood_sugar)
    date = _date(read.last_visit)
    visit = date or _cut(read.last_visit)
    lists = {
        "conditions": _items(read.conditions),
        "symptoms": _items(read.symptoms),
        "medications": _items(read.medications),
        "allergies": _items(read.allergies),
        "family": _family(read, speaker),
    }
    taken = sum(map(_size, (name, who, pressure, sugar, visit)))
    return Brief(
        name=name,
        who=who,
        reports=read.age is None or read.age >= REPORTING_AGE,
        speaker=speaker,
        no_allergies=_no_allergies(patient.allergies),
        pressure=pressure,
        sugar=sugar,
        visit=visit,
        visit_is_date=bool(date),
        **_fitting(lists, BYTES - taken),
    )


def is_noun_phrase(text: str) -> bool:
    """Whether `text` keeps its meaning in "she has ...": no sentence, no denial, nothing past.

    It errs to the safe side: a text that it does not take stands behind a label.
    """
    return not _NO_NOUN_PHRASE.search(text) and len(text.split()) <= _MOST_WORDS


def _items(listing: Listing) -> Items:
    return Items(listing.items, none=listing.none)


def _family(read: Facts, speaker: Speaker) -> Items:
    said = (facts.relative(relative, speaker.possessive) for relative in read.family)
    return Items(tuple(said), none=read.no_family_history)


def _who(patient: Patient, read: Facts) -> str:
    """ "a 58-year-old woman"; an age or a gender that is no number, or no sex, as it is written."""
    aside = []
    if read.age is None and (age := facts.cell(patient.age)):
        aside.append(f"recorded age: {_cut(age)}")
    if not read.sex and (gender := facts.cell(patient.gender)):
        aside.append(f"recorded gender: {_cut(gender)}")
    if not aside:
        return "" if read.age is None and not read.sex else facts.who(read)
    # Nobody knows whether "8 months" is a woman.
    noun = facts.who(read) if read.age is not None else f"a {read.sex} patient".replace("  ", " ")
    return f"{noun} ({', '.join(aside)})"


def _no_allergies(text: str) -> str:
    said = facts.cell(text).rstrip(".").lower()
    if _NO_KNOWN_ALLERGIES.fullmatch(said):
        return said
    return "no known drug allergies" if said == "nkda" else "no known allergies"


def _date(text: str) -> str:
    """An ISO date in words, "3 February 2026"; empty for any other text."""
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        return ""
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Not the locale's names."""


def _cut(text: str) -> str:
    while _size(text) > CELL_BYTES:
        text = shortened(text, len(text) * 3 // 4)
    return text


def _size(text: str) -> int:
    return len(text.encode())


def _item_size(text: str) -> int:
    return _size(text) + _BETWEEN_ITEMS


def _fitting(lists: Mapping[str, Items], room: int) -> dict[str, Items]:
    """The lists with as many of their items as `room` bytes hold."""
    kept = {name: list(items.texts) for name, items in lists.items()}
    sizes = {name: sum(map(_item_size, texts)) for name, texts in kept.items()}
    while sum(sizes.values()) > room:
        largest = max(sizes, key=sizes.__getitem__)
        sizes[largest] -= _item_size(kept[largest].pop())
    return {
        name: replace(items, texts=tuple(kept[name]), cut=len(kept[name]) < len(items.texts))
        for name, items in lists.items()
    }
