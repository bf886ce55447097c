"""What a keyword asks for."""

from collections.abc import Mapping

import pytest

from server import query
from server.query import Part, Query, Word
from server.synonyms import Synonyms

SYNONYMS = Synonyms(
    {
        ("heart", "attack"): (("myocardial", "infarction"),),
        ("myocardial", "infarction"): (("heart", "attack"),),
    }
)


class Words:
    """A table's words, as the index would give them."""

    def __init__(self, **counts: int) -> None:
        self.counts = counts

    def knows(self, beginning: str) -> bool:
        return any(word.startswith(beginning) for word in self.counts)

    def words(self, beginning: str) -> Mapping[str, int]:
        return {word: n for word, n in self.counts.items() if word.startswith(beginning)}


TABLE = Words(diabetes=9, diabetic=3, heart=4, hard=9, attack=4, fever=5, cough=2, joint=1, pain=1)


def read(keyword: str) -> Query:
    return query.read(keyword, SYNONYMS, TABLE)


def part(*beginnings: str) -> Part:
    return Part(tuple(Word((each,)) for each in beginnings))


@pytest.mark.parametrize("keyword", ["", "  ", "(", "+-*/"])
def test_a_keyword_without_words_asks_for_nothing(keyword: str) -> None:
    assert not read(keyword)


def test_words_count_once_and_function_words_do_not() -> None:
    assert read("pain in the JOINT, pain") == Query((part("pain"), part("joint")))


def test_function_words_alone_are_words() -> None:
    assert read("of") == Query((part("of"),)) or read("of").said[0].typed[0].beginnings == ("of",)


def test_a_phrase_with_synonyms_is_one_part() -> None:
    phrase = Part((Word(("heart",)), Word(("attack",))), (("myocardial", "infarction"),))
    assert read("cough heart attack") == Query((part("cough"), phrase))


def test_a_slip_is_read_as_the_words_that_were_likely_meant_the_usual_one_first() -> None:
    assert read("diabetis").said[0].typed == (Word(("diabetis",), ("diabetes", "diabetic")),)


def test_a_slip_inside_a_phrase_does_not_hide_the_phrase() -> None:
    assert read("heart atack").said[0].synonyms == (("myocardial", "infarction"),)


def test_a_word_of_the_list_of_synonyms_is_no_slip() -> None:
    assert read("myocardial").said == (part("myocardial"),)


def test_what_a_keyword_denies_is_looked_for_among_what_is_denied() -> None:
    assert read("no fever") == read("denies fever") == Query((), (part("fever"),))
    assert read("cough without fever") == Query((part("cough"),), (part("fever"),))


def test_a_part_tells_the_words_that_it_was_found_by() -> None:
    phrase = Part((Word(("heart",)), Word(("attack",))), (("myocardial", "infarction"),))
    assert phrase.matches(["heart", "failure"]) == []
    assert phrase.matches(["attack", "of", "the", "heart"]) == ["heart", "attack"]
    assert phrase.matches(["old", "myocardial", "infarction"]) == ["myocardial infarction"]


def test_a_beginning_matches_in_either_spelling() -> None:
    anemia = Word(("anaem", "anem"))
    assert anemia.matches(["anaemia", "anemia", "anatomy"]) == ["anaemia", "anemia"]
