"""Patients: one row of the patient table each, whatever the table calls its columns."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as arrow_compute

from .errors import PatientsUnreadable, UnknownPatient
from .formats.cells import as_text
from .formats.columns import with_our_names
from .formats.ids import with_checked_ids
from .formats.memory import free_memory, refuse_too_large
from .formats.report import LoadReport, Progress, silent
from .formats.source import format_of


@dataclass(frozen=True, slots=True)
class Patient:
    """All that the table says of one patient, as text; a missing cell is an empty string."""

    patient_id: str
    name: str = ""
    age: str = ""
    gender: str = ""
    symptoms: str = ""
    conditions: str = ""
    medications: str = ""
    allergies: str = ""
    blood_pressure: str = ""
    blood_sugar: str = ""
    last_visit: str = ""
    family_history: str = ""
    notes: str = ""
    other: Mapping[str, str] = field(default_factory=dict)
    """Columns of the table that have no field of their own."""

    def fingerprint(self) -> str:
        """A hash of the whole record: two equal ones mean that nothing has changed."""
        record = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(record.encode()).hexdigest()[:16]


FIELDS = tuple(item.name for item in fields(Patient) if item.name != "other")


class PatientTable:
    """The patients in the order of their table, held as text in a pandas DataFrame."""

    def __init__(
        self, frame: pd.DataFrame, report: LoadReport | None = None, source: Path | None = None
    ) -> None:
        """A table whose columns are patient_id, further fields of a Patient, and any others.

        Args:
            frame: text in every cell, an id of its own in every row.
            report: the account of the load.
            source: the file or folder that was loaded, if there was one.
        """
        self.frame = frame
        self.report = report or LoadReport(patients=len(frame))
        self.source = source
        self._cells = {str(name): pa.chunked_array(pa.array(frame[name])) for name in frame.columns}

    @property
    def columns(self) -> list[str]:
        return list(self.frame.columns)

    def __len__(self) -> int:
        return len(self.frame)

    def __iter__(self) -> Iterator[Patient]:
        for offset in range(0, len(self), 1000):
            yield from self.page(offset, 1000)

    def get(self, patient_id: str | int) -> Patient:
        """The patient with this id, compared as stripped text.

        Raises:
            UnknownPatient: no row has it.
        """
        wanted = str(patient_id).strip()
        # A scan of a million ids takes two milliseconds; a dict of them, 150 MB.
        row = arrow_compute.index(self._cells["patient_id"], wanted).as_py()
        if row < 0:
            raise UnknownPatient(wanted)
        return self.at(row)

    def at(self, row: int) -> Patient:
        """The patient in this row of the table, counted from 0."""
        # Cell by cell: pandas picks rows by copying whole columns where these are in pieces.
        return _patient({name: cells[row].as_py() for name, cells in self._cells.items()})

    def page(self, offset: int, limit: int) -> list[Patient]:
        """At most `limit` patients from row `offset` on."""
        columns = [cells.slice(offset, limit).to_pylist() for cells in self._cells.values()]
        rows = zip(*columns, strict=True)
        return [_patient(dict(zip(self._cells, row, strict=True))) for row in rows]


def _patient(cells: dict[str, str]) -> Patient:
    known = {column: cells.pop(column) for column in FIELDS if column in cells}
    return Patient(**known, other=cells)


def load_patients(
    source: Path | pd.DataFrame,
    columns: Mapping[str, str] | None = None,
    *,
    progress: Progress = silent,
    free: Callable[[], int | None] = free_memory,
) -> PatientTable:
    """The patient table in a file, a folder or a DataFrame; its `report` says what was read.

    Args:
        source: a CSV, TSV, Parquet or Excel file; FHIR R4 bundles or resources (a .json file, an
            .ndjson file, or a folder of them); the folder of a Synthea CSV export; a DataFrame.
        columns: the table's own column names -> ours, where they are not recognised by
            themselves: {"Subject": "patient_id"}.
        progress: told the bytes read so far, and in all.
        free: the memory that the load may take, in bytes; None: not known.

    Raises:
        PatientsUnreadable: and why; nothing is loaded by half.
    """
    report = LoadReport()
    if isinstance(source, pd.DataFrame):
        report.source, frame, path, ours = "DataFrame", as_text(source), None, False
    else:
        (frame, ours), path = _read(source, report, progress, free), source
    frame = with_checked_ids(with_our_names(frame, columns or {}), report)
    report.patients = len(frame)
    report.unrecognised = [name for name in frame.columns if name not in FIELDS and not ours]
    return PatientTable(frame, report, path)


def _read(
    path: Path, report: LoadReport, progress: Progress, free: Callable[[], int | None]
) -> tuple[pd.DataFrame, bool]:
    """The cells, and whether we gave the columns their names."""
    try:
        form = format_of(path)
        refuse_too_large(form.needed_memory(path), free())
        return form.read(path, report, progress), form.names_columns
    except OSError as problem:
        raise PatientsUnreadable(
            f"The patient table could not be read: {problem.strerror or type(problem).__name__}.",
            next="Check that the file may be read, and that its disk is there.",
        ) from None
