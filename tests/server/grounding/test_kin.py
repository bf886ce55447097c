import pytest

from server.grounding.kin import may_be, same_kin
from server.grounding.record import analyse


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("mother", "mother"),
        ("family", "mother"),
        ("parent", "father"),
        ("sibling", "sister"),
        ("mother|father", "father"),
        ("grandmother", "maternal grandmother"),
        ("maternal", "maternal grandfather"),
        ("mother", "parent"),
        ("brother", "family"),
    ],
)
def test_a_relative_may_be_the_one_who_is_known(said: str, known: str) -> None:
    assert same_kin(said, known)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("mother", "father"),
        ("paternal grandmother", "maternal grandmother"),
        ("mother", "maternal grandmother"),
        ("aunt", "sister"),
        ("grandmother", "paternal grandfather"),
    ],
)
def test_another_relative_is_another(said: str, known: str) -> None:
    assert not same_kin(said, known)


def test_a_pronoun_may_mean_a_relative_of_its_sex() -> None:
    assert may_be("paternal grandfather", "male")
    assert not may_be("mother", "male")
    assert may_be("parent", "female")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("his mum's mother", "maternal grandmother"),
        ("her grandmother on her dad's side", "paternal grandmother"),
        ("his father's father", "paternal grandfather"),
    ],
)
def test_relatives_of_relatives_are_one(text: str, key: str) -> None:
    assert [relative.key for relative in analyse(text).context.kin] == [key]
