"""Synthetic patients: the rows of data/patients.csv, and as many more as a measurement needs.

    python data/generate.py                                # the 200 rows that are shipped
    python data/generate.py --n 2000 --out more.csv

Nobody in these tables exists. A row hangs together as a reader expects (drugs follow from the
conditions, vitals agree with them, an allergen is never prescribed; the rules are in clinic.toml),
but how often things occur is invented: the tables say nothing about epidemiology.

A longer table begins with the shorter one of the same seed. Only `random.Random.random` is drawn
from, whose sequence Python promises to keep; even so the committed CSV is the truth, and a test
holds its hash.
"""

import argparse
import tomllib
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import TypeVar

import pandas as pd

T = TypeVar("T")

SEED = "patients of no clinic"
SHIPPED = 200
CHUNK = 50_000
NEWEST_VISIT = date(2026, 10, 30)


@dataclass(frozen=True, slots=True)
class Condition:
    """What goes with a condition; clinic.toml explains each field."""

    name: str
    weight: int
    ages: tuple[int, int]
    symptoms: tuple[str, ...]
    note: tuple[str, ...]
    drugs: tuple[tuple[str, ...], ...] = ()
    leads_to: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    sex: str = ""
    group: str = ""
    alone: bool = False
    acute: bool = False

    def can_affect(self, age: int, gender: str) -> bool:
        return self.ages[0] <= age <= self.ages[1] and self.sex in ("", gender)


@dataclass(slots=True)
class Patient:
    """One row of the table, in the order of its columns."""

    patient_id: int
    name: str
    age: int
    gender: str
    symptoms: str = ""
    conditions: str = ""
    medications: str = ""
    allergies: str = ""
    blood_pressure: str = ""
    blood_sugar: str = ""
    last_visit: str = ""
    family_history: str = ""
    notes: str = ""


COLUMNS = list(Patient.__dataclass_fields__)

PINNED = {
    11: Patient(
        patient_id=11,
        name="Jerry Rivera",
        age=59,
        gender="Male",
        symptoms="confusion, numbness in limbs",
        conditions="type 2 diabetes mellitus, diabetic neuropathy, hypertension",
        medications="metformin 1000 mg twice daily, gabapentin 300 mg three times daily, "
        "lisinopril 20 mg once daily",
        allergies="sulfonamide antibiotics (hives)",
        blood_pressure="144/88",
        blood_sugar="231 mg/dL",
        last_visit="2026-09-17",
        family_history="father: type 2 diabetes, brother: colon cancer",
        notes="Comes in with confusion in the evenings for 2 weeks. Diabetes is poorly controlled; "
        "feet are numb to the ankle. Denies fever and chest pain. No history of stroke. Recheck "
        "blood sugar in 2 weeks.",
    ),
    25: Patient(
        patient_id=25,
        name="Janet Lee",
        age=62,
        gender="Female",
        symptoms="numbness in limbs, swelling in legs, joint pain",
        conditions="hypertension, osteoarthritis, vitamin B12 deficiency, "
        "chronic venous insufficiency",
        medications="lisinopril 20 mg once daily, acetaminophen 500 mg as needed, "
        "cyanocobalamin 1000 mcg once daily",
        allergies="penicillin (rash)",
        blood_pressure="150/94",
        blood_sugar="85 mg/dL",
        last_visit="2026-10-06",
        family_history="mother: type 2 diabetes, father: heart attack",
        notes="Leg swelling is worse in the evening and better with compression stockings. Knees "
        "are stiff for 20 minutes after waking. Denies chest pain and shortness of breath. No "
        "history of diabetes. Recheck blood pressure in 4 weeks.",
    ),
}
"""Rows that the README, the notebooks and the protocol's examples quote."""


class Dice(Random):
    """The draws that a row is made of, all of them by way of `random()`."""

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        return values[int(self.random() * len(values))]

    def some(self, values: Iterable[T], count: int) -> list[T]:
        """At most `count` different values, in a random order."""
        rest = list(values)
        return [rest.pop(int(self.random() * len(rest))) for _ in range(min(count, len(rest)))]

    def chance(self, probability: float) -> bool:
        return self.random() < probability


