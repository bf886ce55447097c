"""FHIR R4: bundles, folders of bundles, and resources one a line."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import PatientsUnreadable
from server.formats.fhir import Charts
from server.formats.report import LoadReport
from server.patients import PatientTable, load_patients

FIXTURES = Path(__file__).parents[2] / "fixtures"

Resource = dict[str, Any]
ADA: Resource = {"resourceType": "Patient", "id": "ada", "birthDate": "1960-05-06"}


def about(kind: str, **fields: Any) -> Resource:
    return {"resourceType": kind, "subject": {"reference": "Patient/ada"}, **fields}


def named(text: str) -> Resource:
    return {"coding": [{"system": "http://snomed.info/sct", "display": text}]}


def status(code: str) -> Resource:
    return {"coding": [{"code": code}]}


def bundle(path: Path, *resources: Resource) -> Path:
    entries = [{"resource": resource} for resource in resources]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}))
    return path


def load(tmp_path: Path, *resources: Resource) -> PatientTable:
    return load_patients(bundle(tmp_path / "bundle.json", ADA, *resources))


def test_bundles_of_carebundle_become_a_table() -> None:
    patients = load_patients(FIXTURES / "fhir_carebundle")
    assert len(patients) == 3
    cato = patients.get("a246400c-8f17-5d86-8c2c-5cb70b7715dc")
    assert (cato.name, cato.age, cato.gender) == ("Cato Stubfield", "58", "Female")
    assert cato.conditions == "Essential (primary) hypertension; Hyperlipidemia, unspecified"
    assert cato.medications == "lisinopril 10 MG Oral Tablet; hydrochlorothiazide 25 MG Oral Tablet"
    assert cato.allergies == "amoxicillin"
    assert (cato.blood_pressure, cato.blood_sugar) == ("138/79", "93 mg/dL")
    assert cato.last_visit == "2026-01-01"
    assert "Hemoglobin A1c/Hemoglobin.total 5.4 %" in cato.other["laboratory"]
    assert cato.other["record number"] == "A246400C"


def test_every_resource_is_accounted_for() -> None:
    report = load_patients(FIXTURES / "fhir_carebundle").report
    assert report.read["Patient"] == 3
    assert report.unused == {"DiagnosticReport resources": 15, "Practitioner resources": 3}
    entries = [
        entry
        for path in (FIXTURES / "fhir_carebundle").glob("*.json")
        for entry in json.loads(path.read_bytes())["entry"]
    ]
    assert len(entries) == report.read.total() - report.read["files"] + report.unused.total()


def test_disorders_findings_and_situations_are_kept_apart_and_so_is_what_has_ended() -> None:
    lise = load_patients(FIXTURES / "fhir_synthea").at(1)
    assert lise.conditions == "Acute infective cystitis"
    assert lise.symptoms == "Chronic neck pain; Chronic low back pain; Chronic pain"
    assert lise.other["situations"] == "Medication review due"
    assert "Full-time employment" in lise.other["findings"]
    assert "Whiplash injury to neck" in lise.other["past conditions"]
    assert "Naproxen" in lise.other["past medications"]
    assert "Naproxen" not in lise.medications
    assert "(disorder)" not in lise.conditions + lise.other["past conditions"]


def test_a_file_may_hold_one_bundle() -> None:
    patients = load_patients(FIXTURES / "fhir_synthea" / "patient_1.json")
    assert [patient.name for patient in patients] == ["Alden Goodwin"]


def test_resources_one_a_line_come_in_any_order_and_in_several_files(tmp_path: Path) -> None:
    conditions = [
        about("Condition", code=named("Gout (disorder)"), clinicalStatus=status("active"))
    ]
    for name, resources in (("Condition", conditions), ("Patient", [ADA])):
        lines = "".join(json.dumps(resource) + "\n" for resource in resources)
        (tmp_path / f"{name}.ndjson").write_text(lines)
    assert load_patients(tmp_path).get("ada").conditions == "Gout"


def test_a_reference_may_be_a_url_with_a_version(tmp_path: Path) -> None:
    far = {"reference": "https://fhir.example/r4/Patient/ada/_history/2"}
    condition = about("Condition", code=named("Gout")) | {"subject": far}
    assert load(tmp_path, condition).get("ada").conditions == "Gout"


def test_the_full_url_identifies_a_patient_without_an_id(tmp_path: Path) -> None:
    gout = about("Condition", code=named("Gout")) | {"subject": {"reference": "urn:uuid:7"}}
    patient = {"resource": {"resourceType": "Patient"}, "fullUrl": "urn:uuid:7"}
    entries = [{"resource": gout}, patient]
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}))
    assert load_patients(path).get(7).conditions == "Gout"


@pytest.mark.parametrize(
    ("fields", "active"),
    [
        ({"clinicalStatus": status("active")}, True),
        ({"clinicalStatus": status("recurrence")}, True),
        ({"clinicalStatus": status("resolved")}, False),
        ({}, True),
        ({"abatementDateTime": "2020-01-01"}, False),
    ],
)
def test_a_condition_goes_on_or_has_ended(
    tmp_path: Path, fields: Mapping[str, Any], active: bool
) -> None:
    patient = load(tmp_path, about("Condition", code=named("Gout"), **fields)).get("ada")
    assert (patient.conditions, patient.other.get("past conditions")) == (
        ("Gout", None) if active else ("", "Gout")
    )


@pytest.mark.parametrize("verification", ["refuted", "entered-in-error"])
def test_what_was_refuted_is_not_told_of_the_patient(tmp_path: Path, verification: str) -> None:
    condition = about("Condition", code=named("Gout"), verificationStatus=status(verification))
    patients = load(tmp_path, condition)
    assert patients.get("ada").conditions == ""
    reason = "Condition resources that were planned, withdrawn or refuted"
    assert patients.report.unused == {reason: 1}


def test_the_latest_measurement_counts(tmp_path: Path) -> None:
    def pressure(when: str, high: float, low: float) -> Resource:
        parts = [
            {
                "code": {"coding": [{"code": code}]},
                "valueQuantity": {"value": value, "unit": "mmHg"},
            }
            for code, value in (("8480-6", high), ("8462-4", low))
        ]
        category = [status("vital-signs")]
        return about("Observation", effectiveDateTime=when, category=category, component=parts)

    patients = load(tmp_path, pressure("2026-02-01", 150.4, 94), pressure("2025-02-01", 120, 80))
    assert patients.get("ada").blood_pressure == "150/94"
    assert patients.get("ada").age == "65"


def test_an_answer_in_a_questionnaire_is_no_measurement(tmp_path: Path) -> None:
    score = about(
        "Observation",
        category=[status("laboratory")],
        code=named("GAD-7 score"),
        valueQuantity={"value": 6, "unit": "{score}"},
    )
    patients = load(tmp_path, score)
    assert "laboratory" not in patients.get("ada").other
    assert patients.report.unused == {"observations without a measured value": 1}


@pytest.mark.parametrize("where", ["within", "beside"])
def test_a_prescription_may_refer_to_its_drug(tmp_path: Path, where: str) -> None:
    drug = {"resourceType": "Medication", "id": "m1", "code": {"text": "warfarin 5 mg"}}
    order = about("MedicationRequest", status="active", dosageInstruction=[{"text": "daily"}])
    if where == "within":
        order |= {"medicationReference": {"reference": "#m1"}, "contained": [drug]}
        assert load(tmp_path, order).get("ada").medications == "warfarin 5 mg daily"
    else:
        order |= {"medicationReference": {"reference": "Medication/m1"}}
        assert load(tmp_path, order, drug).get("ada").medications == "warfarin 5 mg"


def test_a_prescription_whose_drug_is_missing_is_counted(tmp_path: Path) -> None:
    order = about("MedicationRequest", medicationReference={"reference": "Medication/m9"})
    patients = load(tmp_path, order)
    assert patients.report.unused == {"prescriptions whose drug is not in the source": 1}


def test_allergies_family_history_and_the_newest_note_are_read(tmp_path: Path) -> None:
    def note(date: str, text: str) -> Resource:
        data = base64.b64encode(text.encode()).decode()
        attachment = {"contentType": "text/plain", "data": data}
        return about("DocumentReference", date=date, content=[{"attachment": attachment}])

    patient = load(
        tmp_path,
        {
            "resourceType": "AllergyIntolerance",
            "patient": {"reference": "Patient/ada"},
            "code": named("Mold (organism)"),
            "reaction": [{"manifestation": [named("Wheezing (finding)")]}],
        },
        {
            "resourceType": "FamilyMemberHistory",
            "patient": {"reference": "Patient/ada"},
            "relationship": {"text": "Father"},
            "condition": [{"code": {"text": "stroke"}}],
        },
        note("2026-02-01", "newer"),
        note("2025-02-01", "older"),
    ).get("ada")
    assert patient.allergies == "Mold (Wheezing)"
    assert patient.family_history == "Father: stroke"
    assert patient.notes == "newer"


def test_a_bundle_without_a_patient_says_so(tmp_path: Path) -> None:
    path = bundle(tmp_path / "bundle.json", {"resourceType": "Organization"})
    with pytest.raises(PatientsUnreadable, match="no Patient resource"):
        load_patients(path)


def test_records_of_patients_who_are_missing_are_counted(tmp_path: Path) -> None:
    stranger = about("Condition", code=named("Gout")) | {"subject": {"reference": "Patient/bob"}}
    patients = load(tmp_path, stranger)
    assert len(patients) == 1
    assert patients.report.unused == {"records of patients who are not in the source": 1}


def test_a_second_patient_of_the_same_id_is_counted(tmp_path: Path) -> None:
    patients = load(tmp_path, ADA)
    assert patients.report.unused == {"Patient resources with an id that occurred before": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"resourceType": "Bund', "not JSON"), ('{"name": "x"}', "neither a FHIR bundle")],
)
def test_a_file_alone_that_is_no_fhir_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bundle.json"
    path.write_text(text)
    with pytest.raises(PatientsUnreadable, match=message):
        load_patients(path)


def test_in_a_folder_what_is_no_fhir_is_counted(tmp_path: Path) -> None:
    bundle(tmp_path / "bundle.json", ADA)
    (tmp_path / "cut.json").write_text('{"resourceType": "Bund')
    (tmp_path / "other.json").write_text('{"name": "x"}')
    (tmp_path / "readme.txt").write_text("x")
    assert load_patients(tmp_path).report.unused == {
        "files or lines that are not JSON": 1,
        "JSON documents that are not FHIR": 1,
        "files of other kinds": 1,
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab/#:", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["code", "coding", "text", "reference", "value"]), inner)
    ),
    max_leaves=4,
)
RESOURCES = [
    entry["resource"]
    for name in ("fhir_carebundle/mixed-42-0001.json", "fhir_synthea/patient_2.json")
    for entry in json.loads((FIXTURES / name).read_bytes())["entry"]
]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(RESOURCES), st.data())
def test_a_resource_of_any_shape_is_used_or_counted(
    resource: Resource, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(sorted(resource.keys() - {"resourceType"})))
    report = LoadReport()
    charts = Charts(report)
    charts.add(ADA, "")
    charts.add(resource | {field: data.draw(JSON)}, "")
    charts.table()
    assert report.read.total() + report.unused.total() in (2, 3)


def test_a_large_bundle_is_refused_when_the_memory_is_not_there() -> None:
    with pytest.raises(PatientsUnreadable, match="GiB"):
        load_patients(FIXTURES / "fhir_synthea", free=lambda: 100_000)
