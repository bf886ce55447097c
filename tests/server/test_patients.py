"""The patient table: from whatever people bring to the fields of a patient."""

from pathlib import Path

import pandas as pd
import pytest

from server.errors import PatientsUnreadable, UnknownPatient
from server.formats.columns import ALIASES
from server.patients import FIELDS, Patient, load_patients

SHIPPED = Path(__file__).parents[2] / "data" / "patients.csv"


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "patients.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_table_loads_whole() -> None:
    patients = load_patients(SHIPPED)
    assert len(patients) == 200
    assert patients.columns == list(FIELDS)
    assert str(patients.report) == "200 patients, CSV file (200 rows)."
    assert patients.source == SHIPPED


def test_columns_that_are_not_recognised_are_reported(tmp_path: Path) -> None:
    path = table(tmp_path, "MRN,Dx,Active Meds,Sex\n7,asthma,albuterol,F\n")
    assert load_patients(path).report.unrecognised == ["Dx", "Active Meds"]
    given = {"Dx": "conditions"}
    assert load_patients(path, given).report.unrecognised == ["Active Meds"]
    frame = pd.DataFrame({"id": [1], "Dx": ["asthma"]})
    assert load_patients(frame).report.unrecognised == ["Dx"]


def test_columns_that_an_import_names_itself_are_not_reported() -> None:
    fixtures = Path(__file__).parents[1] / "fixtures"
    patients = load_patients(fixtures / "fhir_carebundle")
    assert set(patients.columns) > set(FIELDS)
    assert patients.report.unrecognised == []


def test_every_field_of_a_patient_can_be_recognised() -> None:
    assert tuple(ALIASES) == FIELDS


def test_a_patient_is_found_by_text_or_number() -> None:
    patients = load_patients(SHIPPED)
    janet = patients.get(25)
    assert janet == patients.get("25") == patients.get(" 25 ") == patients.at(24)
    assert (janet.name, janet.blood_pressure) == ("Janet Lee", "150/94")


def test_an_unknown_id_is_named_in_the_error() -> None:
    with pytest.raises(UnknownPatient, match="'999'"):
        load_patients(SHIPPED).get(999)


def test_pages_together_are_the_whole_table() -> None:
    patients = load_patients(SHIPPED)
    paged = [*patients.page(0, 150), *patients.page(150, 150)]
    assert paged == list(patients)
    assert patients.page(200, 10) == []


def test_usual_names_of_columns_are_recognised_however_they_are_written(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "MRN,Full Name,SEX,Current_Symptoms,medicalHistory,Current Medications,current_bp,Glucose\n"
        "7,Ada Stone,F,cough,asthma,albuterol,120/80,90\n",
    )
    assert load_patients(path).get(7) == Patient(
        patient_id="7",
        name="Ada Stone",
        gender="F",
        symptoms="cough",
        conditions="asthma",
        medications="albuterol",
        blood_pressure="120/80",
        blood_sugar="90",
    )


def test_the_more_telling_name_wins_and_the_other_stays_a_further_column(tmp_path: Path) -> None:
    path = table(tmp_path, "id,diagnosis,conditions,ward\n1,asthma at birth,gout,B2\n")
    patient = load_patients(path).get(1)
    assert patient.conditions == "gout"
    assert patient.other == {"diagnosis": "asthma at birth", "ward": "B2"}


def test_columns_can_be_named_by_hand(tmp_path: Path) -> None:
    path = table(tmp_path, "Subject,Problems (text),conditions\nS-1,gout,old\n")
    patients = load_patients(path, {"Subject": "patient_id", "Problems (text)": "conditions"})
    assert patients.get("S-1").conditions == "gout"
    assert patients.get("S-1").other == {"conditions (of the table)": "old"}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"Subjekt": "patient_id"}, "no column 'Subjekt'; it has 'id', 'name'"),
        ({"id": "number"}, "no field 'number'"),
        ({"id": "name", "name": "name"}, "given twice"),
    ],
)
def test_names_given_by_hand_have_to_fit(
    tmp_path: Path, columns: dict[str, str], message: str
) -> None:
    with pytest.raises(PatientsUnreadable, match=message):
        load_patients(table(tmp_path, "id,name\n1,Ada\n"), columns)


def test_a_missing_cell_is_an_empty_text_and_the_word_none_stays(tmp_path: Path) -> None:
    patient = load_patients(table(tmp_path, "id,name,allergies,notes\n1,,None,NA\n")).get(1)
    assert (patient.name, patient.allergies, patient.notes) == ("", "None", "NA")


def test_a_table_without_ids_says_which_columns_it_has_and_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(PatientsUnreadable) as failure:
        load_patients(table(tmp_path, "name,age\nAda,7\n"))
    assert "'name', 'age'" in failure.value.message
    assert 'columns={"name in the table": "patient_id"}' in failure.value.next


