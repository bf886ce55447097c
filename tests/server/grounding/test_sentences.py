from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.grounding.sentences import LONGEST, split


def texts(text: str) -> list[str]:
    return [span.text for span in split(text)]


@pytest.mark.parametrize(
    "text",
    [
        "She takes lisinopril 20 mg p.o. q.d. and rests.",
        "Dr. Smith saw her on Oct. 6.",
        "She (62 y.o.) takes 2.5 mg.",
        "Mrs. J. Lee is well.",
        "Meds: lisinopril; allergies: penicillin.",
        "1. Lisinopril 20 mg",
    ],
)
def test_an_abbreviation_ends_no_sentence(text: str) -> None:
    assert texts(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("BP is 150/94. Sugar is 85.", ["BP is 150/94.", "Sugar is 85."]),
        ("She lacks vitamin B. She rests.", ["She lacks vitamin B.", "She rests."]),
        ("- One\n- Two", ["- One", "- Two"]),
        ("", []),
        ("...", []),
    ],
)
def test_sentences_end(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_a_sentence_that_may_go_on_is_left_out() -> None:
    streamed = "She is well. Her BP is 150/94."
    assert [span.text for span in split(streamed, finished=False)] == ["She is well."]
    assert len(split(streamed + " She", finished=False)) == 2


def test_a_text_without_full_stops_is_cut() -> None:
    spans = split("word " * 2000)
    assert len(spans) > 5
    assert all(len(span.text) <= LONGEST for span in spans)


@pytest.mark.slow
@given(st.text(max_size=4000))
def test_a_span_stands_where_it_says(text: str) -> None:
    spans = split(text)
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
