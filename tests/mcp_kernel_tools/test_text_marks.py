import pytest

from mcp_kernel_tools.answers import CheckedSentence, Claim, Verdict
from mcp_kernel_tools.text_marks import (
    EVIDENCE,
    Mark,
    contradicted,
    counted_verdicts,
    in_utf16,
    list_html,
    marks_of,
)


def claim(start: int, text: str, verdict: Verdict, field: str = "", evidence: str = "") -> Claim:
    return {
        "text": text,
        "start": start,
        "end": start + len(text),
        "kind": "word",
        "verdict": verdict,
        "field": field,
        "evidence": evidence,
    }


def sentence(text: str, *claims: Claim, start: int = 0) -> CheckedSentence:
    end = start + len(text)
    return {"text": text, "start": start, "end": end, "verdict": "neutral", "claims": list(claims)}


def said(text: str, words: str, verdict: Verdict, field: str = "", evidence: str = "") -> Claim:
    """A claim on words where they stand in a sentence."""
    return claim(text.index(words), words, verdict, field, evidence)


DOSE = "He takes metformin 500 mg and rests."
CHECKED = sentence(
    DOSE,
    said(DOSE, "metformin", "supported", "medications", "metformin 1000 mg"),
    said(DOSE, "500 mg", "contradicted", "medications", "metformin 1000 mg"),
    said(DOSE, "rests", "neutral"),
)


def test_a_mark_says_what_the_record_says_and_where() -> None:
    metformin, dose = marks_of([CHECKED])
    assert (metformin.words, metformin.verdict, metformin.flagged) == (
        "metformin",
        "supported",
        False,
    )
    assert (dose.words, dose.flagged) == ("500 mg", True)
    assert dose.evidence == "Medications: metformin 1000 mg"
    assert DOSE[dose.start : dose.end] == dose.words
    assert dose.sentence == (0, len(DOSE))


def test_advice_and_opinion_have_no_mark() -> None:
    assert "rests" not in [mark.words for mark in marks_of([CHECKED])]


def test_places_count_from_the_beginning_of_the_whole_text() -> None:
    (first, _) = marks_of([CHECKED], offset=100)
    assert (first.start, first.sentence) == (109, (100, 100 + len(DOSE)))


def test_words_side_by_side_of_which_the_record_says_the_same_are_one_mark() -> None:
    text = "A kidney transplant, then jaundice."
    words = [said(text, word, "unsupported") for word in ("kidney", "transplant", "jaundice")]
    marks = marks_of([sentence(text, *words)])
    assert [mark.words for mark in marks] == ["kidney transplant", "jaundice"]
    assert text[marks[0].start : marks[0].end] == "kidney transplant"


def test_words_of_other_evidence_stay_marks_of_their_own() -> None:
    text = "asthma gout"
    asthma = said(text, "asthma", "supported", "conditions", "asthma")
    gout = said(text, "gout", "supported", "conditions", "gout")
    assert len(marks_of([sentence(text, asthma, gout)])) == 2


def test_long_evidence_is_cut_and_control_characters_are_shown() -> None:
    text = "gout"
    long = said(text, "gout", "contradicted", "notes", "\x1b[31m no gout " * 100)
    (mark,) = marks_of([sentence(text, long)])
    assert mark.evidence.startswith("Notes: ␛[31m no gout")
    assert len(mark.evidence) <= EVIDENCE + len("Notes:  …")


def test_places_are_sent_in_the_units_of_browsers() -> None:
    text = "🩺 a 🩺 b"
    mark = Mark(6, 7, "b", "unsupported", "", (0, 7))
    ((start, end, verdict, evidence, begin, stop),) = in_utf16(text, [mark])
    assert text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le") == "b"  # type: ignore[operator]
    assert (verdict, evidence, begin, stop) == ("unsupported", "", 0, 9)


def test_the_places_to_look_at_are_counted_in_words() -> None:
    marks = marks_of([CHECKED])
    assert counted_verdicts(marks) == "1 where the record says otherwise"
    unsupported = Mark(0, 1, "x", "unsupported", "", (0, 1))
    told = "1 where the record says otherwise, 2 not in the record"
    assert counted_verdicts([*marks, unsupported, unsupported]) == told
    assert counted_verdicts([]) == ""
    assert [mark.words for mark in contradicted(marks)] == ["500 mg"]


def test_the_list_is_text_whatever_the_words_are() -> None:
    hostile = Mark(0, 1, "<img src=x>", "unsupported", "<b>", (0, 1))
    shown = list_html([hostile, *marks_of([CHECKED])])
    assert "<img" not in shown
    assert "<b>" not in shown
    assert "“500 mg”: the record says otherwise (Medications: metformin 1000 mg)" in shown
    assert "“metformin”" not in shown  # the record has it: there is nothing to look at
    assert list_html([]) == ""


@pytest.mark.parametrize("verdict", ["supported", "unsupported", "contradicted"])
def test_no_mark_claims_that_a_text_was_verified(verdict: Verdict) -> None:
    mark = Mark(0, 1, "x", verdict, "", (0, 1))
    assert "verif" not in (list_html([mark]) + counted_verdicts([mark])).lower()
