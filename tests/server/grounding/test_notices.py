from server.grounding.notices import near, noted, recurs, topics
from server.grounding.quantity import Quantity
from server.grounding.record import Known, analyse

SUGAR = frozenset({"sugar", "glucose"})


def test_the_word_before_is_nearer_than_the_word_after() -> None:
    found = analyse("sugar 85, glucose")
    assert near(found, range(1, 2), SUGAR, before=3, after=3) == "sugar"
    assert near(found, range(1, 2), SUGAR, before=0, after=3) == "glucose"
    assert near(found, range(1, 2), SUGAR, before=0) == ""


def test_a_notice_carries_the_evidence() -> None:
    quantity = Quantity("plain", (1.0,), range(2, 3), "1")
    notice = noted(quantity, "number", "supported", Known(quantity, "notes", "One flare."))
    assert (notice.start, notice.end, notice.field, notice.evidence) == (
        2,
        3,
        "notes",
        "One flare.",
    )


def test_topics_are_the_words_of_a_clause_that_state_something() -> None:
    found = analyse("Her knees are stiff; the patient reports a rash")
    assert topics(found, 0) == {"knee", "stiff"}


def test_a_relapse_may_be_of_somebodys_illness() -> None:
    found = analyse("No relapse of Mr Ward's depression.")
    assert [recurs(found, m) for m in found.mentions if m.key == "depression"] == [True]
