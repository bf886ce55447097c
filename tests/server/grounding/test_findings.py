from dataclasses import replace

import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    ("sentence", "field"),
    [
        ("She has high blood pressure.", "conditions"),
        ("Her legs are swollen.", "symptoms"),
        ("She takes an ACE inhibitor.", "medications"),
        ("Penicillin gives her a rash.", "allergies"),
        ("Her mother has T2DM.", "family_history"),
        ("She denies chest pain.", "notes"),
        ("Penicillin must be avoided.", "allergies"),
    ],
)
def test_the_evidence_names_its_field(checked: Check, sentence: str, field: str) -> None:
    found = checked(sentence)
    assert found.verdict == "supported"
    assert field in {claim.field for claim in found.claims}
    assert all(claim.evidence for claim in found.claims if claim.field)


@pytest.mark.parametrize(
    ("sentence", "kind", "verdict"),
    [
        ("She has asthma.", "condition", "unsupported"),
        ("She reports headache.", "symptom", "unsupported"),
        ("She has diabetes.", "family", "contradicted"),
        ("She has chest pain.", "symptom", "contradicted"),
        ("She denies joint pain.", "negation", "contradicted"),
        ("She denies fever.", "negation", "unsupported"),
        ("Her hypertension has resolved.", "condition", "contradicted"),
        ("Her father has diabetes.", "family", "contradicted"),
        ("Her mother has hypertension.", "family", "contradicted"),
        ("She takes warfarin.", "drug", "unsupported"),
        ("She takes penicillin.", "allergy", "contradicted"),
        ("She tolerates penicillin.", "allergy", "contradicted"),
        ("She is allergic to lisinopril.", "allergy", "contradicted"),
        ("She is allergic to sulfa drugs.", "allergy", "unsupported"),
        ("She is not allergic to latex.", "negation", "contradicted"),
        ("Lisinopril was stopped.", "negation", "contradicted"),
        ("She does not take metformin.", "negation", "contradicted"),
        ("Her mother takes lisinopril.", "family", "contradicted"),
        ("She reports a rash.", "allergy", "unsupported"),
    ],
)
def test_what_the_record_does_not_say_is_marked(
    checked: Check, sentence: str, kind: str, verdict: str
) -> None:
    claims = [(c.kind, c.verdict) for c in checked(sentence).claims if c.verdict != "supported"]
    assert (kind, verdict) in claims


