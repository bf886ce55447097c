from datetime import date

import pytest

from server.grounding.dates import as_dates, same_date
from tests.server.grounding.reading import the_quantity

KNOWN = date(2026, 10, 6)


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-06",
        "6 October 2026",
        "the sixth of October, 2026",
        "October 6th, 2026",
        "Oct. 6, 2026",
        "06/10/2026",
        "10/06/2026",
        "06.10.2026",
        "October 2026",
        "6 October",
        "in October",
        "in 2026",
    ],
)
def test_a_date_may_be_said_in_many_ways(text: str) -> None:
    assert same_date(the_quantity(text), KNOWN)


@pytest.mark.parametrize(
    "text", ["2026-10-07", "6 November 2026", "October 2025", "in May", "since 2019", "13/10/2026"]
)
def test_another_date_is_another(text: str) -> None:
    assert not same_date(the_quantity(text), KNOWN)


def test_a_date_that_does_not_exist_is_none() -> None:
    assert as_dates(the_quantity("2026-02-30")) == []
    assert as_dates(the_quantity("2026-10-06")) == [KNOWN]


def test_day_and_month_may_change_places_where_both_could_be() -> None:
    assert as_dates(the_quantity("06/10/2026")) == [date(2026, 6, 10), KNOWN]
    assert as_dates(the_quantity("14/03/2026")) == [date(2026, 3, 14)]


@pytest.mark.parametrize("text", ["last winter", "yesterday", "next week", "in childhood"])
def test_words_for_a_time_are_a_period(text: str) -> None:
    assert the_quantity(text).kind == "period"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Christmas Day 2025", date(2025, 12, 25)),
        ("on New Year's Eve, 2025", date(2025, 12, 31)),
        ("Boxing Day 2025", date(2025, 12, 26)),
    ],
)
def test_a_day_may_be_told_by_its_name(text: str, day: date) -> None:
    assert as_dates(the_quantity(text)) == [day]
