import pytest

from tests.server.grounding.reading import the_quantity


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("once daily", 1),
        ("every day", 1),
        ("q.d.", 1),
        ("twice a day", 2),
        ("BID", 2),
        ("every 12 hours", 2),
        ("three times per day", 3),
        ("once a week", 1 / 7),
        ("every two weeks", 1 / 14),
        ("every other day", 1 / 2),
        ("three times a week", 3 / 7),
        ("two attacks a month", 2 * 12 / 365.25),
        ("three-monthly", 12 / 365.25 / 3),
        ("2-weekly", 1 / 14),
    ],
)
def test_a_schedule_is_times_a_day(text: str, rate: float) -> None:
    found = the_quantity(text)
    assert found.kind == "schedule"
    assert found.values == pytest.approx((rate,))


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("as needed", "prn"),
        ("when required", "prn"),
        ("at bedtime", "bedtime"),
        ("every night", "bedtime"),
        ("every morning", "morning"),
        ("with food", "meals"),
    ],
)
def test_a_time_of_the_day_is_a_tag(text: str, tag: str) -> None:
    assert the_quantity(text).tags == {tag}


def test_in_a_week_is_no_schedule() -> None:
    assert the_quantity("return in a week").kind == "duration"


@pytest.mark.parametrize(
    ("text", "rate"), [("TIW", 3 / 7), ("q3mo", 4 / 365.25), ("2x/week", 2 / 7)]
)
def test_schedules_of_shorthand(text: str, rate: float) -> None:
    assert the_quantity(text).values == pytest.approx((rate,))


def test_an_empty_stomach_is_before_meals() -> None:
    assert the_quantity("on an empty stomach").tags == the_quantity("before eating").tags


def test_a_year_without_something_is_no_schedule() -> None:
    assert the_quantity("She has gone a year without a fall.").kind == "duration"
    assert the_quantity("Back inside a week.").kind == "duration"