@pytest.mark.parametrize(
    "sentence", ["She is at risk of stroke.", "Consider screening for depression."]
)
def test_what_is_only_possible_is_not(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


def test_a_reaction_is_no_symptom(checked: Check) -> None:
    assert checked("She has a rash.").verdict == "unsupported"
    assert checked("Penicillin gave her a rash.").verdict == "supported"


def test_who_quit_smoking_does_not_smoke(janet: Patient) -> None:
    quit_smoking = Record(replace(janet, notes="Quit smoking 10 years ago."))
    assert not check_sentence("She does not smoke.", quit_smoking).flagged
    assert check_sentence("She has never smoked.", quit_smoking).flagged


def test_no_history_of_smoking_denies_that_of_the_past(janet: Patient) -> None:
    quit_smoking = Record(replace(janet, notes="Quit smoking 10 years ago."))
    assert check_sentence("She has no history of smoking.", quit_smoking).flagged


@pytest.mark.parametrize(
    "sentence",
    [
        "She reports joint pain, swelling in legs, and latex (hives).",
        "Her family history includes allergies to latex.",
    ],
)
def test_an_allergen_is_neither_a_complaint_nor_of_the_family(
    checked: Check, sentence: str
) -> None:
    assert ("allergy", "contradicted") in {(c.kind, c.verdict) for c in checked(sentence).claims}


@pytest.mark.parametrize(
    "sentence",
    [
        "She reports joint pain and is allergic to latex.",
        "She reports hives with latex.",
        "Her family history includes a heart attack in her father, and she is allergic to latex.",
    ],
)
def test_an_allergen_beside_complaints_is_supported(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


def test_who_is_diagnosed_with_a_disease_has_it(checked: Check) -> None:
    assert checked("She was diagnosed with a heart attack in her father.").flagged
    assert not checked("Her father was diagnosed with a heart attack.").flagged
    assert not checked("She has a history of heart attack in her father.").flagged


def test_what_is_to_be_avoided_is_the_nearest_alone(checked: Check) -> None:
    assert not checked("She takes lisinopril, and penicillin is to be avoided.").flagged
    assert not checked("She can't have penicillin because it gives her a rash.").flagged
    assert checked("Penicillin and lisinopril are to be avoided.").flagged


def test_what_is_free_of_a_part_denies_the_whole() -> None:
    record = Record(Patient("1", symptoms="blood in urine"))
    assert check_sentence("His urine has been free of blood.", record).flagged


@pytest.mark.parametrize(
    ("sentence", "flagged"),
    [
        ("She may be given penicillin without concern.", True),
        ("Latex she tolerates.", True),
        ("Penicillin -> rash.", False),
        ("Pen allergy (rash).", False),
        ("Both her mother and her father have type 2 diabetes.", True),
    ],
)
def test_an_allergen_and_a_relative_in_other_words(
    checked: Check, sentence: str, flagged: bool
) -> None:
    assert checked(sentence).flagged is flagged


def test_a_high_reading_may_be_called_what_it_is() -> None:
    high = Record(Patient("1", blood_sugar="209 mg/dL"))
    fair = Record(Patient("1", blood_sugar="104 mg/dL"))
    assert not check_sentence("The blood sugar of 209 is a raised blood sugar.", high).flagged
    assert check_sentence("She has raised blood sugar.", fair).flagged


def test_a_loss_that_is_denied_in_its_middle_is_denied() -> None:
    steady = Record(Patient("1", gender="Female", notes="Reports no weight loss."))
    assert not check_sentence("She has lost no weight.", steady).flagged
    assert check_sentence("She has lost weight.", steady).flagged


@pytest.mark.parametrize(
    ("sentence", "flagged"),
    [
        ("Her chest pain resolves when she rests.", False),
        ("Her chest pain does not settle with rest.", True),
        ("Her chest pain persists even when she rests.", True),
    ],
)
def test_pain_settles_at_rest_or_does_not(sentence: str, flagged: bool) -> None:
    notes = "Chest pain comes with effort and settles with rest."
    angina = Record(Patient("1", gender="Female", notes=notes))
    assert check_sentence(sentence, angina).flagged is flagged


@pytest.mark.parametrize(
    ("sentence", "flagged"),
    [
        ("Her tablets agree with her.", False),
        ("Her tablets do not agree with her.", True),
        ("Her tablets have not agreed with Ms Lee.", True),
    ],
)
def test_tablets_agree_or_do_not(sentence: str, flagged: bool) -> None:
    notes = "Tolerates the blood pressure tablets well."
    tolerant = Record(Patient("1", name="Janet Lee", gender="Female", notes=notes))
    assert check_sentence(sentence, tolerant).flagged is flagged


@pytest.mark.parametrize(
    ("sentence", "flagged"),
    [
        ("She should not take penicillin, as it has caused a rash in the past.", False),
        ("She has had no stroke on lisinopril.", False),
        ("She is not on lisinopril.", True),
        ("The lisinopril dose was increased.", True),
    ],
)
def test_a_drug_beside_a_denial(checked: Check, sentence: str, flagged: bool) -> None:
    assert checked(sentence).flagged is flagged


def test_what_is_denied_of_one_place_is_not_denied_of_another() -> None:
    aching = Record(Patient("1", symptoms="joint pain", notes="Denies chest pain."))
    assert check_sentence("No pain.", aching).verdict == "contradicted"
    well = Record(Patient("1", notes="Denies chest pain."))
    assert check_sentence("No pain.", well).verdict == "supported"


@pytest.mark.parametrize(
    ("notes", "sentence"),
    [
        ("Temperature 36.8.", "She has a fever."),
        ("The frequency of the headaches has fallen.", "She urinates often."),
        ("OP follow-up in May.", "She has osteoporosis."),
        ("HC 35 cm.", "She uses hydrocortisone."),
    ],
)
def test_a_word_of_several_meanings_names_no_finding(notes: str, sentence: str) -> None:
    assert check_sentence(sentence, Record(Patient("1", gender="Female", notes=notes))).flagged


@pytest.mark.parametrize(
    "sentence",
    [
        "She takes lisinopril safely, and penicillin is on her allergy list.",
        "It is best to avoid penicillin for safe care.",
    ],
)
def test_a_word_of_safety_lets_nobody_take_an_allergen(checked: Check, sentence: str) -> None:
    assert checked(sentence).verdict != "contradicted"


def test_who_agrees_with_somebody_says_nothing_of_tablets() -> None:
    tolerant = Record(Patient("1", gender="Female", notes="Tolerates the tablets well."))
    assert check_sentence("She has agreed with her sister.", tolerant).verdict != "contradicted"


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("She used to be allergic to penicillin.", "contradicted"),
        ("Penicillin has caused a rash in the past.", "supported"),
        ("Both she and her mother have type 2 diabetes.", "contradicted"),
    ],
)
def test_what_was_and_who_has_it_too(checked: Check, sentence: str, verdict: str) -> None:
    assert checked(sentence).verdict == verdict


def test_who_has_gone_back_to_smoking_smokes() -> None:
    quit_smoking = Record(Patient("1", gender="Female", notes="Quit smoking 10 years ago."))
    assert check_sentence("She has gone back to smoking.", quit_smoking).flagged
