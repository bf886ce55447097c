"""Patients in order, each with a place."""

from hypothesis import given
from hypothesis import strategies as st

from server.store.roll import Roll

STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from("abcd")), max_size=30)


@given(STEPS)
def test_it_is_a_dict_whose_latest_entry_is_the_last(steps: list[tuple[bool, str]]) -> None:
    roll, expected = Roll(), dict[str, int]()
    for place, (put, patient_id) in enumerate(steps):
        expected.pop(patient_id, None)
        if put:
            roll.put(patient_id, place, place * 2, "Ann")
            expected[patient_id] = place
        else:
            roll.drop(patient_id)
    assert len(roll) == len(expected)
    assert set(roll) == set(expected)
    assert list(reversed(roll)) == roll.matching("ANN") == list(reversed(expected))
    assert {id: roll.place(id) for id in roll} == expected
    assert {id: roll.crc(id) for id in roll} == {id: at * 2 for id, at in expected.items()}
    for place in range(len(steps)):
        assert list(roll.from_place(place)) == [
            id for id in reversed(expected) if expected[id] >= place
        ]


def test_who_is_not_in_it_has_no_place() -> None:
    roll = Roll()
    assert (roll.place("1"), roll.crc("1"), "1" in roll) == (None, None, False)


def test_places_can_change() -> None:
    roll = Roll()
    for patient_id in "321":
        roll.put(patient_id, 0, 0, "Ann")
    roll.drop("2")
    roll.move(int)
    assert (roll.place("3"), roll.place("1")) == (3, 1)
    assert list(reversed(roll)) == ["1", "3"]


def test_a_query_is_found_in_ids_and_names_whatever_the_case() -> None:
    roll = Roll()
    roll.put("X1", 0, 0, "Jürgen STRASSE")
    roll.put("x2", 1, 0, "Ann")
    assert roll.matching("JÜRGEN straße") == ["X1"]
    assert roll.matching("x") == ["x2", "X1"]
    assert roll.matching("nobody") == []
