"""What is done about a summary that the record contradicts, where nobody is there to look at it.

A model that writes freely is asked once more, with the complaint in its prompt. If the record
contradicts that text too, the plain sentences of the record take its place, and say so. Under a
clause grammar nothing false can be said, so nothing is asked again.
"""

import logging
from dataclasses import replace

import anyio.to_thread

from . import grounding
from .grammar import plain
from .patients import Patient
from .summarize import Summarizer, Summary

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


async def unattended(
    summarizer: Summarizer, patient: Patient, attempt: int = 0
) -> tuple[Summary, grounding.Grounding | None]:
    """A summary that the record does not contradict, as far as the check can tell.

    With it comes what the check found, where it was needed.

    Raises:
        Failure: as `Summarizer.summarize` does.
    """
    first, found = await _free(summarizer, patient, attempt)
    doubts = contradictions(found)
    if not doubts:
        return first, found
    second, found = await _free(summarizer, patient, attempt, doubts)
    return (from_record(second, patient), None) if contradictions(found) else (second, found)


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


async def _free(
    summarizer: Summarizer, patient: Patient, attempt: int, complaint: tuple[str, ...] = ()
) -> tuple[Summary, grounding.Grounding | None]:
    summary = await summarizer.summarize(
        patient.patient_id, _unread, _unseen, attempt=attempt, complaint=complaint
    )
    if summary.source != "model":
        return summary, None
    return summary, await anyio.to_thread.run_sync(checked, summary.summary, patient)


async def _unread(_token: str) -> None:
    """Nobody reads along."""


async def _unseen(_place: int) -> None:
    """Nobody looks at the queue."""
