from server import answers
from server.grounding import check
from server.patients import Patient
from server.search import Match

ANN = Patient("1", name="Ann\x1b[31m\nDay", age="54", gender="female", conditions="asthma")


def test_foreign_text_stays_on_its_line_and_does_not_act() -> None:
    assert answers.line("a\x1b[31m\nb\u202e  c") == "a␛[31m b\ufffd c"
    assert answers.search_line(1, Match(ANN, ())).count("\n") == 0


def test_a_record_is_told_without_its_empty_fields() -> None:
    lines = answers.record_text(answers.record(ANN)).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "patient_id",
        "name",
        "age",
        "gender",
        "conditions",
    ]


def test_programs_get_a_match_as_it_is() -> None:
    found = answers.found(Match(ANN, (("conditions", "asthma"),)))
    assert found.name == ANN.name
    assert [(matched.field, matched.word) for matched in found.matched] == [
        ("conditions", "asthma")
    ]


def test_the_verdicts_of_a_summary_are_counted() -> None:
    checked = answers.checked("1", check("She has asthma. She is 26 years old.", ANN))
    assert [each.verdict for each in checked.sentences] == ["supported", "contradicted"]
    assert checked.counts == {"supported": 1, "contradicted": 1, "omissions": 0}
