import pytest

from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "Lisinopril 20 mg once daily.",
        "She takes 20 mg of lisinopril every day.",
        "Metformin 1 g BID.",
        "Metformin 1000 mg every 12 hours.",
        "She takes metformin, a total of 2000 mg a day.",
        "Acetaminophen 500 mg when needed.",
        "Melatonin 3 mg every night.",
        "Twice-daily metformin 1000 mg and once-daily lisinopril 20 mg.",
        "Lisinopril 20 mg, metformin 1000 mg and melatonin 3 mg.",
        "One tablet of lisinopril a day.",
    ],
)
def test_the_dose_of_the_record_is_supported(checked: Check, sentence: str) -> None:
    assert checked(sentence).verdict == "supported"


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Lisinopril 40 mg once daily.", {"40 mg"}),
        ("Lisinopril 20 mg twice daily.", {"twice daily"}),
        ("Lisinopril 1000 mg and metformin 20 mg.", {"1000 mg", "20 mg"}),
        ("Acetaminophen 500 mg once daily.", {"once daily"}),
        ("Metformin 1000 mg daily.", {"daily"}),
        ("Lisinopril 20 mcg once daily.", {"20 mcg"}),
        ("Melatonin 3 mg in the morning.", {"in the morning"}),
        ("Lisinopril 20 mg as needed.", {"as needed"}),
    ],
)
def test_another_dose_is_contradicted(checked: Check, sentence: str, wrong: set[str]) -> None:
    claims = checked(sentence).claims
    assert {c.text for c in claims if c.verdict == "contradicted" and c.kind == "dose"} == wrong


@pytest.mark.parametrize(
    "sentence",
    ["Lisinopril 20 OD.", "Metformin 1000 BID, melatonin 3 nocte.", "On lisinopril 20 daily."],
)
def test_a_dose_may_lack_its_unit(checked: Check, sentence: str) -> None:
    assert checked(sentence).verdict == "supported"


@pytest.mark.parametrize(
    ("sentence", "wrong"), [("Lisinopril 40 OD.", "40"), ("Metformin 500 BID.", "500")]
)
def test_another_dose_without_its_unit_is_contradicted(
    checked: Check, sentence: str, wrong: str
) -> None:
    assert {c.text for c in checked(sentence).claims if c.verdict == "contradicted"} == {wrong}
