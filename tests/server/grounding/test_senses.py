import pytest

from server.grounding.senses import sense
from server.grounding.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "word", "means"),
    [
        ("It is getting worse.", "worse", "worsening"),
        ("It is worse in the evening.", "worse", "worse"),
        ("It has not improved.", "improved", "worse"),
        ("Return if not better in a week.", "better", "better"),
        ("She wears them during the day.", "day", "daytime"),
        ("She has had her scan.", "had", "undergone"),
        ("She had a scan.", "had", "had"),
    ],
)
def test_a_word_may_be_changed_by_the_one_before(text: str, word: str, means: str) -> None:
    tokens = tokenize(text)
    at = next(i for i, token in enumerate(tokens) if token.plain == word)
    assert sense(tokens, at) == means
