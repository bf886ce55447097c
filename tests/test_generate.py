"""The shipped patients, and the generator that made them."""

import hashlib
import re
from itertools import islice
from pathlib import Path

import pandas as pd
import pytest

from data.generate import CLINIC, COLUMNS, Patient, generate, main, patients

pytestmark = pytest.mark.slow

SHIPPED = Path(__file__).parent.parent / "data" / "patients.csv"
SHA256 = "97f6f7249d408c07d5c550a3452ff29c98e404b02ba3287697d7f4dbd53556cd"

WOMEN_ONLY = {condition.name for condition in CLINIC.conditions if condition.sex == "Female"}
MEN_ONLY = {condition.name for condition in CLINIC.conditions if condition.sex == "Male"}


@pytest.fixture(scope="module")
def many() -> list[Patient]:
    return list(islice(patients("coherence"), 3000))


def items(cell: str) -> set[str]:
    return set(cell.split(", "))


def test_the_shipped_table_is_the_one_that_was_reviewed() -> None:
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() == SHA256


def test_the_command_writes_the_shipped_table(tmp_path: Path) -> None:
    main(["--out", str(tmp_path / "patients.csv")])
    assert (tmp_path / "patients.csv").read_bytes() == SHIPPED.read_bytes()


def test_a_longer_table_begins_with_the_shorter_one() -> None:
    pd.testing.assert_frame_equal(generate(300).head(40), generate(40))


def test_another_seed_gives_other_patients_and_the_same_pinned_ones() -> None:
    one, other = generate(30, seed="one"), generate(30, seed="other")
    assert not one.head(10).equals(other.head(10))
    assert one.iloc[24].equals(other.iloc[24])


def test_the_rows_that_the_examples_quote_are_there() -> None:
    table = pd.read_csv(SHIPPED, dtype=str, keep_default_na=False).set_index("patient_id")
    janet, jerry = table.loc["25"], table.loc["11"]
    assert (janet["name"], janet["gender"]) == ("Janet Lee", "Female")
    assert janet["symptoms"] == "numbness in limbs, swelling in legs, joint pain"
    assert (janet["blood_pressure"], janet["blood_sugar"]) == ("150/94", "85 mg/dL")
    assert (jerry["name"], jerry["age"]) == ("Jerry Rivera", "59")
    assert jerry["symptoms"] == "confusion, numbness in limbs"
    assert "diabetes" in jerry["conditions"]
    assert table["conditions"].str.contains("diabetes").sum() >= 10
    assert list(table.columns) == COLUMNS[1:]


def test_names_and_conditions_agree_with_the_gender(many: list[Patient]) -> None:
    for row in many:
        assert row.name.split(" ", 1)[0] in CLINIC.names[row.gender]
        forbidden = MEN_ONLY if row.gender == "Female" else WOMEN_ONLY
        assert not items(row.conditions) & forbidden


def test_conditions_agree_with_the_age(many: list[Patient]) -> None:
    for row in many:
        for name in items(row.conditions) - {"none"}:
            assert any(
                condition.name == name and condition.can_affect(row.age, row.gender)
                for condition in CLINIC.conditions
            )
        if "pregnancy" in row.conditions:
            assert row.gender == "Female"
            assert 18 <= row.age <= 45


def test_every_drug_follows_from_a_condition(many: list[Patient]) -> None:
    drugs_for: dict[str, set[str]] = {}
    for condition in CLINIC.conditions:
        lines = {drug for line in condition.drugs for choice in line for drug in choice.split("; ")}
        drugs_for.setdefault(condition.name, set()).update(lines)
    for row in many:
        explained = {drug for name in items(row.conditions) - {"none"} for drug in drugs_for[name]}
        assert items(row.medications) - {"none"} <= explained


def test_no_allergen_is_prescribed(many: list[Patient]) -> None:
    for row in many:
        for allergy in items(row.allergies) - {"no known allergies"}:
            for drug in items(row.medications) - {"none"}:
                first = drug.split(" ", 1)[0]
                assert not {first, CLINIC.drug_class.get(first)} & set(CLINIC.allergies[allergy])


def test_the_vitals_agree_with_the_conditions(many: list[Patient]) -> None:
    for row in many:
        systolic, diastolic = map(int, row.blood_pressure.split("/"))
        sugar = int(row.blood_sugar.removesuffix(" mg/dL"))
        assert systolic > diastolic + 20
        assert (systolic >= 130) == ("hypertension" in row.conditions)
        if "prediabetes" in row.conditions:
            assert 100 <= sugar <= 125
        else:
            assert (sugar >= 126) == ("diabetes" in row.conditions)


def test_the_notes_deny_no_symptom_and_no_disease_of_the_patient(many: list[Patient]) -> None:
    for row in many:
        denied = re.findall(r"(?:Denies|Negative for|Reports no|without) ([^.]*)\.", row.notes)
        symptoms = {word for part in denied for word in re.split(" and | or ", part)}
        assert not symptoms & items(row.symptoms)
        for disease in re.findall(r"No history of ([^.]*)\.", row.notes):
            assert not any(word in row.conditions for word in CLINIC.excludable[disease])


def test_family_history_is_independent_of_the_own_conditions(many: list[Patient]) -> None:
    def share(rows: list[Patient]) -> float:
        return sum("hypertension" in row.family_history for row in rows) / len(rows)

    have = [row for row in many if "hypertension" in row.conditions]
    have_not = [row for row in many if "hypertension" not in row.conditions]
    assert abs(share(have) - share(have_not)) < 0.03