@dataclass(frozen=True, slots=True)
class Clinic:
    """What clinic.toml says."""

    conditions: tuple[Condition, ...]
    allergies: dict[str, tuple[str, ...]]
    drug_class: dict[str, str]
    names: dict[str, list[str]]
    relatives: list[str]
    family_conditions: list[str]
    deniable: list[str]
    excludable: dict[str, tuple[str, ...]]
    habits: list[str]
    by_name: dict[str, Condition] = field(default_factory=dict)


def read_clinic(path: Path) -> Clinic:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    conditions = tuple(_condition(entry) for entry in raw["condition"])
    return Clinic(
        conditions=conditions,
        allergies={name: tuple(drugs) for name, drugs in raw["allergies"].items()},
        drug_class=raw["drug_class"],
        names={key: text.split() for key, text in raw["names"].items()},
        relatives=raw["relatives"],
        family_conditions=raw["family_conditions"],
        deniable=raw["deniable"],
        excludable={name: tuple(words) for name, words in raw["excludable"].items()},
        habits=raw["habits"],
        # Children's entries come last in the file and repeat names: what leads to what is adult.
        by_name={condition.name: condition for condition in reversed(conditions)},
    )


def _condition(entry: dict[str, object]) -> Condition:
    return Condition(**{key: _frozen(value) for key, value in entry.items()})  # type: ignore[arg-type]


def _frozen(value: object) -> object:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


CLINIC = read_clinic(Path(__file__).with_name("clinic.toml"))


def generate(n: int = SHIPPED, seed: str = SEED) -> pd.DataFrame:
    """A table of `n` synthetic patients with the columns of data/patients.csv."""
    frames = list(chunks(n, seed))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


def chunks(n: int, seed: str = SEED) -> Iterator[pd.DataFrame]:
    """The same table in pieces, so that a long one need not be held as Python objects."""
    rows = islice(patients(seed), n)
    while chunk := list(islice(rows, CHUNK)):
        yield pd.DataFrame(
            {column: [getattr(patient, column) for patient in chunk] for column in COLUMNS}
        )


def patients(seed: str = SEED) -> Iterator[Patient]:
    """Synthetic patients without end, numbered from 1."""
    dice = Dice(seed)
    patient_id = 0
    while True:
        patient_id += 1
        patient = draw(patient_id, dice)
        yield PINNED.get(patient_id, patient)


def draw(patient_id: int, dice: Dice) -> Patient:
    """One patient whose fields agree with each other."""
    gender = "Female" if dice.chance(0.52) else "Male"
    name = f"{dice.pick(CLINIC.names[gender])} {dice.pick(CLINIC.names['last'])}"
    patient = Patient(patient_id, name, _age(dice), gender)
    conditions = _conditions(patient, dice)
    symptoms = _symptoms(conditions, dice)
    allergies = _allergies(patient.age, dice)
    medications = _medications(conditions, allergies, dice)
    patient.symptoms = ", ".join(symptoms) or "none"
    patient.conditions = ", ".join(condition.name for condition in conditions) or "none"
    patient.medications = ", ".join(medications) or "none"
    patient.allergies = ", ".join(allergies) or "no known allergies"
    patient.blood_pressure = _blood_pressure(patient, dice)
    patient.blood_sugar = f"{_blood_sugar(patient.conditions, dice)} mg/dL"
    patient.last_visit = (NEWEST_VISIT - timedelta(days=dice.number(0, 500))).isoformat()
    patient.family_history = _family_history(dice)
    patient.notes = _notes(patient, conditions, symptoms, medications, dice)
    return patient


def _age(dice: Dice) -> int:
    return dice.number(*dice.pick(((2, 17), (18, 44), (45, 64), (45, 64), (65, 94))))


