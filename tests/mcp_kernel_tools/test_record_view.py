from typing import Any, cast

import pytest

from mcp_kernel_tools.answers import Claim, Grounding, Match, Record, Verdict
from mcp_kernel_tools.record_view import label, match_line, record_html


def record(**fields: Any) -> Record:
    empty = dict.fromkeys(list(Record.__annotations__)[:-1], "")
    known = {"patient_id": "25", "name": "Janet Lee", "other": {}}
    return cast(Record, empty | known | fields)


def match(**fields: Any) -> Match:
    known = {
        "patient_id": "11",
        "name": "Jerry Rivera",
        "age": "59",
        "gender": "Male",
        "symptoms": "confusion",
        "conditions": "type 2 diabetes",
        "matched": [{"field": "conditions", "word": "diabetes"}],
    }
    return cast(Match, known | fields)


def test_a_match_says_who_it_is_and_which_words_matched_where() -> None:
    found = [
        {"field": "conditions", "word": "diabetes"},
        {"field": "conditions", "word": "diabetic"},
        {"field": "family_history", "word": "diabetes"},
    ]
    line = match_line(match(matched=found))
    assert line == (
        "Jerry Rivera, 59, Male (ID 11): \u200b"
        "conditions diabetes, diabetic; \u200bfamily history diabetes"
    )


def test_a_match_may_break_where_an_item_ends() -> None:
    assert match_line(match()).split("\u200b")[-1] == "conditions diabetes"


def test_what_a_match_does_not_say_leaves_no_gap() -> None:
    assert match_line(match(age="", gender="")).startswith("Jerry Rivera (ID 11)")


def test_a_match_is_text_without_control_characters() -> None:
    assert match_line(match(name="Jerry\x1b[2J\u202e")).startswith("Jerry␛[2J�")


def test_without_a_record_the_region_says_what_to_do() -> None:
    assert 'aria-label="Record"' in record_html(None)
    assert "choose a patient" in record_html(None)


def test_a_record_shows_the_fields_that_say_something() -> None:
    shown = record_html(record(age="59", symptoms="confusion"))
    assert "<strong>Janet Lee</strong>, 59, ID 25" in shown
    assert "<dt>Symptoms</dt><dd>confusion</dd>" in shown
    assert "Allergies" not in shown


def test_a_record_shows_the_columns_of_the_users_own_table() -> None:
    assert "<dt>Ward</dt><dd>7b</dd>" in record_html(record(other={"Ward": "7b"}))


@pytest.mark.parametrize(
    ("text", "word", "marked"),
    [
        ("type 2 diabetes", "diabetes", "type 2 <mark>diabetes</mark>"),
        ("Diabetes, diabetic", "diabetes", "<mark>Diabetes</mark>, diabetic"),
        ("Ménière's disease", "meniere", "<mark>Ménière</mark>&#x27;s disease"),
        ("a<b & diabetes", "diabetes", "a&lt;b &amp; <mark>diabetes</mark>"),
        ("asthma", "diabetes", "asthma"),
    ],
)
def test_the_words_that_matched_are_marked_however_they_are_written(
    text: str, word: str, marked: str
) -> None:
    shown = record_html(record(conditions=text), [{"field": "conditions", "word": word}])
    assert f"<dd>{marked}</dd>" in shown


def test_markup_in_a_record_is_text() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    shown = record_html(record(name=hostile, notes=hostile, other={hostile: hostile}))
    assert "<img" not in shown
    assert "\x1b" not in record_html(record(notes="\x1b[31m"))


def grounding(verdict: Verdict, evidence: str, left_out: str) -> Grounding:
    claim: Claim = {
        "text": "diabetes",
        "start": 0,
        "end": 8,
        "kind": "condition",
        "verdict": verdict,
        "field": "conditions",
        "evidence": evidence,
    }
    return {
        "patient_id": "25",
        "sentences": [
            {"text": "diabetes", "start": 0, "end": 8, "verdict": verdict, "claims": [claim]}
        ],
        "omissions": [{"field": "conditions", "text": left_out}],
        "counts": {},
    }


def test_what_a_summary_used_and_left_out_is_told_in_words_too() -> None:
    shown = record_html(
        record(conditions="type 2 diabetes, gout"),
        [{"field": "conditions", "word": "diabetes"}],
        grounding("supported", "type 2 diabetes", "gout"),
    )
    assert "type 2 <mark>diabetes</mark></span> <small" in shown
    assert "</span> used</small>, <span" in shown
    assert ">gout</span> <small" in shown
    assert "</span> left out</small></dd>" in shown
    assert "Summary: 1 <small" in shown


def test_what_a_summary_told_otherwise_is_named() -> None:
    shown = record_html(record(conditions="gout"), (), grounding("contradicted", "gout", "gout"))
    assert "told otherwise</small></dd>" in shown
    assert "left out" not in shown


def test_a_field_has_a_name_for_people() -> None:
    assert label("blood_pressure") == "Blood pressure"
    assert label("gender") == "Gender"
    assert label("Ward") == "Ward"
