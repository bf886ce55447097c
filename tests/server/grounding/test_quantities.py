from server.grounding.quantities import quantities
from server.grounding.tokens import Line, tokenize


def test_what_one_reader_takes_another_does_not_see() -> None:
    text = "62-year-old, BP 150/94, lisinopril 20 mg once daily since 2026-10-06 for 3 weeks, 5"
    found = quantities(Line(tokenize(text)))
    kinds = [quantity.kind for quantity in found]
    assert kinds == ["age", "pressure", "amount", "schedule", "date", "duration", "plain"]


def test_a_text_without_a_quantity_has_none() -> None:
    assert quantities(Line(tokenize("She reports joint pain and swelling of the legs."))) == []
