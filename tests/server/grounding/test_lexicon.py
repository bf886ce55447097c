import pytest

from server.grounding.lexicon import DETERMINERS, Phrases, entries, lexicon, lines, sections
from server.grounding.tokens import tokenize


def found(phrases: Phrases, text: str) -> list[str]:
    return [match.key for match in phrases.find(tokenize(text))]


def test_the_longest_name_is_found() -> None:
    phrases = Phrases()
    phrases.add("pain", "pain")
    phrases.add("chest pain", "chest pain")
    assert found(phrases, "Chest pain, pain and chest") == ["chest pain", "pain"]


def test_a_name_is_found_by_its_stems_and_through_hyphens() -> None:
    phrases = Phrases(DETERMINERS)
    phrases.add("blood in urine", "hematuria")
    assert found(phrases, "blood in her urine") == ["hematuria"]
    phrases.add("low-dose", "low dose")
    assert found(phrases, "low doses") == ["low dose"]


def test_a_name_may_count_in_capitals_only() -> None:
    phrases = Phrases()
    phrases.add("!MS", "multiple sclerosis")
    assert found(phrases, "Ms Lee") == []
    assert found(phrases, "known MS") == ["multiple sclerosis"]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("type 2 diabetes", "diabetes"),
        ("prior myocardial infarction", "heart attack"),
        ("drug:lisinopril", "class:ace inhibitor"),
        ("pain@joint", "pain"),
        ("swelling@leg", "swelling@calf"),
        ("numbness@limb", "numbness@leg"),
        ("chronic low back pain", "pain@back"),
    ],
)
def test_the_narrower_implies_the_broader(known: str, said: str) -> None:
    assert lexicon().implies(known, said)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("diabetes", "type 2 diabetes"),
        ("pain", "pain@joint"),
        ("pain@joint", "pain@knee"),
        ("pain@joint", "swelling@joint"),
        ("drug:lisinopril", "drug:ramipril"),
    ],
)
def test_and_not_the_other_way_round(known: str, said: str) -> None:
    assert not lexicon().implies(known, said)


def test_what_the_lists_refer_to_exists() -> None:
    known = lexicon()
    for key, above in known.broader.items():
        for parent in above - {p for p in above if p.startswith(("drug:", "class:"))}:
            assert parent in known.names or parent.partition("@")[0] in known.heads, (key, parent)
    for kind, key, conditions in entries("indications.txt"):
        assert f"{kind}:{key}" in known.broader
        for condition in conditions:
            assert condition in known.names or condition in known.heads, condition


def test_no_word_states_a_fact_and_nothing_at_once() -> None:
    factual = "married retired surgery smoker severe mild new alone pregnant transplant".split()
    plain = lexicon().plain
    assert not [word for word in factual if word in plain]


def test_each_cue_belongs_to_one_section() -> None:
    names = [name for _, listed in sections("cues.txt") for name in listed]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", ["opposites.txt", "synonyms.txt", "plain.txt", "concepts.txt"])
def test_a_list_has_no_empty_line_left(name: str) -> None:
    assert all(line.strip() for line in lines(name))


def test_a_turn_of_phrase_has_two_words_at_least() -> None:
    phrases = [name for _, names in sections("idioms.txt") for name in names]
    bare = [[t for t in tokenize(name) if t.plain not in DETERMINERS] for name in phrases]
    assert not [name for name, words in zip(phrases, bare, strict=True) if len(words) < 2]
