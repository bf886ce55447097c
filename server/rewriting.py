"""What is done about a summary that the record contradicts, where nobody is there to look at it.

A model that writes freely is asked once more, with the complaint in its prompt. If the record
contradicts that text too, the plain sentences of the record take its place, and say so. Under a
clause grammar nothing false can be said, so nothing is asked again.
"""

import logging
from dataclasses import dataclass, replace

from . import grounding
from .grammar import plain
from .patients import Patient
from .summarize import Summary

NO_MODEL = "the record, no model"
"""Stands where the model's name does."""

log = logging.getLogger(__name__)


def checked(text: str, patient: Patient) -> grounding.Grounding | None:
    """`text` against the record; None where that cannot be done."""
    try:
        return grounding.check(text, patient)
    except Exception as problem:  # noqa: BLE001 - a record that cannot be read contradicts nothing
        log.error("a summary could not be checked: %s", type(problem).__name__)  # noqa: TRY400
        return None


def contradictions(found: grounding.Grounding | None) -> tuple[str, ...]:
    """The sentences which the record contradicts."""
    sentences = found.sentences if found else ()
    return tuple(each.text for each in sentences if each.verdict == "contradicted")


@dataclass(frozen=True, slots=True)
class Held:
    """A summary held against its record."""

    summary: Summary
    found: grounding.Grounding | None
    doubts: tuple[str, ...]
    """What the model is to be told before it writes once more; empty: this may be saved."""


def hold(summary: Summary, patient: Patient, *, told: bool) -> Held:
    """A summary, or the record's plain sentences in its place; blocks while it is checked.

    Args:
        summary: What the model wrote.
        patient: Of whom.
        told: Whether the model has been told of doubts already: then it is not asked again.
    """
    found = checked(summary.summary, patient)
    doubts = contradictions(found) if summary.source == "model" else ()
    if doubts and told:
        last = from_record(summary, patient)
        return Held(last, checked(last.summary, patient), ())
    return Held(summary, found, doubts)


def from_record(summary: Summary, patient: Patient) -> Summary:
    """The plain sentences of the record in place of a summary."""
    text = plain(patient)
    return replace(
        summary,
        summary=text,
        model=NO_MODEL,
        source="record",
        finish_reason="stop",
        tokens=0,
        characters=len(text),
        generation_id="",
    )
