from datetime import date

import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient


def said(record: Record) -> set[tuple[str, str, str]]:
    return {(entry.key, entry.polarity, entry.relation) for entry in record.entries}


def test_a_record_is_read_with_what_it_denies_and_of_whom(record: Record) -> None:
    assert said(record) >= {
        ("hypertension", "present", ""),
        ("swelling@leg", "present", ""),
        ("pain@chest", "absent", ""),
        ("stroke", "absent", ""),
        ("type 2 diabetes", "present", "mother"),
    }


def test_drugs_have_their_amounts_and_schedules(record: Record) -> None:
    lisinopril, acetaminophen, metformin, melatonin = record.medicines
    assert (lisinopril.key, lisinopril.amounts[0].values, lisinopril.rate) == (
        "drug:lisinopril",
        (20.0,),
        1.0,
    )
    assert acetaminophen.tags == {"prn"}
    assert metformin.rate == 2
    assert melatonin.tags == {"bedtime"}
    assert [allergen.key for allergen in record.allergens] == ["drug:penicillin", "drug:latex"]


def test_the_last_visit_is_a_date(record: Record) -> None:
    assert record.visit == date(2026, 10, 6)


def test_items_and_drugs_that_no_list_has_are_learnt() -> None:
    record = Record(
        Patient("1", conditions="Fabry disease", medications="agalsidase beta 70 mg every 2 weeks")
    )
    assert check_sentence("Known Fabry disease.", record).claims[0].kind == "condition"
    taken = check_sentence("Takes agalsidase beta 35 mg every 2 weeks.", record)
    assert [(c.text, c.verdict) for c in taken.claims if c.kind == "dose"] == [
        ("35 mg", "contradicted"),
        ("every 2 weeks", "supported"),
    ]


def test_an_empty_record_can_be_read() -> None:
    record = Record(Patient(""))
    assert record.entries == []
    assert record.visit is None


@pytest.mark.slow
def test_a_long_column_costs_little() -> None:
    record = Record(Patient("1", other={"payload": '{"a": 1}, ' * 100_000}))
    assert len(record.spoken) < 100


@pytest.mark.parametrize(("short", "known"), [("doxy", True), ("doxycycl", True), ("dox", False)])
def test_the_beginning_of_a_drugs_name_stands_for_it(short: str, known: bool) -> None:
    record = Record(Patient("1", medications="doxycycline 100 mg twice daily"))
    assert check_sentence(f"On {short} 100 bd.", record).flagged is not known


def test_what_a_line_implies_is_known() -> None:
    record = Record(Patient("1", notes="Gets up twice a night."))
    assert not check_sentence("Nocturia x2.", record).flagged
    assert check_sentence("Nocturia x3.", record).flagged
