"""What the MCP tools take and give: their arguments and results, from which MCP's schemas are made.

Bounds stand here, once: the schemas show them to clients and pydantic holds to them.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from mcp_kernel_tools.wire import ErrorKind

MAX_ID = 200
MAX_KEYWORD = 200
MAX_SUMMARY = 500_000
MAX_PAGE = 1000
MAX_COHORT = 100_000
MAX_CONCURRENCY = 64


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _id_text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        return str(int(value))
    raise ValueError("must be a string or a whole number")


PatientId = Annotated[
    str,
    BeforeValidator(_id_text),
    Field(min_length=1, max_length=MAX_ID, description="The id of the patient in the table."),
    WithJsonSchema({"anyOf": [{"type": "string", "maxLength": MAX_ID}, {"type": "integer"}]}),
]
Offset = Annotated[int, Field(ge=0, le=2**53, description="How many rows to skip.")]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE, description="How many rows at most.")]


class Keyword(Arguments):
    disease_keyword: str = Field(
        min_length=1, max_length=MAX_KEYWORD, description="One or more words of the record."
    )
    limit: Limit = 5


class OnePatient(Arguments):
    patient_id: PatientId


class Generation(OnePatient):
    stream: bool = Field(True, description="Whether tokens are sent while the model writes.")
    attempt: int = Field(0, ge=0, le=1000, description="Another number asks for another text.")
    grammar: bool | None = Field(
        None,
        description="Whether the model only chooses among sentences made of the record, if it can; "
        "null: as the server is set.",
    )


class Update(OnePatient):
    summary: str = Field(max_length=MAX_SUMMARY, description="A complete summary.")
    generation_id: str | None = Field(
        None, max_length=MAX_ID, description="The generation that the text comes from."
    )


class PatientPage(Arguments):
    offset: Offset = 0
    limit: Limit = 100


class SummaryQuery(Arguments):
    offset: Offset = 0
    limit: Limit = 20
    query: str = Field("", max_length=MAX_KEYWORD, description="A part of the id or the name.")


class Check(OnePatient):
    summary: str = Field(max_length=MAX_SUMMARY, description="A summary, or a sentence of one.")


class CohortPatients(Arguments):
    patient_ids: list[PatientId] = Field(
        min_length=1, max_length=MAX_COHORT, description="The ids of the patients in the table."
    )
    model: str | None = Field(
        None,
        max_length=MAX_ID,
        description="A model that server_status lists; without it, all of them side by side.",
    )
    concurrency: int | None = Field(
        None, ge=1, le=MAX_CONCURRENCY, description="Summaries at a time at each model."
    )
    resume: bool = Field(
        True,
        description="Whether patients are skipped whose summary is saved, "
        "and whose record, model and prompt are unchanged.",
    )


class CohortPage(Arguments):
    cohort_id: str | None = Field(
        None, max_length=MAX_ID, description="The run; without it, the newest."
    )
    offset: Offset = 0
    limit: Limit = MAX_PAGE


class NoArguments(Arguments):
    pass


class Error(BaseModel):
    """Of a call that failed: why, and what mends it."""

    kind: ErrorKind
    next: str


class Matched(BaseModel):
    field: str
    word: str


class Found(BaseModel):
    patient_id: str
    name: str
    age: str
    gender: str
    symptoms: str
    conditions: str
    matched: list[Matched]


class SearchResult(BaseModel):
    keyword: str
    total: int
    patients: list[Found]


class Record(BaseModel):
    patient_id: str
    name: str
    age: str
    gender: str
    symptoms: str
    conditions: str
    medications: str
    allergies: str
    blood_pressure: str
    blood_sugar: str
    last_visit: str
    family_history: str
    notes: str
    other: dict[str, str]


class RecordPage(BaseModel):
    total: int
    offset: int
    patients: list[Record]


class SavedRow(BaseModel):
    patient_id: str
    name: str
    summary: str
    model: str | None
    how: str
    saved_at: str


class MaybeSaved(BaseModel):
    """`saved` says whether there is a summary; without one the other fields are null."""

    patient_id: str
    saved: bool
    name: str
    summary: str | None = None
    model: str | None = None
    how: str | None = None
    saved_at: str | None = None


class SavedPage(BaseModel):
    total: int
    offset: int
    summaries: list[SavedRow]


class CheckedClaim(BaseModel):
    """One thing that a sentence says; `start` and `end` are characters of the whole text."""

    text: str
    start: int
    end: int
    kind: str
    verdict: str
    field: str
    evidence: str


class CheckedSentence(BaseModel):
    text: str
    start: int
    end: int
    verdict: str
    claims: list[CheckedClaim]


class LeftOut(BaseModel):
    """An item of the record that the text does not mention."""

    field: str
    text: str


class Checked(BaseModel):
    """A text against the record; `counts` are its sentences by verdict, and what is left out."""

    patient_id: str
    sentences: list[CheckedSentence]
    omissions: list[LeftOut]
    counts: dict[str, int]


class GeneratedSummary(BaseModel):
    patient_id: str
    name: str
    summary: str
    model: str
    finish_reason: str
    tokens: int
    characters: int
    first_token_seconds: float
    seconds: float
    generation_id: str
    source: str
    """model, model_under_grammar, or record: who wrote it."""
    grounding: Checked


class Written(BaseModel):
    patient_id: str
    name: str
    how: str
    replaced: bool
    seconds: float
    notice: str = ""


class Restored(BaseModel):
    patient_id: str
    name: str
    restored: bool
    summary: str | None


class CohortRow(BaseModel):
    """What became of one patient: done, skipped, failed or cancelled.

    `supported` to `omissions` count sentences of the summary, and items of the record that it
    leaves out; null where there is no summary.
    """

    patient_id: str
    name: str
    status: str
    kind: str | None
    reason: str
    model: str | None
    tries: int
    seconds: float | None
    tokens: int | None
    finish_reason: str | None
    source: str | None
    supported: int | None = None
    unsupported: int | None = None
    contradicted: int | None = None
    neutral: int | None = None
    omissions: int | None = None


class CohortReport(BaseModel):
    """A run (running, complete, stopped or cancelled) and a page of its rows, as they came."""

    cohort_id: str
    state: str
    total: int
    done: int
    skipped: int
    failed: int
    cancelled: int
    seconds: float
    models: list[str]
    notices: list[str]
    offset: int
    rows: list[CohortRow]


class ModelState(BaseModel):
    name: str
    state: str
    why: str
    detail: str


class ListedModel(ModelState):
    running: int
    waiting: int
    slots: int | None


class Status(BaseModel):
    version: str
    model: ModelState
    models: list[ListedModel]
    """All of the server's models, `model` first; a cohort may name one of them."""
    cluster: str | None
    """Where cohorts run, if not here."""
    patients: int
    summaries: int
    running: int
    waiting: int
    slots: int | None
