import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server import facts
from server.grounding import Omission, Record, check, check_sentence, omissions, split
from server.patients import Patient

CELLS = st.text(max_size=200)
PATIENTS = st.builds(Patient, *[CELLS] * 13, st.dictionaries(CELLS, CELLS, max_size=3))


def test_a_summary_is_checked_sentence_by_sentence(janet: Patient) -> None:
    summary = "Janet Lee has hypertension. She has asthma. Her mother has no hypertension."
    found = check(summary, janet)
    assert [sentence.verdict for sentence in found.sentences] == [
        "supported",
        "unsupported",
        "unsupported",
    ]
    assert [summary[s.start : s.end] for s in found.sentences] == [s.text for s in found.sentences]


def test_claims_stand_where_they_say_in_the_summary(janet: Patient) -> None:
    summary = "Janet Lee has hypertension.\n\nBP 150/94; metformin 1 g BID."
    claims = [claim for sentence in check(summary, janet).sentences for claim in sentence.claims]
    assert claims
    assert all(summary[claim.start : claim.end] == claim.text for claim in claims)


def test_one_sentence_is_checked_as_within_its_summary(janet: Patient, record: Record) -> None:
    summary = "She has hypertension. She takes lisinopril 40 mg."
    streamed = tuple(
        check_sentence(span.text, record, offset=span.start) for span in split(summary)
    )
    assert streamed == check(summary, janet).sentences


def test_what_is_left_out_is_told(record: Record) -> None:
    summary = "She has high blood pressure and takes lisinopril. She is allergic to penicillin."
    assert omissions(summary, record) == (
        Omission("conditions", "osteoarthritis"),
        Omission("conditions", "vitamin B12 deficiency"),
        Omission("medications", "acetaminophen 500 mg as needed"),
        Omission("medications", "metformin 1000 mg twice daily"),
        Omission("medications", "melatonin 3 mg at bedtime"),
        Omission("allergies", "latex (hives)"),
    )


def test_the_plain_sentences_of_a_record_are_supported_and_complete(janet: Patient) -> None:
    found = check(" ".join(facts.sentences(facts.read(janet))), janet)
    assert {sentence.verdict for sentence in found.sentences} == {"supported"}
    assert found.omissions == ()


@pytest.mark.parametrize(
    "sentence",
    ["Consider physiotherapy.", "Follow up in 4-6 weeks.", "Regular exercise is advised."],
)
def test_advice_is_neutral(sentence: str) -> None:
    record = Record(Patient("1", name="Noor Haddad", conditions="asthma"))
    assert check_sentence(sentence, record).verdict == "neutral"


def test_an_empty_summary_leaves_everything_out(janet: Patient) -> None:
    found = check("", janet)
    assert found.sentences == ()
    assert len(found.omissions) == 9


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.text(max_size=600), PATIENTS)
def test_any_text_can_be_checked_against_any_record(summary: str, patient: Patient) -> None:
    for sentence in check(summary, patient).sentences:
        assert all(summary[claim.start : claim.end] == claim.text for claim in sentence.claims)


WORDS = st.sampled_from(
    "no not denies her mother , ; . ( ) allergic to penicillin 20 mg lisinopril twice daily in 4 "
    "weeks free - of for and pain legs swollen the 150/94 62 year old who takes was stopped : "
    "October".split()
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=30))
def test_any_heap_of_known_words_can_be_checked(words: list[str]) -> None:
    record = Record(Patient("1", conditions="hypertension", allergies="penicillin (rash)"))
    check_sentence(" ".join(words), record)
