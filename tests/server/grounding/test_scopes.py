import pytest

from server.grounding.record import analyse


def polarity(text: str, word: str) -> str:
    found = analyse(text)
    at = next(i for i, token in enumerate(found.tokens) if token.plain == word)
    return found.context.polarity[at]


@pytest.mark.parametrize(
    "text",
    [
        "She denies nausea and fever.",
        "No cough, rash or fever.",
        "Fever was denied.",
        "Cough and fever are absent.",
        "Fever: none",
        "Negative for fever.",
        "She has been without fever.",
        "There is no evidence of fever.",
        "She denies that she has fever.",
        "A fever has never been reported.",
        "She is fever-free.",
        "Cough, but no fever.",
    ],
)
def test_fever_is_denied(text: str) -> None:
    assert polarity(text, "fever") == "absent"


@pytest.mark.parametrize(
    "text",
    [
        "She has fever.",
        "No cough but fever.",
        "No cough; fever since yesterday.",
        "She denies cough and reports fever.",
        "She denies cough, has fever.",
        "Not only cough but also fever.",
        "Her cough is not well controlled, fever persists.",
        "Without cough, with fever.",
    ],
)
def test_fever_is_affirmed(text: str) -> None:
    assert polarity(text, "fever") == "present"


@pytest.mark.parametrize(
    "text",
    ["Her asthma has resolved.", "She used to have asthma.", "She no longer has asthma."],
)
def test_asthma_is_over(text: str) -> None:
    assert polarity(text, "asthma") == "past"


@pytest.mark.parametrize("text", ["She is at risk of stroke.", "Watch for signs of stroke."])
def test_stroke_is_only_possible(text: str) -> None:
    assert polarity(text, "stroke") == "possible"


def test_brackets_hold_what_is_denied_in_them() -> None:
    assert polarity("Cough (no blood) and fever", "fever") == "present"
    assert polarity("No cough (or cold) and fever", "fever") == "absent"


@pytest.mark.parametrize(
    "text",
    [
        "No medicines, fever since Monday.",
        "Never smoked, fever for 3 days.",
        "No cough, on aspirin for fever.",
    ],
)
def test_a_denial_ends_where_a_list_does(text: str) -> None:
    assert polarity(text, "fever") == "present"


def test_a_denial_reaches_over_its_list() -> None:
    assert polarity("Denies cough, rash, fever.", "fever") == "absent"


@pytest.mark.parametrize(
    "text",
    [
        "No cough at her check-up with fever.",
        "She has gone a year without a cough on a drug against fever.",
        "He gave up smoking, and fever is new.",
        "The cough is worse as the day ends, with fever.",
        "She has no cough, whose fever is new.",
    ],
)
def test_what_follows_a_time_or_a_place_is_not_denied(text: str) -> None:
    assert polarity(text, "fever") == "present"


def test_a_denial_of_a_deed_reaches_past_a_place() -> None:
    assert polarity("She does not cough at night.", "night") == "absent"
    assert polarity("No cough at rest or fever.", "fever") == "absent"


@pytest.mark.parametrize(
    "text",
    [
        "Fever he denies.",
        "A fever he has not had in the last month.",
        "Of fever nothing was found at the visit.",
        "Cough yes, fever no.",
    ],
)
def test_a_denial_at_the_end_looks_back(text: str) -> None:
    assert polarity(text, "fever") == "absent"


@pytest.mark.parametrize(
    "text",
    [
        "He isn't coughing and the fever has been high.",
        "Fever persists, his mood has lifted, and thoughts of death are denied.",
        "Aside from fever there is nothing of note.",
        "A smoker who stopped ten years ago, he comes with fever.",
        "Never smoked, fever planned for.",
        "No falls were reported by this woman with fever.",
    ],
)
def test_a_denial_keeps_to_its_part_of_the_sentence(text: str) -> None:
    assert polarity(text, "fever") == "present"
