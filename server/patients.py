"""Patients: one row of the patient table each, whatever the table calls its columns."""

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from mcp_kernel_tools.wire import visible

from .errors import Failure, UnknownPatient


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

ALIASES = {
    "patient_id": ("patient_id", "patient id", "id", "pid", "mrn", "patient", "patient_number"),
    "name": ("name", "full_name", "patient_name"),
    "age": ("age", "age_years"),
    "gender": ("gender", "sex"),
    "symptoms": ("symptoms", "current_symptoms", "symptom", "chief_complaint"),
    "conditions": (
        "conditions",
        "medical_history",
        "condition",
        "diagnoses",
        "diagnosis",
        "disease",
        "diseases",
        "medical_conditions",
        "problems",
    ),
    "medications": ("medications", "current_medications", "medication", "drugs", "meds"),
    "allergies": ("allergies", "allergy"),
    "blood_pressure": ("blood_pressure", "current_bp", "bp"),
    "blood_sugar": ("blood_sugar", "current_sugar", "glucose", "blood_glucose", "sugar"),
    "last_visit": ("last_visit", "last_visit_date", "visit_date", "last_seen"),
    "family_history": ("family_history", "family"),
    "notes": ("notes", "note", "clinical_notes", "doctor_notes", "remarks", "comments"),
}
"""What tables call the fields, the most telling name first; case, spaces and underscores aside."""


class PatientsUnreadable(Failure):
    """The table cannot serve as a patient table; nothing of it was loaded."""


class PatientTable:
    """The patients in the order of their table, held as text in a pandas DataFrame."""

    def __init__(self, frame: pd.DataFrame) -> None:
        """`frame` has the column patient_id, further fields of a Patient, and any others."""
        self.frame = frame
        self._rows = {patient_id: row for row, patient_id in enumerate(frame["patient_id"])}

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
        if wanted not in self._rows:
            raise UnknownPatient(wanted)
        return self.at(self._rows[wanted])

    def at(self, row: int) -> Patient:
        """The patient in this row of the table, counted from 0."""
        return self.page(row, 1)[0]

    def page(self, offset: int, limit: int) -> list[Patient]:
        """At most `limit` patients from row `offset` on."""
        rows = self.frame.iloc[offset : offset + limit].to_dict("records")
        return [_patient({str(column): text for column, text in row.items()}) for row in rows]


def _patient(cells: dict[str, str]) -> Patient:
    known = {column: cells.pop(column) for column in FIELDS if column in cells}
    return Patient(**known, other=cells)


def load_patients(
    source: Path | pd.DataFrame, columns: Mapping[str, str] | None = None
) -> PatientTable:
    """The patient table in a CSV file or a DataFrame.

    Args:
        source: a CSV file (UTF-8; comma, semicolon, tab or bar between the cells) or a DataFrame.
        columns: the table's own column names -> ours, where they are not recognised by
            themselves: {"Subject": "patient_id"}.

    Raises:
        PatientsUnreadable: and why; nothing is loaded by half.
    """
    frame = source if isinstance(source, pd.DataFrame) else read_csv(source)
    return PatientTable(_with_ids(as_text(_renamed(_unindexed(frame), columns or {}))))


def read_csv(path: Path) -> pd.DataFrame:
    """The cells of a CSV file as text; empty cells stay empty, and "None" stays a word."""
    if not path.is_file():
        raise PatientsUnreadable(
            "The patient table was not found.", next="Give the path of an existing file."
        )
    header, delimiter = _header(path)
    try:
        table = arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                column_names=header, skip_rows_after_names=1, block_size=1 << 24
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.large_string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as problem:
        raise _malformed(str(problem)) from None
    return table.to_pandas()


def _header(path: Path) -> tuple[list[str], str]:
    """The names in the first row, and what stands between them."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            start = list(islice(lines, 3))
    except UnicodeDecodeError:
        raise _not_utf8() from None
    if not any(line.strip() for line in start):
        raise PatientsUnreadable(
            "The patient table is empty.", next="Give a table with a header and a row per patient."
        )
    rows = {delimiter: next(csv.reader(start, delimiter=delimiter)) for delimiter in ",;\t|"}
    delimiter = max(rows, key=lambda each: len(rows[each]))
    return _distinct(rows[delimiter]), delimiter


def _distinct(header: list[str]) -> list[str]:
    """The names, stripped; nameless and repeated columns get a number, so that none is lost."""
    seen: dict[str, int] = {}
    names = []
    for position, raw in enumerate(header, 1):
        name = raw.strip() or f"column {position}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _malformed(problem: str) -> PatientsUnreadable:
    """Our words for the parser's, which quote the row that it stumbled over."""
    if "UTF8" in problem:
        return _not_utf8()
    counts = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", problem)
    what = (
        f"row {counts[1]} has {counts[3]} cells where the header has {counts[2]}"
        if counts
        else "its rows cannot be told apart"
    )
    return PatientsUnreadable(
        f"The patient table is not a well-formed CSV file: {what}.",
        next='Put cells that contain the delimiter between double quotes ("), '
        "or save the table again from a spreadsheet as CSV UTF-8.",
    )


