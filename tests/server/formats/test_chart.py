"""A chart: events of one patient, gathered into a row."""

import pytest

from server.formats.chart import GLUCOSE, Chart, Measurement, untagged


def test_an_empty_chart_is_a_row_with_its_id_alone() -> None:
    row = Chart(patient_id="7").row()
    assert {name: text for name, text in row.items() if text} == {"patient_id": "7"}


@pytest.mark.parametrize(
    ("birth", "newest", "age"),
    [
        ("1990-05-06", "2026-05-06", "36"),
        ("1990-05-06", "2026-05-05", "35"),
        ("1990", "2026-05-05", "36"),
        ("", "2026-05-05", ""),
    ],
)
def test_the_age_is_that_on_the_newest_day_of_the_record(birth: str, newest: str, age: str) -> None:
    chart = Chart(patient_id="7", birth_date=birth)
    chart.add_visit(newest, "check-up")
    chart.add_visit("2001-01-01", "birth")
    assert chart.row()["age"] == age
    assert chart.row()["last_visit"] == newest


def test_a_condition_that_came_back_goes_on() -> None:
    chart = Chart()
    chart.add_condition("Gout (disorder)", active=True)
    chart.add_condition("Gout (disorder)", active=False)
    assert chart.row()["conditions"] == "Gout"
    assert "past conditions" not in chart.row()


def test_pressures_of_different_days_are_no_blood_pressure() -> None:
    chart = Chart()
    chart.add_measurement("8480-6", Measurement("2026-01-01", "high", 120, "mm"), vital=True)
    chart.add_measurement("8462-4", Measurement("2026-01-02", "low", 80, "mm"), vital=True)
    assert chart.row()["blood_pressure"] == ""


def test_the_blood_sugar_is_the_latest_by_any_of_its_codes() -> None:
    chart = Chart()
    for day, code in enumerate(GLUCOSE, 1):
        value = Measurement(f"2026-01-0{day}", "Glucose [Mass/volume] in Blood", day, "mg/dL")
        chart.add_measurement(code, value, vital=False)
    assert chart.row()["blood_sugar"] == f"{len(GLUCOSE)} mg/dL"


def test_a_measured_name_is_told_without_its_property_and_specimen() -> None:
    chart = Chart()
    value = Measurement("2026-01-01", "Sodium [Moles/volume] in Serum or Plasma", 140.04, "mmol/L")
    chart.add_measurement("2951-2", value, vital=False)
    assert chart.row()["laboratory"] == "Sodium 140 mmol/L"


def test_a_tag_goes_and_other_brackets_stay() -> None:
    assert untagged("Mold (organism)") == "Mold"
    assert untagged("Body mass index 30+ (BMI)") == "Body mass index 30+ (BMI)"