@cache
def _candidates(age: int, gender: str) -> tuple[list[Condition], list[int]]:
    """The conditions that a patient may have, with their running weights."""
    fitting = [condition for condition in CLINIC.conditions if condition.can_affect(age, gender)]
    return fitting, list(accumulate(condition.weight for condition in fitting))


def _conditions(patient: Patient, dice: Dice) -> list[Condition]:
    wanted = dice.number(*_how_many(patient.age))
    found: list[Condition] = []
    while len(found) < wanted and not (found and found[0].alone):
        fitting, weights = _candidates(patient.age, patient.gender)
        condition = fitting[bisect(weights, dice.random() * weights[-1])]
        if _goes_with(condition, found) and not (found and condition.alone):
            found.append(condition)
            found += _followers(condition, found, patient, dice)
    return found


def _how_many(age: int) -> tuple[int, int]:
    return (0, 1) if age < 18 else (0, 2) if age < 45 else (1, 3)


def _followers(
    condition: Condition, found: list[Condition], patient: Patient, dice: Dice
) -> list[Condition]:
    """The conditions that `condition` has led to in this patient, at most two."""
    followers = [
        follower
        for follower in (CLINIC.by_name[name] for name in condition.leads_to)
        if follower.can_affect(patient.age, patient.gender)
        and _goes_with(follower, found)
        and dice.chance(0.4)
    ]
    return followers[:2]


def _goes_with(condition: Condition, found: list[Condition]) -> bool:
    return not any(
        other.name == condition.name or (other.group and other.group == condition.group)
        for other in found
    )


def _symptoms(conditions: list[Condition], dice: Dice) -> list[str]:
    reported = [
        symptom
        for condition in conditions[:3]
        for symptom in dice.some(condition.symptoms, dice.number(1, 2))
    ]
    return list(dict.fromkeys(reported))[:4]


def _allergies(age: int, dice: Dice) -> list[str]:
    usual = [name for name, drugs in CLINIC.allergies.items() if age >= 18 or not drugs]
    return dice.some(usual, dice.pick((0, 0, 0, 1, 1, 2)))


def _medications(conditions: list[Condition], allergies: list[str], dice: Dice) -> list[str]:
    """First lines of treatment and some further ones, none twice, none that must be avoided."""
    avoid = {drug for condition in conditions for drug in condition.avoid}
    avoid.update(drug for allergy in allergies for drug in CLINIC.allergies[allergy])
    taken: dict[str, str] = {}
    for condition in conditions:
        for number, alternatives in enumerate(condition.drugs):
            if number == 0 or dice.chance(0.4):
                _prescribe(alternatives, avoid, taken, dice)
    return list(taken.values())


def _prescribe(
    alternatives: Sequence[str], avoid: set[str], taken: dict[str, str], dice: Dice
) -> None:
    safe = [choice for choice in alternatives if not _unsafe(choice.split("; "), avoid)]
    for drug in dice.pick(safe or alternatives).split("; "):
        if not _unsafe([drug], avoid):
            taken.setdefault(_drug_class(drug), drug)


def _unsafe(drugs: list[str], avoid: set[str]) -> bool:
    return any(_drug_class(drug) in avoid or drug.split(" ", 1)[0] in avoid for drug in drugs)


@cache
def _drug_class(drug: str) -> str:
    words = drug.split(" ")
    return CLINIC.drug_class.get(words[0], " ".join(words[:2]))


def _blood_pressure(patient: Patient, dice: Dice) -> str:
    """High with hypertension, by age in children (systolic about 90 + 2 a year), else normal."""
    if "hypertension" in patient.conditions:
        return f"{dice.number(132, 168)}/{dice.number(82, 100)}"
    if patient.age < 16:
        systolic = 86 + 2 * patient.age + dice.number(-4, 6)
        return f"{systolic}/{systolic * 6 // 10 + dice.number(-3, 3)}"
    return f"{dice.number(102, 128)}/{dice.number(62, 79)}"


