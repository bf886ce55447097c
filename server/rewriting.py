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


def contradictions(text: str, patient: Patient) -> tuple[str, ...]:
    """The sentences of `text` which the record contradicts."""
    try:
        found = grounding.check(text, patient)
    except Exception as problem:  # noqa: BLE001 - a record that cannot be read contradicts nothing
        log.error("a summary could not be checked: %s", type(problem).__name__)  # noqa: TRY400
        return ()
    return tuple(each.text for each in found.sentences if each.verdict == "contradicted")


async def unattended(summarizer: Summarizer, patient: Patient, attempt: int = 0) -> Summary:
    """A summary that the record does not contradict, as far as the check can tell.

    Raises:
        Failure: as `Summarizer.summarize` does.
    """
    first = await _free(summarizer, patient, attempt)
    doubts = await _doubts(first, patient)
    if not doubts:
        return first
    second = await _free(summarizer, patient, attempt, doubts)
    return from_record(second, patient) if await _doubts(second, patient) else second


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
) -> Summary:
    return await summarizer.summarize(
        patient.patient_id, _unread, _unseen, attempt=attempt, complaint=complaint
    )


async def _doubts(summary: Summary, patient: Patient) -> tuple[str, ...]:
    if summary.source != "model":
        return ()
    return await anyio.to_thread.run_sync(contradictions, summary.summary, patient)


async def _unread(_token: str) -> None:
    """Nobody reads along."""


async def _unseen(_place: int) -> None:
    """Nobody looks at the queue."""
