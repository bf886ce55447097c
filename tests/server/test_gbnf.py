import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gbnf import Rule, literal, longest, write
from tests.server.gbnf_walk import Grammar


def test_a_rule_that_several_lead_to_is_written_once() -> None:
    name = Rule("name", (("Janet",), ("Lee",)))
    root = Rule("root", ((name, " rests"), ("so does ", name, ".")))
    assert write(root) == (
        'root ::= name " rests" | "so does " name "."\nname ::= "Janet" | "Lee"\n'
    )


def test_texts_that_follow_each_other_are_one_literal() -> None:
    assert write(Rule("root", (("a", "b", "c"),))) == 'root ::= "abc"\n'


@pytest.mark.slow
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])))
def test_a_literal_is_its_text(text: str) -> None:
    read = Grammar(write(Rule("root", ((f".{text}",),))))
    assert read.walk(random.Random(0)) == f".{text}"


def test_only_the_backslash_and_the_quotation_mark_are_escaped() -> None:
    text = r'"a\b" ::= [c] {3,5} (d|e)* 😀 中 %'
    assert literal(text) == r'"\"a\\b\" ::= [c] {3,5} (d|e)* 😀 中 %"'


def test_the_longest_text_is_measured_in_bytes() -> None:
    short, long = Rule("short", (("a",),)), Rule("long", (("é😀",), ("b",)))
    assert longest(Rule("root", ((short, long, "."), ("abc",)))) == 1 + 6 + 1


def test_two_rules_of_one_name_are_refused() -> None:
    rules = Rule("same", (("a",),)), Rule("same", (("b",),))
    with pytest.raises(ValueError, match="same"):
        write(Rule("root", (rules,)))


def test_a_rule_without_options_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        write(Rule("root", ((Rule("nothing", ()),),)))
