import pytest

from server.grounding.record import analyse

HER = frozenset({"she", "janet"})


def relation(text: str, word: str) -> str:
    found = analyse(text, subjects=HER)
    at = next(i for i, token in enumerate(found.tokens) if token.plain == word)
    return found.context.relation[at]


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("Her mother has gout.", "mother"),
        ("Gout in her mother.", "mother"),
        ("FHx: gout (mother).", "mother"),
        ("Her maternal grandmother had gout.", "maternal grandmother"),
        ("Her mother's mother had gout.", "maternal grandmother"),
        ("Her mother and father have gout.", "mother|father"),
        ("There is a family history of gout.", "family"),
        ("Gout runs in the family.", "family"),
        ("Stroke in her father and gout in her mother.", "mother"),
        ("Her father had a stroke, and her mother gout.", "mother"),
    ],
)
def test_gout_is_a_relatives(text: str, of: str) -> None:
    assert relation(text, "gout") == of


@pytest.mark.parametrize(
    "text",
    [
        "She has gout.",
        "Her mother had a stroke, and she has gout.",
        "Her mother had a stroke; gout is her own.",
        "Her mother reports that she has gout.",
        "She was accompanied by her mother and has gout.",
        "She has gout, and her mother had a stroke.",
    ],
)
def test_gout_is_the_patients(text: str) -> None:
    assert relation(text, "gout") == ""


def test_a_parent_who_has_noticed_only_reports() -> None:
    assert relation("The parent has noticed a cough.", "cough") == ""


@pytest.mark.parametrize(
    "text",
    [
        "She came for a check-up with a parent and has gout.",
        "Mum or Dad came along, and gout is new.",
        "A relative looks after the tablets for gout.",
        "Her father had a stroke although she has gout.",
        "Her mother has asthma, but no gout of her own.",
    ],
)
def test_what_is_said_of_the_patient_beside_a_relative(text: str) -> None:
    assert relation(text, "gout") == ""


def test_with_a_father_who_has_something_it_is_the_fathers() -> None:
    assert relation("She came with a father who has gout.", "gout") == "father"


def test_a_parent_who_comes_along_has_nothing() -> None:
    assert not analyse("Check-up w/ parent, gout.").context.kin


def test_after_a_bracket_a_denial_is_the_patients() -> None:
    found = analyse("FHx asthma (mum), no gout.")
    assert [found.context.relation[at] for at in (1, 3, 7)] == ["mother", "mother", ""]


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("Gout is her brother's complaint.", "brother"),
        ("Gout struck his sister.", "sister"),
        ("Her brother's ill, and the five-year-old has gout.", ""),
        ("Mother: asthma, and the man himself has gout.", ""),
    ],
)
def test_whose_it_is_may_be_said_before_or_anew(text: str, of: str) -> None:
    found = analyse(text)
    at = next(i for i, token in enumerate(found.tokens) if token.plain == "gout")
    assert found.context.relation[at] == of
