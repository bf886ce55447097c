"""Words of the same meaning."""

from pathlib import Path

import pytest

from server.synonyms import Synonyms
from server.words import american, cut

LIST = Path(__file__).parents[2] / "data" / "synonyms.txt"


@pytest.fixture(scope="module")
def shipped() -> Synonyms:
    return Synonyms.read(LIST)


def test_the_longest_phrase_is_found_in_a_query(shipped: Synonyms) -> None:
    words = "janet high blood pressure cough".split()
    parts = shipped.parts(words)
    assert [phrase for phrase, _ in parts] == [
        ("janet",), ("high", "blood", "pressure"), ("cough",),
    ]  # fmt: skip
    assert ("hypertension",) in parts[1][1]


def test_a_phrase_is_known_before_it_is_typed_to_its_end(shipped: Synonyms) -> None:
    [(phrase, others)] = shipped.parts(["high", "blood", "pres"])
    assert phrase == ("high", "blood", "pres")
    assert ("hypertension",) in others


def test_a_phrase_is_known_without_its_function_words(shipped: Synonyms) -> None:
    assert ("deep", "vein", "thrombosis") in shipped.parts(["blood", "clot", "leg"])[0][1]


def test_british_spelling_finds_an_american_line(shipped: Synonyms) -> None:
    assert shipped.parts(["anaemia"])[0][1]


def test_remarks_and_lines_of_one_phrase_are_no_synonyms(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("# a = b\n\nalone\nflu = influenza  # c = d\n")
    assert Synonyms.read(path).others == {
        ("flu",): (("influenza",),),
        ("influenza",): (("flu",),),
    }


def test_the_shipped_list_is_in_american_spelling_and_says_nothing_twice() -> None:
    phrases = [
        tuple(cut(phrase))
        for line in LIST.read_text().splitlines()
        for phrase in line.partition("#")[0].split(" = ")
        if phrase.strip()
    ]
    assert len(phrases) == len(set(phrases)) > 200
    assert [word for phrase in phrases for word in phrase if american(word) != word] == []
