from time import process_time

import pytest

from server.grounding import Record, check_sentence
from server.grounding.shorthand import written_out
from server.patients import Patient


@pytest.mark.parametrize(
    ("short", "words"),
    [
        ("cough x 3/52", "3 weeks"),
        ("prednisolone 30mg od x 5/7", "5 days"),
        ("exac in 12/12", "12 months"),
        ("29/40. ankle swelling", "29 weeks pregnant"),
        ("stopped 09/2026 (low Na)", "in September 2026"),
        ("ischaemic stroke 2020, minor", "stroke in 2020"),
        ("Ramipril stopped Feb 26", "in Feb 2026"),
        ("# R ankle", "fracture  right ankle"),
        ("RT 60 Gy/20#", "radiotherapy 60 Gy/20 fractions"),
        ("father d. 58 MI", "died at 58"),
        ("?PSC - excluded by MRCP", "primary sclerosing cholangitis was excluded"),
        ("Essential hypertension (disorder)", "Essential hypertension"),
        ("pneumonia 2018 (resolved)", "pneumonia in 2018 was resolved"),
        ("oxybutynin stopped (confusion)", "oxybutynin was stopped"),
        ("sats 89% RA", "oxygen saturation"),
        ("sats 89% RA", "89% on room air"),
        ("JCV neg.", "JCV was negative"),
        ("Smokes 15/d", "15 a day"),
        ("AA 2x/wk", "2 a week"),
        ("MMSE 27/30", "27 out of 30"),
        ("salbutamol b.d", "b.d."),
        ("oxycodone 5 mg PRN (d/c'd 10/05/2026)", "was discontinued 10/05/2026"),
        ("Finasteride 5 MG Oral Tablet [stopped 2025-10-15]", "was stopped 2025-10-15"),
        ("Celiac disease (disorder) [refuted 2025-04-18]", "Celiac disease was ruled out"),
        ("Uterine leiomyoma (disorder) [provisional]", "possible Uterine leiomyoma"),
        ("Rheumatoid arthritis [active, onset 2019-03]", "since in March 2019"),
        ("Malignant tumor of prostate, onset 70", "prostate cancer"),
        ("Dyspnea (finding) absent", "no Dyspnea"),
        ("Productive cough x5d", "for 5 days"),
        ("nocturia x3", "3 times a night"),
        ("labetalol 100mg bd -> 200mg bd", "increased"),
        ("labetalol 100mg bd -> 200mg bd", "doubled"),
        ("CEA 14.2 -> 2.1", "dropped"),
    ],
)
def test_what_is_written_for_short_is_written_out(short: str, words: str) -> None:
    assert words in written_out(short)


@pytest.mark.parametrize(
    "text",
    [
        "blood pressure 98/52",
        "L eye recovered to 6/9".replace("L ", "left "),
        "last seen on 12/03/2026",
        "walks 2000 steps a day",
        "venlafaxine 37.5 mg once daily",
        "has had hypertension since 2009",
        "diagnosed in March 2026",
        "He stopped smoking",
        "penicillin -> rash",
        "5.5 L drained",
        "vitamin d 10 micrograms daily",
        "Vitamin K 1 mg at birth",
    ],
)
def test_what_is_no_shorthand_stays(text: str) -> None:
    assert written_out(text) == text


@pytest.mark.parametrize("text", ["1a" * 1000, "1 a" * 600, "[" * 2000, "x " * 1000, "d." * 1000])
def test_no_line_takes_the_time_of_its_square(text: str) -> None:
    start = process_time()
    written_out(text)
    assert process_time() - start < 0.5


@pytest.fixture(scope="module")
def noted() -> Record:
    """A record as a hospital writes them."""
    return Record(
        Patient(
            patient_id="1",
            name="Olga Marsh",
            age="71",
            gender="F",
            symptoms="SOB x 3/52, no CP",
            conditions=(
                "gestational diabetes [resolved 1990-02-01]; # R wrist 2019; "
                "migraine in her twenties, none for 40 yrs; ?PMR"
            ),
            medications=(
                "ramipril 2,5 mg od; ibuprofen stopped (heartburn); "
                "methotrexate 10 mg -> 15 mg weekly; prednisolone 20 mg b.d."
            ),
            allergies="trimethoprim - rash",
            family_history="Father MI at 49. Mother d. 62, silicosis. Paternal aunt breast ca",
            last_visit="2026-10-06",
            notes=(
                "Tired all the time 6/52. Lives w/ dtr Elaine. Smokes 8/d. Wt 81.5 kg. "
                "ESR 64 -> 20. Stevens-Johnson syndrome ruled out."
            ),
        )
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "She has been short of breath for three weeks and has no chest pain.",
        "She fractured her right wrist in 2019.",
        "Ibuprofen was stopped because of heartburn.",
        "Methotrexate has been increased from 10 mg to 15 mg a week.",
        "She takes prednisolone 20 mg twice daily.",
        "Her father had a heart attack at 49.",
        "A paternal aunt had breast cancer.",
        "Her ESR has dropped from 64 to 20.",
        "Stevens-Johnson syndrome was ruled out.",
        "She weighs 81.5 kg.",
        "She takes ramipril 2,5 mg once daily.",
        "She takes ramipril 2.5 mg once daily.",
        "She had gestational diabetes, which resolved in 1990.",
        "Trimethoprim has given her a rash in the past.",
        "She has been tired for six weeks.",
        "She is a 71-year-old woman living with her daughter.",
        "She smokes eight cigarettes a day.",
    ],
)
def test_a_faithful_sentence_about_it_bears_no_mark(noted: Record, sentence: str) -> None:
    assert not check_sentence(sentence, noted).flagged


@pytest.mark.parametrize(
    "sentence",
    [
        "She has been short of breath for three months.",
        "She fractured her left wrist in 2019.",
        "She fractured her right wrist in 2016.",
        "She takes ibuprofen for her back.",
        "Her mother had a heart attack at 49.",
        "A maternal aunt had breast cancer.",
        "Her father had silicosis.",
        "She weighs 85.5 kg.",
        "Her ESR has dropped from 84 to 20.",
        "She has gestational diabetes.",
        "She takes ramipril 5 mg once daily.",
        "She smokes nine cigarettes a day.",
    ],
)
def test_a_wrong_one_does(noted: Record, sentence: str) -> None:
    assert check_sentence(sentence, noted).flagged


@pytest.mark.parametrize(
    ("age", "sentence", "flagged"),
    [
        ("7 months", "She is a baby girl of seven months.", False),
        ("7 months", "This seven-month-old girl is well.", False),
        ("7 months", "This nine-month-old girl is well.", True),
        ("20 months", "This girl is well.", False),
        ("3 weeks", "This teenage girl is well.", True),
        ("71", "This girl is well.", True),
    ],
)
def test_an_age_may_be_given_in_months(age: str, sentence: str, flagged: bool) -> None:
    child = Record(Patient(patient_id="2", name="Ada Low", age=age, gender="F"))
    assert check_sentence(sentence, child).flagged == flagged
