import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "She was last seen on 6 October 2026.",
        "Last visit: 10/06/2026.",
        "Her blood pressure is to be rechecked in four weeks.",
        "Her blood pressure is to be rechecked in about a month.",
        "The recheck is due in early November 2026.",
        "Her knees are stiff for twenty minutes after waking.",
        "She was born in 1964.",
    ],
)
def test_the_times_of_the_record_are_supported(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("She was last seen on 6 October 2025.", "date"),
        ("She was last seen in March.", "date"),
        ("Her next visit is on 6 October 2026.", "date"),
        ("She has had hypertension since 6 October 2026.", "date"),
        ("Her blood pressure is to be rechecked in four months.", "duration"),
        ("Her knees are stiff for an hour after waking.", "duration"),
        ("Her joint pain began two years ago.", "duration"),
        ("She has had joint pain for several years.", "duration"),
        ("She was seen last week.", "duration"),
        ("She has had osteoarthritis since childhood.", "duration"),
        ("She checks her blood pressure three times a week.", "number"),
    ],
)
def test_other_times_are_marked(checked: Check, sentence: str, kind: str) -> None:
    marked = {
        c.kind for c in checked(sentence).claims if c.verdict in ("unsupported", "contradicted")
    }
    assert kind in marked


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("Follow up in 6 weeks.", "neutral"),
        ("Recheck blood pressure in 6 weeks.", "contradicted"),
        ("She was diagnosed with hypertension in 2019.", "unsupported"),
        ("She was last seen in 2019.", "contradicted"),
    ],
)
def test_only_a_time_of_the_same_thing_contradicts(
    checked: Check, sentence: str, verdict: str
) -> None:
    assert checked(sentence).verdict == verdict


@pytest.mark.parametrize(
    ("notes", "sentence", "flagged"),
    [
        (
            "Cough, better since yesterday.",
            "The cough has been better since the day before.",
            False,
        ),
        ("Cough for 3 weeks.", "The cough has been better since the day before.", True),
        ("No seizure in the past six months.", "She has had no seizure in six months.", False),
        ("No seizure in the past six months.", "She has had no seizure in nine months.", True),
        ("Last seizure eight months ago.", "No seizure for eight months.", False),
        ("Last seizure eight months ago.", "No seizure for two years.", True),
        ("No relapse in the past year.", "No relapse of her depression in the past year.", False),
    ],
)
def test_how_long_something_has_stayed_away(notes: str, sentence: str, flagged: bool) -> None:
    record = Record(Patient("1", gender="Female", conditions="depression", notes=notes))
    assert check_sentence(sentence, record).flagged is flagged


def test_a_month_of_the_record_makes_no_whole_date_true() -> None:
    spring = Record(Patient("1", notes="Symptoms are worst in April and May."))
    assert not check_sentence("Symptoms are worst in April and in May.", spring).flagged
    assert check_sentence("Symptoms began on 3 April 2019.", spring).flagged
