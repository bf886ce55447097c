import pytest

from tests.server.grounding.reading import the_quantity

WEEK = 7.0


@pytest.mark.parametrize(
    ("text", "days", "tags"),
    [
        ("for two weeks", (14, 14), {"past"}),
        ("over the past 3 weeks", (21, 21), {"past"}),
        ("8 days ago", (8, 8), {"past"}),
        ("in 4-6 weeks", (28, 42), {"future"}),
        ("within a fortnight", (14, 14), {"future"}),
        ("half a day", (0.5, 0.5), set()),
        ("over the last week", (7, 7), {"past"}),
        ("a week and a half", (10.5, 10.5), {"about"}),
    ],
)
def test_a_duration_is_in_days(text: str, days: tuple[float, float], tags: set[str]) -> None:
    found = the_quantity(text)
    assert found.kind == "duration"
    assert found.values == pytest.approx(days)
    assert found.tags == tags


def test_several_weeks_say_only_the_unit() -> None:
    assert (the_quantity("several weeks").values, the_quantity("several weeks").unit) == (
        (),
        "week",
    )


@pytest.mark.parametrize(
    ("text", "days"), [("x7/52", 49), ("for 3/7", 3), ("8/12 ago", 8 * 365.25 / 12), ("10 wks", 70)]
)
def test_durations_of_shorthand(text: str, days: float) -> None:
    assert the_quantity(text).values[0] == pytest.approx(days)


def test_not_quite_is_about() -> None:
    assert "about" in the_quantity("not quite three months").tags


def test_a_month_may_be_rounded() -> None:
    assert the_quantity("around a month").kind == "duration"
