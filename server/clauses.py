"""The clauses of a record: each kind of its facts in every frame that is true of it.

A kind of facts has a letter: c conditions, s symptoms, m medications, a allergies, r readings
(blood pressure and sugar), v last visit, f family history.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from . import frames
from .brief import Brief, Items, is_noun_phrase
from .frames import Frames
from .gbnf import Option, Part, Rule


@dataclass(frozen=True, slots=True)
class Clause:
    """One kind of facts, ready to be said."""

    opening: Rule
    """As the beginning of a sentence."""
    joined: Rule | None
    """Behind ", and "; None where the clause has to stand alone."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A first sentence without its full stop, and the kinds of facts that it says."""

    option: Option
    said: frozenset[str]


def clauses(brief: Brief) -> dict[str, Clause]:
    """The clause of each kind of facts that the record has, by its letter."""
    conditions = frames.HISTORY if brief.conditions.of_the_past else frames.CONDITIONS
    symptoms = frames.SYMPTOMS if brief.reports else frames.INFANT_SYMPTOMS
    said = {
        "c": _list("conditions", brief.conditions, conditions, brief),
        "s": _list("symptoms", brief.symptoms, symptoms, brief),
        "m": _list("medications", brief.medications, frames.MEDICATIONS, brief),
        "a": _list("allergies", brief.allergies, frames.ALLERGIES, brief),
        "r": _readings(brief),
        "v": _visit(brief),
        "f": _list("family", brief.family, frames.FAMILY_HISTORY, brief),
    }
    if brief.medications.none and brief.allergies.none:
        neither = {"none": brief.no_allergies}
        said |= {"m": _clause("medications-and-allergies", (frames.NEITHER,), neither, brief)}
        said |= {"a": None}
    return {kind: clause for kind, clause in said.items() if clause}


def openings(brief: Brief) -> list[Opening]:
    """The first sentences: who the patient is, with conditions, symptoms, both or neither.

    None for a record that does not say who it is about.
    """
    texts = {
        "name": brief.name or "The patient",
        "who": brief.who,
        "conditions": _phrase(brief.conditions, "no known conditions"),
        "symptoms": _phrase(brief.symptoms, "no symptoms"),
    }
    written = frames.OPENINGS if brief.who else frames.NAMED_OPENINGS
    found = [
        Opening(brief.speaker.fill(frame, texts), frozenset(kinds))
        for kinds, choice in written.items()
        for frame in choice
        if kinds and _fits(frame, texts, brief)
    ]
    if brief.conditions.none and brief.symptoms.none:  # not in two sentences
        return [opening for opening in found if len(opening.said) == 2] or found
    if not found and (brief.name or brief.who):
        (frame,) = written[""]
        return [Opening(brief.speaker.fill(frame, texts), frozenset())]
    return found


def _fits(frame: str, texts: Mapping[str, Part], brief: Brief) -> bool:
    """Whether the frame has its texts, and is true of conditions of the past and of infants."""
    has, reports = " has {conditions}" in frame, "reports" in frame
    return (
        all(text or f"{{{field}}}" not in frame for field, text in texts.items())
        and not (has and brief.conditions.of_the_past)
        and not (reports and not brief.reports)
    )


def _phrase(items: Items, none: str) -> str:
    """A list as the first sentence says it; empty where it cannot."""
    if items.none:
        return none
    return str(items) if items.plain and ";" not in str(items) else ""


def _list(name: str, items: Items, written: Frames, brief: Brief) -> Clause | None:
    if not items:
        return None
    if items.none:
        texts: Mapping[str, Part] = {"none": brief.no_allergies}
        return _clause(name, written.none, texts, brief)
    if not items.texts:
        return _clause(name, (written.elsewhere,), {}, brief, alone=True)
    if not items.plain:
        return _clause(name, (written.label,), {"items": items.apart}, brief, alone=True)
    texts = {"items": Rule(name, ((str(items),),))}
    alone = ";" in str(items)
    return _clause(name, written.plain, texts, brief, many=items.many, alone=alone)


def _readings(brief: Brief) -> Clause | None:
    texts: dict[str, Part] = {"pressure": brief.pressure, "sugar": brief.sugar}
    if brief.pressure and brief.sugar:
        written = frames.PRESSURE_AND_SUGAR
    elif brief.pressure:
        written = frames.PRESSURE
    elif brief.sugar:
        written = frames.SUGAR
    else:
        return None
    plain = all(map(is_noun_phrase, (brief.pressure, brief.sugar)))
    used = written.plain if plain else (written.label,)
    return _clause("readings", used, texts, brief, alone=not plain)


def _visit(brief: Brief) -> Clause | None:
    if not brief.visit:
        return None
    written = frames.VISIT.plain if brief.visit_is_date else (frames.VISIT.label,)
    return _clause("visit", written, {"items": brief.visit}, brief, alone=not brief.visit_is_date)


def _clause(
    name: str,
    written: Iterable[str],
    texts: Mapping[str, Part],
    brief: Brief,
    *,
    many: bool = False,
    alone: bool = False,
) -> Clause:
    def rule(prefix: str, opens: bool) -> Rule:
        options = (brief.speaker.options(f, texts, many=many, opens=opens) for f in written)
        return Rule(f"{prefix}-{name}", tuple(chain.from_iterable(options)))

    return Clause(rule("say", opens=True), None if alone else rule("and", opens=False))
