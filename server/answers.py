"""What the tools answer: the same facts as a text for people and as a model for programs."""

from collections import Counter
from dataclasses import asdict, dataclass

from pydantic import BaseModel

from mcp_kernel_tools.wire import visible

from .cohort_report import STATUSES, Report, Row
from .endpoints import ModelEndpoint
from .grounding import Grounding
from .patients import Patient
from .schemas import (
    Checked,
    CheckedSentence,
    CohortReport,
    CohortRow,
    Found,
    LeftOut,
    ListedModel,
    Matched,
    Record,
    SavedRow,
)
from .search import Match
from .summaries import SavedSummary


@dataclass(frozen=True, slots=True)
class Answer:
    """A result twice: `text` for people and clients that read lines, `data` for programs."""

    text: str
    data: BaseModel


def line(text: str) -> str:
    """`text` on one line, with nothing in it that acts."""
    return " ".join(visible(text).split())


def search_line(place: int, match: Match) -> str:
    """A match as one line of a numbered list."""
    patient = match.patient
    return (
        f"{place}. ID: {patient.patient_id:<3} | Name: {line(patient.name)} | "
        f"Age: {line(patient.age)} | Symptoms: {line(patient.symptoms)}"
    )


def found(match: Match) -> Found:
    """A match for programs."""
    patient = match.patient
    return Found(
        patient_id=patient.patient_id,
        name=patient.name,
        age=patient.age,
        gender=patient.gender,
        symptoms=patient.symptoms,
        conditions=patient.conditions,
        matched=[Matched(field=field, word=word) for field, word in match.matched],
    )


def record(patient: Patient) -> Record:
    """The whole record of a patient for programs."""
    return Record(**{**asdict(patient), "other": dict(patient.other)})


def record_text(record: Record) -> str:
    """A record as lines of `field: text`, empty fields left out."""
    fields = record.model_dump(exclude={"other"}) | record.other
    lines = (f"{line(name)}: {line(text)}" for name, text in fields.items() if text)
    return "\n".join(lines)


def listed(endpoint: ModelEndpoint) -> ListedModel:
    """A model of the server and what it does at the moment."""
    readiness, slots = endpoint.readiness, endpoint.slots
    return ListedModel(
        name=readiness.model.name,
        state=readiness.state,
        why=readiness.why,
        detail=readiness.detail,
        running=slots.running,
        waiting=slots.waiting,
        slots=slots.limit,
    )


def cohort_page(report: Report, offset: int, limit: int) -> Answer:
    """A page of the rows of a run."""
    page = CohortReport(
        cohort_id=report.id,
        state=report.state,
        total=report.total,
        **{status: report.counts[status] for status in STATUSES},
        seconds=report.seconds,
        models=report.models,
        notices=report.notices,
        offset=offset,
        rows=[_cohort_row(row) for row in report.rows[offset : offset + limit]],
    )
    sentence = f"{report.sentence}, in {report.seconds:.1f} s ({report.state})."
    return Answer("\n".join((sentence, *report.notices)), page)


def _cohort_row(row: Row) -> CohortRow:
    marks = asdict(row.marks) if row.marks else {}
    return CohortRow(**{**asdict(row), **marks})


def saved_row(saved: SavedSummary) -> SavedRow:
    """A saved summary for programs."""
    return SavedRow(
        patient_id=saved.patient_id,
        name=saved.name,
        summary=saved.summary,
        model=saved.model,
        how=saved.how,
        saved_at=saved.saved_at,
    )


def checked(patient_id: str, grounding: Grounding) -> Checked:
    """What the record says of a summary, sentence by sentence."""
    counts = Counter[str](sentence.verdict for sentence in grounding.sentences)
    return Checked(
        patient_id=patient_id,
        sentences=[CheckedSentence.model_validate(asdict(each)) for each in grounding.sentences],
        omissions=[LeftOut(field=each.field, text=each.text) for each in grounding.omissions],
        counts={**counts, "omissions": len(grounding.omissions)},
    )
