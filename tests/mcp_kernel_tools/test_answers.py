from typing import Any

import pytest

from mcp_kernel_tools import answers
from mcp_kernel_tools.answers import SOURCES, Grounding, Match, Record, SavedSummary, Summary
from mcp_kernel_tools.errors import SummaryIncomplete, ToolFailed

RECORD: Record = {
    "patient_id": "7",
    "name": "Ann Other",
    "age": "40",
    "gender": "Female",
    "symptoms": "",
    "conditions": "asthma",
    "medications": "",
    "allergies": "",
    "blood_pressure": "",
    "blood_sugar": "",
    "last_visit": "",
    "family_history": "",
    "notes": "",
    "other": {"ward": "B"},
}


def failed(kind: str | None, text: str = "It failed.") -> dict[str, Any]:
    content = {"error": {"kind": kind, "next": "Mend it."}} if kind else None
    return {
        "isError": True,
        "content": [{"type": "text", "text": text}],
        "structuredContent": content,
    }


def test_a_result_that_is_no_error_has_no_failure() -> None:
    assert answers.failure({"content": [], "isError": False}) is None
    assert answers.failure({"content": []}) is None


def test_a_failure_has_its_kind_and_what_to_do() -> None:
    failure = answers.failure(failed("busy"))
    assert isinstance(failure, ToolFailed)
    assert (failure.kind, str(failure)) == ("busy", "It failed. Mend it.")


def test_the_kind_incomplete_is_an_error_of_its_own_with_the_text_that_came() -> None:
    failure = answers.failure(failed("incomplete"), partial="Half")
    assert isinstance(failure, SummaryIncomplete)
    assert failure.text == "Half"


def test_an_error_of_another_server_is_told_as_it_is_but_never_acts() -> None:
    failure = answers.failure(failed(None, "No \x1b[31m such tool"))
    assert isinstance(failure, ToolFailed)
    assert (failure.kind, str(failure)) == ("invalid", "No ␛[31m such tool")


CONTENT: dict[str, Any] = {
    "patient_id": "7",
    "name": "Ann Other",
    "summary": "Well.",
    "model": "scripted",
    "finish_reason": "stop",
    "tokens": 1,
    "first_token_seconds": 0.1,
    "seconds": 0.2,
    "generation_id": "g1",
}


def test_a_summary_knows_what_the_record_says_of_it_where_the_server_says_so() -> None:
    grounding: Grounding = {"patient_id": "7", "sentences": [], "omissions": [], "counts": {}}
    summary = Summary.from_content(CONTENT | {"grounding": grounding})
    assert summary.grounding == grounding
    assert Summary.from_content(CONTENT).grounding is None
    assert hash(summary) == hash(Summary.from_content(CONTENT))


@pytest.mark.parametrize("source", SOURCES)
def test_a_summary_says_who_wrote_it(source: str) -> None:
    assert Summary.from_content(CONTENT | {"source": source}).source == source
    assert Summary.from_content(CONTENT).source == "model", "an older server has no other"


def test_matches_become_rows_that_say_why() -> None:
    match: Match = {
        "patient_id": "7",
        "name": "Ann Other",
        "age": "40",
        "gender": "Female",
        "symptoms": "cough",
        "conditions": "asthma",
        "matched": [{"field": "conditions", "word": "asthma"}, {"field": "notes", "word": "lung"}],
    }
    table = answers.matches_table({"keyword": "asthma", "total": 12, "patients": [match]})
    assert table["matched"].item() == "conditions: asthma, notes: lung"
    assert table.attrs["total"] == 12


def test_records_become_rows_with_the_tables_other_columns() -> None:
    table = answers.records_table([RECORD])
    assert table["ward"].item() == "B"
    assert "other" not in table


def test_nothing_becomes_a_table_with_its_columns() -> None:
    assert "patient_id" in answers.matches_table({"keyword": "x", "total": 0, "patients": []})
    assert "notes" in answers.records_table([])
    assert list(answers.summaries_table([])) == [
        "patient_id",
        "name",
        "summary",
        "model",
        "how",
        "saved_at",
    ]


def test_a_summary_that_came_on_two_pages_is_one_row_the_newer() -> None:
    def saved(summary: str) -> SavedSummary:
        return {
            "patient_id": "7",
            "name": "Ann Other",
            "summary": summary,
            "model": None,
            "how": "external",
            "saved_at": "",
        }

    table = answers.summaries_table([saved("new"), saved("old")])
    assert list(table["summary"]) == ["new"]


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_a_summary_prints_as_its_text(reason: str) -> None:
    content = {
        "patient_id": "7",
        "name": "Ann Other",
        "summary": "Ann is well.",
        "model": "m",
        "finish_reason": reason,
        "tokens": 4,
        "characters": 12,
        "first_token_seconds": 0.1,
        "seconds": 0.2,
        "generation_id": "g",
    }
    summary = answers.Summary.from_content(content)
    assert f"{summary}" == "Ann is well."
    assert summary.finish_reason == reason
