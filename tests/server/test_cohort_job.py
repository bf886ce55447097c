from pathlib import Path

import pandas as pd
import pytest

from server.cohort_job import CHUNK, Job, Writers, chunks, is_current, look_up
from server.cohort_report import Row
from server.patients import Patient, PatientTable, load_patients
from server.summaries import Origin, SummaryStore

OURS = Origin(how="generated", model="phi", record="r", wording="w")


def current(
    origin: Origin | None, record: str = "r", model: str = "phi", wording: str = "w"
) -> bool:
    return is_current(origin, record, {(model, wording)})


def test_a_summary_stands_while_record_model_and_wording_are_unchanged() -> None:
    assert current(OURS)
    assert not current(None)
    assert not current(OURS, record="another")
    assert not current(OURS, model="another")
    assert not current(OURS, wording="another")


def test_a_summary_stands_that_any_of_the_models_wrote() -> None:
    assert is_current(OURS, "r", {("llama", "w"), ("phi", "w")})


@pytest.mark.parametrize("how", ["edited", "external"])
def test_what_a_person_wrote_stands_unless_the_record_is_known_to_have_changed(how: str) -> None:
    assert current(Origin(how=how, model="another"))  # type: ignore[arg-type]
    assert current(Origin(how=how, record="r"))  # type: ignore[arg-type]
    assert not current(Origin(how=how, record="another"))  # type: ignore[arg-type]


@pytest.fixture
def table() -> PatientTable:
    ids = [str(number) for number in range(CHUNK + 5)]
    return load_patients(pd.DataFrame({"patient_id": ids, "name": [f"Name {id}" for id in ids]}))


@pytest.fixture
def store(tmp_path: Path) -> SummaryStore:
    return SummaryStore(tmp_path / "summaries.csv")


def save(store: SummaryStore, patient: Patient, model: str = "phi") -> None:
    store.save(
        patient.patient_id,
        patient.name,
        "Text.",
        how="generated",
        model=model,
        record=patient.fingerprint(),
        wording="w",
    )


def found(table: PatientTable, store: SummaryStore, writers: Writers | None) -> list[Job | Row]:
    (chunk,) = chunks(table, ["1", "nobody", "0"])
    return look_up(chunk, table, store, writers)


def test_patients_are_found_in_the_order_in_which_they_are_named(
    table: PatientTable, store: SummaryStore
) -> None:
    first, unknown, second = found(table, store, {("phi", "w")})
    assert isinstance(first, Job)
    assert isinstance(second, Job)
    assert (first.patient.name, second.patient.name) == ("Name 1", "Name 0")
    assert isinstance(unknown, Row)
    assert (unknown.patient_id, unknown.kind) == ("nobody", "unknown_patient")


def test_whoever_is_done_is_skipped_with_the_marks_of_the_saved_text(
    table: PatientTable, store: SummaryStore
) -> None:
    save(store, table.get("0"))
    save(store, table.get("1"), model="llama")
    other, _, skipped = found(table, store, {("phi", "w")})
    assert isinstance(other, Job)
    assert isinstance(skipped, Row)
    assert (skipped.status, skipped.model) == ("skipped", "phi")
    assert skipped.marks is not None
    anew = found(table, store, None)
    assert [type(one) for one in anew] == [Job, Row, Job]


def test_many_patients_are_looked_up_in_chunks(table: PatientTable) -> None:
    assert [len(chunk) for chunk in chunks(table, list(table.frame["patient_id"]))] == [CHUNK, 5]
