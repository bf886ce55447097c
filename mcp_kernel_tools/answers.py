"""What the server's tools answer: shapes, the DataFrames made of them, and the failures.

The shapes are typed dictionaries, because that is what crosses the wire: nothing is converted, and
a newer server may send more than is named here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from mcp_kernel_tools.errors import KernelToolsError, SummaryIncomplete, ToolFailed
from mcp_kernel_tools.wire import visible

if TYPE_CHECKING:
    import pandas as pd


Verdict = Literal["supported", "unsupported", "contradicted", "neutral"]
"""What the record says of a claim: yes; nothing; the opposite; or there is nothing to check."""


class Claim(TypedDict):
    """One thing that a text says. `start` and `end` count characters of the whole text."""

    text: str
    start: int
    end: int
    kind: str
    """name, number, drug, dose, condition, ..."""
    verdict: Verdict
    field: str
    """The field of the record that says so, or says otherwise; "" where none does."""
    evidence: str
    """What the record says there."""


class CheckedSentence(TypedDict):
    text: str
    start: int
    end: int
    verdict: Verdict
    """The worst verdict of its claims."""
    claims: list[Claim]


class Omission(TypedDict):
    """An item of the record that a text does not mention."""

    field: str
    text: str


class Grounding(TypedDict):
    """A text held against its patient's record.

    It directs a reader's attention and proves nothing: a text without a mark may be wrong.
    """

    patient_id: str
    sentences: list[CheckedSentence]
    omissions: list[Omission]
    counts: dict[str, int]
    """The sentences by verdict, and the `omissions`."""


Source = Literal["model", "model_under_grammar", "record"]

SOURCES: Mapping[Source, str] = {
    "model": "written freely by the model",
    "model_under_grammar": "facts and phrases from the record, chosen among by the model",
    "record": "written from the record, no model",
}
"""Who wrote a summary, in words for its reader."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A complete summary as the model wrote it, with what is known of its generation."""

    patient_id: str
    name: str
    text: str
    model: str
    finish_reason: Literal["stop", "length"]
    """The model's own end, or its token limit."""
    tokens: int
    first_token_seconds: float | None
    """From the call until the first token, measured at the server."""
    seconds: float
    generation_id: str
    grounding: Grounding | None = field(default=None, compare=False, repr=False)
    """What the record says of the text; None of a text that nobody has held against it."""
    source: Source = "model"
    """Who wrote it; `SOURCES` has it in words."""

    def __str__(self) -> str:
        return self.text

    @classmethod
    def from_content(cls, content: dict[str, Any]) -> "Summary":
        """The summary in the structured content of `generate_summary`."""
        return cls(
            patient_id=content["patient_id"],
            name=content["name"],
            text=content["summary"],
            model=content["model"],
            finish_reason=content["finish_reason"],
            tokens=content["tokens"],
            first_token_seconds=content["first_token_seconds"],
            seconds=content["seconds"],
            generation_id=content["generation_id"],
            grounding=content.get("grounding"),
            source=content.get("source", "model"),
        )


class MatchedWord(TypedDict):
    field: str
    word: str


class Match(TypedDict):
    patient_id: str
    name: str
    age: str
    gender: str
    symptoms: str
    conditions: str
    matched: list[MatchedWord]
    """Why it was found."""


class Matches(TypedDict):
    keyword: str
    total: int
    """How many match in all; `patients` holds the first of them."""
    patients: list[Match]


class Record(TypedDict):
    """All that the patient table says of one patient; "" where it says nothing."""

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
    """The columns of the user's table that have no place above."""


class RecordPage(TypedDict):
    total: int
    offset: int
    patients: list[Record]


class SavedSummary(TypedDict):
    patient_id: str
    saved: NotRequired[bool]
    """False where no summary is saved; the fields below are then None."""
    name: str | None
    summary: str | None
    model: str | None
    how: str | None
    """generated, edited or external."""
    saved_at: str | None


class SummaryPage(TypedDict):
    total: int
    offset: int
    summaries: list[SavedSummary]


class Saved(TypedDict):
    patient_id: str
    name: str
    how: str
    replaced: bool
    """Whether an older summary was replaced."""
    seconds: float
    """How long the write took."""


class Undone(TypedDict):
    patient_id: str
    name: str
    restored: bool
    summary: str | None


class ModelStatus(TypedDict):
    name: str
    state: Literal["loading", "ready", "failed"]
    why: str
    """Why this model was chosen."""
    detail: str | None
    """What is wrong with it, and what to do."""


class ListedModel(ModelStatus):
    running: int
    waiting: int
    slots: int | None


class ServerStatus(TypedDict):
    version: str
    model: ModelStatus
    models: list[ListedModel]
    """All of the server's models, `model` first; a cohort may name one of them."""
    cluster: str | None
    """Where cohorts run, if not in the server."""
    patients: int
    summaries: int
    running: int
    waiting: int
    slots: int | None


class Tool(TypedDict):
    name: str
    description: NotRequired[str]
    inputSchema: dict[str, Any]


def failure(result: Mapping[str, Any], *, partial: str = "") -> KernelToolsError | None:
    """The error that a tool's result stands for, if it does; `partial`: the text that had come."""
    if not result.get("isError"):
        return None
    message = visible("\n".join(part.get("text", "") for part in result.get("content", ())))
    error = (result.get("structuredContent") or {}).get("error") or {}
    kind, next = error.get("kind", "invalid"), error.get("next", "")
    if kind == "incomplete":
        return SummaryIncomplete(message, text=partial, next=next)
    return ToolFailed(message, kind=kind, next=next)


def matches_table(matches: Matches) -> "pd.DataFrame":
    """A row per match; `matched` reads "conditions: diabetes"; `attrs["total"]`: all there are."""
    columns = [name for name in Match.__annotations__ if name != "matched"]
    rows = [
        {**{name: match.get(name) for name in columns}, "matched": _told(match["matched"])}
        for match in matches["patients"]
    ]
    table = _table(rows, [*columns, "matched"])
    table.attrs["total"] = matches["total"]
    return table


def records_table(records: Iterable[Record]) -> "pd.DataFrame":
    """A row per patient, the columns of `other` beside the named ones."""
    columns = [name for name in Record.__annotations__ if name != "other"]
    rows = [
        {**{name: record.get(name, "") for name in columns}, **record.get("other", {})}
        for record in records
    ]
    return _table(rows, columns)


def summaries_table(summaries: Iterable[SavedSummary]) -> "pd.DataFrame":
    """A row per patient, the first of each: pages shift when somebody saves while they are read."""
    columns = [name for name in SavedSummary.__annotations__ if name != "saved"]
    rows = [{name: saved.get(name) for name in columns} for saved in summaries]
    return _table(rows, columns).drop_duplicates("patient_id", ignore_index=True)


def _told(matched: Iterable[MatchedWord]) -> str:
    return ", ".join(f"{match['field']}: {match['word']}" for match in matched)


def _table(rows: list[dict[str, Any]], columns: list[str]) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - only those who want a DataFrame pay for pandas

    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=pd.Index(columns))
