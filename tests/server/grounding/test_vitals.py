import pytest

from tests.server.grounding.reading import the_quantity


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("a 62-year-old woman", (62, 62)),
        ("aged 62", (62, 62)),
        ("62 y/o", (62, 62)),
        ("62F", (62, 62)),
        ("a woman of sixty-two years", (62, 62)),
        ("in her early sixties", (60, 64)),
        ("in his 80s", (80, 89)),
    ],
)
def test_an_age_may_be_said_in_many_ways(text: str, ends: tuple[float, float]) -> None:
    assert (the_quantity(text).kind, the_quantity(text).values) == ("age", ends)


@pytest.mark.parametrize("text", ["150/94", "150 over 94 mmHg", "one-fifty over ninety-four"])
def test_a_blood_pressure_has_two_numbers(text: str) -> None:
    assert (the_quantity(text).kind, the_quantity(text).values) == ("pressure", (150, 94))


def test_its_halves_may_be_said_alone() -> None:
    assert the_quantity("a systolic pressure of 150").kind == "systolic"
    assert the_quantity("94 diastolic").values == (94,)


def test_a_fraction_is_no_blood_pressure() -> None:
    assert the_quantity("a score of 24/30").kind != "pressure"