def _not_utf8() -> PatientsUnreadable:
    return PatientsUnreadable(
        "The patient table is not UTF-8 text.",
        next="Save it as CSV UTF-8, or read it with pandas and its encoding, for a DataFrame.",
    )


def _unindexed(frame: pd.DataFrame) -> pd.DataFrame:
    """The index is a column where it has a name, as after `set_index("patient_id")`."""
    named = any(name is not None for name in frame.index.names)
    return frame.reset_index() if named else frame


def _renamed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise PatientsUnreadable(
            f"The patient table has no column {_listed(missing)}; it has {_listed(frame.columns)}.",
            next='Give columns as {"name in the table": "our field"}.',
        )
    unknown = [name for name in columns.values() if name not in FIELDS]
    if unknown:
        raise PatientsUnreadable(
            f"There is no field {_listed(unknown)}.", next=f"The fields are {_listed(FIELDS)}."
        )
    taken = {field: name for name, field in columns.items()}
    return frame.rename(columns={name: field for field, name in _recognised(frame, taken).items()})


def _recognised(frame: pd.DataFrame, taken: dict[str, str]) -> dict[str, str]:
    """Our field -> the column of the table: as told (`taken`), else the first alias that occurs."""
    plain = {_plain(name): name for name in reversed(frame.columns)}
    for name in taken.values():
        plain.pop(_plain(name), None)
    for our_field, aliases in ALIASES.items():
        found = next((plain[_plain(alias)] for alias in aliases if _plain(alias) in plain), None)
        if found is not None:
            taken.setdefault(our_field, found)
    if "patient_id" not in taken:
        raise PatientsUnreadable(
            f"The patient table has no column with patient ids; it has {_listed(frame.columns)}.",
            next='Say which column holds them: columns={"name in the table": "patient_id"}.',
        )
    return taken


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _listed(names: object) -> str:
    """The names for an error message: bounded, as a table without a header has data for names."""
    shown = [visible(str(name))[:40] for name in names]  # type: ignore[attr-defined]
    more = f" and {len(shown) - 20} more" if len(shown) > 20 else ""
    return ", ".join(repr(name) for name in shown[:20]) + more


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Every cell as text: nothing for a missing one, 25 for 25.0, an ISO date for a midnight."""
    return pd.DataFrame({name: _text(frame[name]) for name in frame.columns})


def _text(column: "pd.Series[object]") -> "pd.Series[str]":
    if pd.api.types.is_string_dtype(column.dtype) and column.dtype != object:
        return column.fillna("").reset_index(drop=True)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        whole_days = (column.dropna() == column.dropna().dt.normalize()).all()
        column = column.dt.strftime("%Y-%m-%d" if whole_days else "%Y-%m-%d %H:%M")
    return pd.Series([_cell(value) for value in column], dtype="str")


def _cell(value: object) -> str:
    if isinstance(value, (list, tuple, set)):
        return ", ".join(_cell(item) for item in value)
    if value is None or pd.isna(value) is True:  # type: ignore[call-overload]
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _with_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """The table without its empty rows, its ids checked."""
    ids = frame["patient_id"].str.strip()
    if ids.str.fullmatch(r"\d+\.0+|\s*").all():  # numbers that a spreadsheet or pandas made floats
        ids = ids.str.replace(r"\.0+$", "", regex=True)
    frame = frame.assign(patient_id=ids)
    _refuse_missing(frame)
    frame = frame[frame["patient_id"] != ""].reset_index(drop=True)
    if frame.empty:
        raise PatientsUnreadable(
            "The patient table has a header but no patients.",
            next="Give a table with a row per patient.",
        )
    _refuse_duplicates(frame["patient_id"])
    return frame


def _refuse_missing(frame: pd.DataFrame) -> None:
    nameless = frame[frame["patient_id"] == ""]
    count = int((nameless != "").any(axis=1).sum())
    if count:
        raise PatientsUnreadable(
            f"{count} of {len(frame)} rows of the patient table have no patient id.",
            next="Give each row an id of its own, or name the column that holds the ids.",
        )


def _refuse_duplicates(ids: "pd.Series[str]") -> None:
    repeated = ids[ids.duplicated()]
    if len(repeated):
        first = ", ".join(visible(each)[:40] for each in repeated.drop_duplicates()[:5])
        raise PatientsUnreadable(
            f"{repeated.nunique()} patient ids occur more than once in the patient table: "
            f"{first}{', ...' if repeated.nunique() > 5 else ''}.",
            next="Keep one row per patient, or name the column with unique ids.",
        )
