import pytest

from server.grounding.record import analyse


@pytest.mark.parametrize(
    ("text", "word", "allergic"),
    [
        ("Salbutamol as needed, latex and peanut allergies.", "peanut", True),
        ("Salbutamol 2 puffs as needed, latex and peanut allergies.", "salbutamol", False),
        ("Latex and peanut allergic, salbutamol to continue.", "salbutamol", False),
        ("No tablets, contrast -> hives.", "contrast", True),
        ("Salbutamol 2 puffs, NKDA.", "salbutamol", False),
    ],
)
def test_an_allergy_keeps_to_its_list(text: str, word: str, allergic: bool) -> None:
    found = analyse(text)
    at = next(i for i, token in enumerate(found.tokens) if token.plain == word)
    assert found.context.allergy[at] is allergic
