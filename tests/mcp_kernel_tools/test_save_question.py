import pytest

from mcp_kernel_tools.save_question import DELIBERATE, SaveQuestion


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def question(clock: Clock) -> SaveQuestion:
    return SaveQuestion(clock)


def test_a_text_without_a_doubt_is_saved_at_once(question: SaveQuestion) -> None:
    assert question.allows("text", doubted=False)
    assert not question.is_open


def test_a_doubted_text_is_saved_by_the_second_press(question: SaveQuestion, clock: Clock) -> None:
    assert not question.allows("text", doubted=True)
    assert question.is_open
    clock.now += 2 * DELIBERATE
    assert question.allows("text", doubted=True)
    assert not question.is_open


def test_a_double_click_is_one_press(question: SaveQuestion, clock: Clock) -> None:
    assert not question.allows("text", doubted=True)
    for _ in range(5):  # a key that is held down
        clock.now += DELIBERATE / 2
        assert not question.allows("text", doubted=True)
    clock.now += 2 * DELIBERATE
    assert question.allows("text", doubted=True)


def test_what_was_answered_is_not_asked_again(question: SaveQuestion, clock: Clock) -> None:
    question.allows("text", doubted=True)
    clock.now += 2 * DELIBERATE
    assert question.allows("text", doubted=True)
    assert question.allows("text", doubted=True)


def test_another_text_is_another_question(question: SaveQuestion, clock: Clock) -> None:
    question.allows("text", doubted=True)
    clock.now += 2 * DELIBERATE
    assert not question.allows("another text", doubted=True)
    question.close()
    clock.now += 2 * DELIBERATE
    assert not question.allows("another text", doubted=True)


def test_a_mended_text_needs_no_answer(question: SaveQuestion) -> None:
    question.allows("text", doubted=True)
    assert question.allows("mended", doubted=False)
    assert not question.is_open
