from random import Random

import pytest

from server.breaker import FAULTS, LONGEST_PAUSE, PATIENCE, Breaker, pause
from server.errors import ModelAbsent, ModelMissing

ABSENT = ModelAbsent("Nothing answers.", next="Start it.")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock, Random(1))


def fail(breaker: Breaker, times: int = FAULTS) -> None:
    for _ in range(times):
        breaker.ask()
        breaker.failed(ABSENT)


def test_a_few_faults_are_nothing(breaker: Breaker) -> None:
    fail(breaker, FAULTS - 1)
    assert breaker.wait == 0
    breaker.worked()
    fail(breaker, FAULTS - 1)
    assert breaker.wait == 0


def test_faults_in_a_row_leave_the_endpoint_alone_for_a_while(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker)
    assert 0.5 <= (breaker.wait or 0) <= 1.5
    clock.now += 1.5
    assert breaker.wait == 0


def test_after_the_pause_it_is_asked_once(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += 1.5
    breaker.ask()
    assert breaker.wait is None
    breaker.worked()
    assert breaker.wait == 0


def test_a_trial_that_was_cancelled_makes_room_for_the_next(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += 1.5
    breaker.ask()
    breaker.left()
    assert breaker.wait == 0


def test_the_pauses_grow_while_it_fails(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += 1.5
    fail(breaker, 1)
    assert 1 <= (breaker.wait or 0) <= 3


def test_what_was_asked_before_the_pause_makes_it_no_longer(breaker: Breaker) -> None:
    fail(breaker)
    before = breaker.wait
    breaker.failed(ABSENT)
    assert breaker.wait == before


def test_it_is_given_up_after_nothing_but_faults_for_so_long(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker)
    clock.now += PATIENCE
    assert breaker.given_up is None
    fail(breaker, 1)
    assert breaker.given_up is ABSENT


def test_a_summary_in_between_begins_the_patience_anew(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += PATIENCE
    breaker.worked()
    fail(breaker)
    assert breaker.given_up is None


def test_a_model_that_is_not_installed_is_given_up_at_once(breaker: Breaker) -> None:
    missing = ModelMissing("There is no phi.", next="Pull it.")
    breaker.failed(missing)
    assert breaker.given_up is missing


def test_pauses_double_up_to_a_bound_and_differ_from_caller_to_caller() -> None:
    random = Random(1)
    for tries in (1, 2, 3):
        assert 2 ** (tries - 1) / 2 <= pause(tries, random) <= 2 ** (tries - 1) * 1.5
    assert pause(10_000, random) <= LONGEST_PAUSE * 1.5
    assert pause(1, random) != pause(1, random)
