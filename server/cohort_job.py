"""One patient of a cohort: whether there is anything to do, and what became of it."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from .cohort_report import Marks, Row, mark
from .errors import Failure, StoreFailed, UnknownPatient
from .grounding import check
from .patients import Patient, PatientTable
from .summaries import Origin, SummaryStore, Unsaved
from .summarize import Summary

CHUNK = 100
"""Patients that are looked up at a time."""

Chunk = list[tuple[str, int | None]]
"""Ids, and their rows in the patient table."""

Writers = Collection[tuple[str | None, str | None]]
"""Models, and how each of them is asked."""

log = logging.getLogger(__name__)


def is_current(origin: Origin | None, record: str, writers: Writers) -> bool:
    """Whether a saved summary still stands, so that a resumed run skips its patient.

    A model's own text stands while record, model and wording are unchanged. What a person wrote or
    edited is replaced by no resumed run, unless the record is known to have changed since.
    """
    if origin is None:
        return False
    if origin.how != "generated":
        return origin.record in (None, record)
    return origin.record == record and (origin.model, origin.wording) in writers


@dataclass(slots=True)
class Job:
    """One patient who waits for a summary."""

    patient: Patient
    faults: int = 0
    asked: int = 0
    complaint: tuple[str, ...] = ()
    """What the record contradicts in the text before, for the model to be told."""

    def failed(self, failure: Failure, model: str | None) -> Row:
        return Row(
            patient_id=self.patient.patient_id,
            name=self.patient.name,
            status="failed",
            kind=failure.kind,
            reason=str(failure),
            model=model,
            tries=self.asked,
        )

    def done(self, summary: Summary, marks: Marks | None) -> Row:
        return Row(
            patient_id=self.patient.patient_id,
            name=self.patient.name,
            status="done",
            model=summary.model,
            tries=self.asked,
            seconds=summary.seconds,
            tokens=summary.tokens,
            finish_reason=summary.finish_reason,
            source=summary.source,
            marks=marks,
        )

    def skipped(self, store: SummaryStore, writers: Writers) -> Row | None:
        """The account of the patient if the saved summary still stands; blocks on the disk."""
        patient = self.patient
        origin = store.origin(patient.patient_id)
        if not is_current(origin, patient.fingerprint(), writers):
            return None
        marks = Marks.read(origin.marks) if origin else None
        if marks is None and (saved := store.get(patient.patient_id)):
            marks = marked(saved.summary, patient)
        return Row(
            patient_id=patient.patient_id,
            name=patient.name,
            status="skipped",
            model=origin.model if origin else None,
            marks=marks,
        )

    def unsaved(self, summary: Summary, marks: Marks | None) -> Unsaved:
        origin = Origin(
            how="generated",
            model=summary.model,
            record=self.patient.fingerprint(),
            wording=summary.wording,
            marks=asdict(marks) if marks else None,
            generation_id=summary.generation_id or None,
        )
        return Unsaved(self.patient.patient_id, self.patient.name, summary.summary, origin)


def marked(summary: str, patient: Patient) -> Marks | None:
    """The marks of a summary, if it can be read at all."""
    try:
        return mark(check(summary, patient))
    except Exception as problem:  # noqa: BLE001 - the summary is saved; its marks are an extra
        log.error("a summary could not be marked: %s", type(problem).__name__)  # noqa: TRY400
        return None


def chunks(patients: PatientTable, ids: Sequence[str]) -> list[Chunk]:
    """The patients and their rows, found by one look through the table."""
    wanted = set(ids)
    known = enumerate(patients.frame["patient_id"])
    rows = {id: row for row, id in known if id in wanted}
    found = [(id, rows.get(id)) for id in ids]
    return [found[start : start + CHUNK] for start in range(0, len(found), CHUNK)]


def look_up(
    chunk: Chunk, patients: PatientTable, store: SummaryStore, writers: Writers | None
) -> list[Job | Row]:
    """What there is to do for each patient, or what became of it; blocks on the disk.

    Args:
        chunk: The patients.
        patients: The patient table.
        store: The summaries.
        writers: Whose summaries may still stand; None: every patient is done anew.
    """
    return [
        _look(Job(patients.at(row)), store, writers) if row is not None else _unknown(id)
        for id, row in chunk
    ]


def _look(job: Job, store: SummaryStore, writers: Writers | None) -> Job | Row:
    try:
        return (writers is not None and job.skipped(store, writers)) or job
    except StoreFailed as failure:
        return job.failed(failure, None)


def _unknown(id: str) -> Row:
    unknown = UnknownPatient(id)
    return Row(patient_id=id, status="failed", kind=unknown.kind, reason=str(unknown))