def _blood_sugar(conditions: str, dice: Dice) -> int:
    """Fasting glucose in mg/dL; 100 to 125 is prediabetes, 126 and more diabetes (ADA criteria)."""
    if "prediabetes" in conditions:
        return dice.number(101, 124)
    if "diabetes" in conditions:
        return dice.number(127, 240)
    return dice.number(72, 98)


def _family_history(dice: Dice) -> str:
    """Independent of the patient's own conditions, as the search must not confuse the two."""
    relatives = dice.some(CLINIC.relatives, dice.pick((0, 1, 1, 2)))
    history = [f"{relative}: {dice.pick(CLINIC.family_conditions)}" for relative in relatives]
    return ", ".join(history) or "none"


def _notes(
    patient: Patient,
    conditions: list[Condition],
    symptoms: list[str],
    medications: list[str],
    dice: Dice,
) -> str:
    acute = any(condition.acute for condition in conditions)
    sentences = [_opening(patient, symptoms, acute, dice)]
    sentences += [dice.pick(condition.note) for condition in conditions[:2]]
    sentences.append(_denial(symptoms, dice))
    if patient.age >= 40 and dice.chance(0.5):
        sentences.append(_exclusion(patient.conditions, dice))
    if patient.age >= 18 and dice.chance(0.4):
        sentences.append(dice.pick(CLINIC.habits))
    sentences.append("Return if not better in a week." if acute else _plan(medications, dice))
    return " ".join(sentences)


def _opening(patient: Patient, symptoms: list[str], acute: bool, dice: Dice) -> str:
    child = patient.age < 16
    if not symptoms:
        return "Here with a parent for a check-up." if child else "Seen for a yearly check-up."
    first, last = symptoms[0], symptoms[-1]
    both = first if first == last else f"{first} and {last}"
    time = f"{dice.number(2, 6)} days" if acute else f"{dice.number(2, 12)} weeks"
    if child:
        return f"Parent reports {both} for {time}."
    return dice.pick(
        (
            f"Reports {both} over the past {time}.",
            f"Comes in with {both} for {time}.",
            f"{first.capitalize()} for {time}, worse in the evening.",
            f"{first.capitalize()} for {time}, better since yesterday.",
        )
    )


def _denial(symptoms: list[str], dice: Dice) -> str:
    absent = [symptom for symptom in CLINIC.deniable if symptom not in symptoms]
    first, second = dice.some(absent, 2)
    return dice.pick(
        (
            f"Denies {first} and {second}.",
            f"No {first} or {second}.",
            f"Reports no {first}.",
            f"Negative for {first} and {second}.",
            f"Has been without {first}.",
        )
    )


def _exclusion(conditions: str, dice: Dice) -> str:
    absent = [
        disease
        for disease, words in CLINIC.excludable.items()
        if not any(word in conditions for word in words)
    ]
    return f"No history of {dice.pick(absent)}."


def _plan(medications: list[str], dice: Dice) -> str:
    if not medications:
        return dice.pick(("Return in a year.", "Return if anything changes."))
    drug, months = dice.pick(medications), dice.number(2, 12)
    return dice.pick(
        (
            f"Continue {_drug_name(drug)}; follow-up in {months} months.",
            f"Repeat labs in {months} months.",
            f"Follow-up in {months} months.",
        )
    )


@cache
def _drug_name(drug: str) -> str:
    """The words before the dose, or before how often it is taken."""
    words = drug.split(" ")
    ends = ("as", "once", "twice", "every", "at", "with", "three")
    return " ".join(
        words[: next(i for i, word in enumerate(words) if word[0].isdigit() or word in ends)]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write a table of synthetic patients.")
    parser.add_argument("--n", type=int, default=SHIPPED, help="how many patients (default: 200)")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("patients.csv"))
    parser.add_argument("--seed", default=SEED)
    options = parser.parse_args(arguments)
    with options.out.open("w", encoding="utf-8", newline="") as out:
        for number, frame in enumerate(chunks(options.n, options.seed)):
            frame.to_csv(out, index=False, header=number == 0, lineterminator="\n")


if __name__ == "__main__":
    main()
