import pytest

from server.grounding.tokens import Line, stem, tokenize


def line(text: str) -> str:
    return Line(tokenize(text)).text


def test_a_token_knows_its_place() -> None:
    text = "Janet's BP: 150/94"
    assert all(text[token.start : token.end] == token.text for token in tokenize(text))
    assert [token.text for token in tokenize(text)] == ["Janet", "'s", "BP", ":", "150/94"]


def test_an_accent_makes_no_difference_however_it_is_written() -> None:
    one, other = tokenize("Müller Mu\u0308ller")
    assert one.plain == other.plain == "muller"
    assert tokenize("\u0300")[0].plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fifty-eight-year-old", "58 year old"),
        ("one-fifty over ninety-four", "150 over 94"),
        ("two hundred and thirty-one", "231"),
        ("twenty 20", "20 20"),
        ("a dozen weeks", "a 12 weeks"),
        ("1,000 mg b.i.d.", "1000 mg bid"),
        ("the sixth of October", "the 6th of october"),
        ("4-6 weeks", "4 - 6 weeks"),
        ("on 2026-10-06", "on 2026-10-06"),
        ("Müller’s", "muller"),
    ],
)
def test_a_line_writes_numbers_in_digits(text: str, expected: str) -> None:
    assert line(text) == expected


def test_a_place_on_a_line_leads_back_to_its_tokens() -> None:
    tokens = tokenize("a fifty-eight year old")
    found = Line(tokens)
    assert [tokens[at].text for at in found.tokens(2, 4)] == ["fifty", "-", "eight"]


@pytest.mark.parametrize(
    "forms",
    [
        "report reports reported reporting",
        "stop stopped stopping stops",
        "diagnose diagnosed diagnoses diagnosis",
        "carry carries carried",
        "smoke smokes smoked smoking",
        "anaemia anemia",
        "oedema edema",
        "hospitalised hospitalized",
        "need needs needed",
        "control controlled",
    ],
)
def test_the_forms_of_a_word_share_a_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize("pair", ["note not", "hives hiv", "bee be", "aged ag", "swelling well"])
def test_different_words_do_not(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) != stem(other)


def test_the_colours_of_a_terminal_are_no_words() -> None:
    assert [t.text for t in tokenize("\x1b[0mJanet \u241b[1;31mLee[0m, 62")] == [
        "Janet",
        "Lee",
        ",",
        "62",
    ]


def test_a_count_of_times_stands_apart() -> None:
    assert [t.text for t in tokenize("up x2, q3mo")] == ["up", "x", "2", ",", "q", "3", "mo"]


@pytest.mark.parametrize(
    ("text", "plain"), [("wt", "weight"), ("Yest", "yesterday"), ("→", "->"), ("EtOH", "alcohol")]
)
def test_hurried_notes_are_read_in_full(text: str, plain: str) -> None:
    assert [token.plain for token in tokenize(text)] == [plain]
