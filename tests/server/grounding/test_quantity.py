import pytest

from tests.server.grounding.reading import the_quantity


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("85 mg", set()),
        ("about 85 mg", {"about"}),
        ("nearly 85 mg", {"about"}),
        ("more than 85 mg", {"over"}),
        ("at most 85 mg", {"under"}),
    ],
)
def test_a_number_may_be_inexact(text: str, tags: set[str]) -> None:
    assert the_quantity(text).tags == tags
