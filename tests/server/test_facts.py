import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import facts
from server.facts import Listing, Relative
from server.patients import Patient


@pytest.mark.parametrize(
    "cell",
    [
        "asthma, gout, joint pain",
        "asthma; gout; joint pain",
        "asthma | gout | joint pain",
        "asthma\ngout\njoint pain",
        "- asthma\n- gout\n- joint pain",
        '["asthma", "gout", "joint pain"]',
        "asthma, gout, and joint pain",
        "asthma, gout, gout, joint pain.",
    ],
)
def test_a_list_may_be_written_in_many_ways(cell: str) -> None:
    assert facts.listing(cell).items == ("asthma", "gout", "joint pain")


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("penicillin (rash, swelling), latex", ("penicillin (rash, swelling)", "latex")),
        ("nausea and vomiting", ("nausea and vomiting",)),
        ("metformin 1,000 mg BID, aspirin", ("metformin 1,000 mg BID", "aspirin")),
        ("a, b; c", ("a, b", "c")),
        ("[not json", ("[not json",)),
    ],
)
def test_an_item_keeps_what_is_its_own(cell: str, items: tuple[str, ...]) -> None:
    assert facts.listing(cell).items == items


@pytest.mark.parametrize(
    "cell",
    ["none", "No known allergies", "NKDA", "Nothing of note.", "no known drug allergies.", "nil"],
)
def test_a_cell_may_say_that_there_is_nothing(cell: str) -> None:
    assert facts.listing(cell) == Listing(none=True)


@pytest.mark.parametrize("cell", ["", " ", "-", "n/a", "unknown", "NaN"])
def test_a_cell_may_say_nothing(cell: str) -> None:
    assert facts.listing(cell) == Listing()


def test_a_dose_after_a_comma_belongs_to_its_drug() -> None:
    read = facts.read(Patient("1", medications="insulin, 10 units, at bedtime, aspirin 81 mg"))
    assert read.medications.items == ("insulin, 10 units, at bedtime", "aspirin 81 mg")


@pytest.mark.parametrize(
    ("cell", "relatives"),
    [
        ("mother: asthma, father: gout", [("mother", "asthma"), ("father", "gout")]),
        ("Mother: asthma. Father: gout.", [("mother", "asthma"), ("father", "gout")]),
        ("asthma (maternal aunt)", [("maternal aunt", "asthma")]),
        ("gout in his father", [("father", "gout")]),
        ("Sister had a stroke", [("sister", "a stroke")]),
        (
            "father died of cancer; heart disease",
            [("", "father died of cancer"), ("", "heart disease")],
        ),
    ],
)
def test_relatives_are_read(cell: str, relatives: list[tuple[str, str]]) -> None:
    read = facts.read(Patient("1", family_history=cell))
    assert list(read.family) == [Relative(*relative) for relative in relatives]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        ("58", 58),
        ("58.0", 58),
        ("58 years", 58),
        ("0", 0),
        ("fifty", None),
        ("", None),
        ("5800", None),
    ],
)
def test_an_age_is_a_whole_number_of_years(age: str, expected: int | None) -> None:
    assert facts.read(Patient("1", age=age)).age == expected


@pytest.mark.parametrize(
    ("gender", "age", "expected"),
    [
        ("F", "58", "a 58-year-old woman"),
        ("Male", "8", "an 8-year-old boy"),
        ("", "11", "an 11-year-old patient"),
        ("female", "0", "an infant girl"),
        ("", "0", "an infant"),
        ("non-binary", "", "a patient"),
    ],
)
def test_the_patient_is_called_what_is_known(gender: str, age: str, expected: str) -> None:
    assert facts.who(facts.read(Patient("1", age=age, gender=gender))) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a and b", "c"], "a and b; and c"),
    ],
)
def test_items_are_joined(items: list[str], expected: str) -> None:
    assert facts.joined(items) == expected


def test_what_is_denied_is_said_too() -> None:
    patient = Patient("1", gender="M", allergies="NKDA", medications="none", family_history="none")
    assert facts.sentences(facts.read(patient)) == [
        "The patient is a man.",
        "He takes no medications.",
        "He has no known allergies.",
        "He has no known family history.",
    ]


@pytest.mark.slow
@given(st.builds(Patient, *[st.text(max_size=100)] * 13))
def test_any_record_can_be_read_and_said(patient: Patient) -> None:
    assert all(sentence.strip() for sentence in facts.sentences(facts.read(patient)))


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("HTN / GORD / T2DM", ("HTN", "GORD", "T2DM")),
        ("Tired. Dry eyes. No rash", ("Tired", "Dry eyes", "No rash")),
        ("propranolol 40 mg b.d., stopped 10 March", ("propranolol 40 mg b.d., stopped 10 March",)),
        ("tummy ache on Sunday, gone now", ("tummy ache on Sunday, gone now",)),
        ("ramipril 5 mg o.d. before breakfast", ("ramipril 5 mg o.d. before breakfast",)),
        ("sacubitril/valsartan 49/51 bd", ("sacubitril/valsartan 49/51 bd",)),
        ("fever 38.5, seen by Dr. A. Lee", ("fever 38.5", "seen by Dr. A. Lee")),
    ],
)
def test_a_cell_is_split_as_its_clerk_meant_it(cell: str, items: tuple[str, ...]) -> None:
    assert facts.listing(cell).items == items


def test_relatives_may_stand_in_sentences_of_their_own() -> None:
    patient = Patient(
        patient_id="1", family_history="Her mother had gout. Father MI at 49. A cousin"
    )
    assert [item.condition for item in facts.read(patient).family] == [
        "Her mother had gout",
        "Father MI at 49",
        "A cousin",
    ]