def test_a_table_with_an_unknown_delimiter_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(PatientsUnreadable, match="another sign than") as failure:
        load_patients(table(tmp_path, "patient_id:name\n1:Ada\n"))
    assert "'patient_id:name'" in failure.value.message


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file whose reading fails")
@pytest.mark.parametrize("name", ["patients.csv", "patients.json"])
def test_a_file_whose_disk_fails_is_one_clear_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/proc/self/mem")
    with pytest.raises(PatientsUnreadable, match="could not be read: Input/output error"):
        load_patients(tmp_path / name)


def test_a_table_without_a_header_does_not_print_a_whole_record(tmp_path: Path) -> None:
    cells = ",".join(f"{number} {'x' * 100}" for number in range(50))
    with pytest.raises(PatientsUnreadable) as failure:
        load_patients(table(tmp_path, f"{cells}\n"))
    assert len(failure.value.message) < 1200
    assert "and 30 more" in failure.value.message


def test_duplicate_ids_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    ids = [*range(10), *range(7), 0]
    path = table(tmp_path, "id\n" + "\n".join(map(str, ids)) + "\n")
    with pytest.raises(PatientsUnreadable, match=r"7 patient ids .*: 0, 1, 2, 3, 4, \.\.\."):
        load_patients(path)


def test_rows_without_an_id_are_left_out_and_counted(tmp_path: Path) -> None:
    patients = load_patients(table(tmp_path, "id,name\n1,Ada\n,Bob\n,\n 2 ,Cem\n"))
    assert [patient.name for patient in patients] == ["Ada", "Cem"]
    assert patients.report.unused == {"rows without a patient id": 1, "empty rows": 1}
    assert "Left out: 1 empty rows, 1 rows without a patient id" in str(patients.report)


def test_no_row_with_an_id_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PatientsUnreadable, match="None of the 2 rows"):
        load_patients(table(tmp_path, "id,name\n,Bob\n,Cem\n"))
    with pytest.raises(PatientsUnreadable, match="no patients"):
        load_patients(table(tmp_path, "id,name\n"))


def test_two_header_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PatientsUnreadable, match="two header rows"):
        load_patients(table(tmp_path, "patient_id,name\nPatient ID,Name\n1,Ada\n"))
    with pytest.raises(PatientsUnreadable, match="stand in the second row"):
        load_patients(table(tmp_path, "Clinic North,\npatient_id,name\n1,Ada\n"))


def test_ids_that_became_decimal_numbers_are_whole_again(tmp_path: Path) -> None:
    assert load_patients(table(tmp_path, "id,age\n25.0,7\n26.0,8\n")).get(25).age == "7"
    assert load_patients(table(tmp_path, "id\n25.0\nB.7\n")).get("25.0").patient_id == "25.0"


def test_a_data_frame_is_a_table_whatever_its_types() -> None:
    frame = pd.DataFrame(
        {
            "pid": [25.0, 26.0],
            "age": [61.0, None],
            "last_visit": pd.to_datetime(["2026-01-02", "NaT"]),
            "conditions": [["gout", "asthma"], None],
            "ward": pd.Categorical(["B2", None]),
        }
    )
    patients = load_patients(frame)
    one, two = patients
    assert (one.patient_id, one.age, one.last_visit) == ("25", "61", "2026-01-02")
    assert (one.conditions, one.other) == ("gout, asthma", {"ward": "B2"})
    assert two == Patient("26", other={"ward": ""})
    assert patients.report.source == "DataFrame"
    assert patients.source is None


def test_an_index_with_a_name_is_a_column() -> None:
    frame = pd.DataFrame({"patient_id": ["a"], "name": ["Ada"]}).set_index("patient_id")
    assert load_patients(frame).get("a").name == "Ada"


def test_text_is_passed_through_as_it_is(tmp_path: Path) -> None:
    text = "=1+1 <b>bold</b> \u202eright to left \x1b[31m red"
    assert load_patients(table(tmp_path, f'id,notes\n1,"{text}"\n')).get(1).notes == text


def test_a_file_too_large_for_the_free_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "patients.csv"
    with path.open("wb") as file:
        file.truncate(3 * 2**30)  # sparse, and no CSV: reading it would be another error
    with pytest.raises(PatientsUnreadable, match=r"about \d+\.\d GiB of memory, and 8\.0 GiB"):
        load_patients(path, free=lambda: 8 * 2**30)


def test_the_progress_of_a_load_ends_at_the_whole() -> None:
    seen: list[tuple[int, int]] = []
    load_patients(SHIPPED, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (SHIPPED.stat().st_size, SHIPPED.stat().st_size)


def test_a_fingerprint_changes_with_any_part_of_the_record() -> None:
    one = Patient("1", other={"ward": "B2"})
    assert one.fingerprint() == Patient("1", other={"ward": "B2"}).fingerprint()
    assert one.fingerprint() != Patient("1", other={"ward": "B3"}).fingerprint()
