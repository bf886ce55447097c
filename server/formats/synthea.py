"""The folder of a Synthea CSV export: patients.csv and the files beside it.

https://github.com/synthetichealth/synthea/wiki/CSV-File-Data-Dictionary. The export has changed
over the years (more columns, another order, other capitals), so columns are read by name.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from ..errors import PatientsUnreadable
from .chart import Chart, Measurement, untagged
from .report import LoadReport, Progress

CHART_SHARE = 0.6
"""What is kept of the bytes read: most rows are old observations."""

_GENDERS = {"M": "male", "F": "female"}
Row = dict[str, str]


def is_export(folder: Path) -> bool:
    """Whether the folder holds a Synthea CSV export."""
    return (folder / "patients.csv").is_file() and (folder / "conditions.csv").is_file()


def needed_memory(folder: Path) -> int:
    return int(sum(path.stat().st_size for path in folder.glob("*.csv")) * CHART_SHARE)


def read(folder: Path, report: LoadReport, progress: Progress) -> pd.DataFrame:
    """A row for each patient, with what the other files say of them.

    Raises:
        PatientsUnreadable: patients.csv names no patient ids.
    """
    report.source = "Synthea CSV export"
    files = [name for name in FILES if (folder / name).is_file()]
    total, done = sum((folder / name).stat().st_size for name in files), 0
    charts: dict[str, Chart] = {}
    for name in files:
        for row in _rows(folder / name):
            key = row.get("id" if name == "patients.csv" else "patient", "")
            unused = _take(name, row, key, charts)
            if unused:
                report.left_out(unused)
            else:
                report.took(f"rows of {name}")
        done += (folder / name).stat().st_size
        progress(done, total)
    if not charts:
        raise PatientsUnreadable(
            "The file patients.csv of the Synthea export has no column Id, or no rows.",
            next="Export again with exporter.csv.export = true.",
        )
    others = sum(path.name not in FILES for path in folder.iterdir())
    report.left_out("files that have no place in a patient's row", others)
    return pd.DataFrame([chart.row() for chart in charts.values()], dtype="str").fillna("")


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        try:
            names = [name.strip().lower() for name in next(rows, [])]
            for cells in rows:
                yield dict(zip(names, cells, strict=False))
        except (csv.Error, UnicodeDecodeError):
            raise PatientsUnreadable(
                f"The file {path.name} of the Synthea export is not CSV in UTF-8.",
                next="Export it again; a spreadsheet may have changed it.",
            ) from None


def _take(name: str, row: Row, key: str, charts: dict[str, Chart]) -> str:
    """Put a row into its patient's chart, or say why it was not used."""
    if name == "patients.csv":
        if not key or key in charts:
            return "rows of patients.csv without an id of their own"
        charts[key] = Chart(patient_id=key)
    if key not in charts:
        return "rows of patients who are not in patients.csv"
    return FILES[name](row, charts[key])


def _patient(row: Row, chart: Chart) -> str:
    parts = (row.get(part, "") for part in ("first", "middle", "last"))
    chart.name = " ".join(part for part in parts if part)
    chart.gender = _GENDERS.get(row.get("gender", ""), row.get("gender", ""))
    chart.birth_date = row.get("birthdate", "")
    if row.get("deathdate"):
        chart.other["deceased"] = row["deathdate"]
    return ""


def _condition(row: Row, chart: Chart) -> str:
    chart.add_condition(row.get("description", ""), active=not row.get("stop"))
    return ""


def _medication(row: Row, chart: Chart) -> str:
    chart.add_medication(row.get("description", ""), active=not row.get("stop"))
    return ""


def _allergy(row: Row, chart: Chart) -> str:
    if row.get("stop"):
        return "allergies that have passed"
    reactions = [untagged(row[name]) for name in ("description1", "description2") if row.get(name)]
    text = untagged(row.get("description", ""))
    chart.allergies.append(f"{text} ({', '.join(reactions)})" if reactions else text)
    return ""


def _observation(row: Row, chart: Chart) -> str:
    category = row.get("category", "laboratory")  # an older layout: the chart knows vital signs
    if category not in ("vital-signs", "laboratory"):
        return "observations that are no vital sign and no laboratory value"
    try:
        value = float(row.get("value", ""))
    except ValueError:
        return "observations without a measured value"
    measurement = Measurement(
        row.get("date", ""), row.get("description", ""), value, row.get("units", "")
    )
    if not measurement.is_measured:
        return "observations without a measured value"
    chart.add_measurement(row.get("code", ""), measurement, vital=category == "vital-signs")
    return ""


def _encounter(row: Row, chart: Chart) -> str:
    chart.add_visit(
        row.get("start") or row.get("date", ""),
        row.get("reasondescription") or row.get("description", ""),
    )
    return ""


FILES: dict[str, Callable[[Row, Chart], str]] = {
    "patients.csv": _patient,
    "conditions.csv": _condition,
    "medications.csv": _medication,
    "allergies.csv": _allergy,
    "observations.csv": _observation,
    "encounters.csv": _encounter,
}
"""The files that are read, the patients first."""
