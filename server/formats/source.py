"""Which format a source is in, and how to read it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import PatientsUnreadable
from . import delimited, excel, fhir, parquet, synthea
from .report import LoadReport, Progress


@dataclass(frozen=True, slots=True)
class Format:
    """One way in: how much memory it takes, and the cells as text."""

    needed_memory: Callable[[Path], int]
    read: Callable[[Path, LoadReport, Progress], pd.DataFrame]
    names_columns: bool = False
    """Whether it names the columns itself: then none of them is one that we do not know."""


CSV = Format(delimited.needed_memory, delimited.read)
PARQUET = Format(parquet.needed_memory, parquet.read)
EXCEL = Format(excel.needed_memory, excel.read)
FHIR = Format(fhir.needed_memory, fhir.read, names_columns=True)
SYNTHEA = Format(synthea.needed_memory, synthea.read, names_columns=True)

BY_SUFFIX = {
    ".csv": CSV,
    ".tsv": CSV,
    ".tab": CSV,
    ".txt": CSV,
    ".parquet": PARQUET,
    ".xlsx": EXCEL,
    ".xlsm": EXCEL,
    ".json": FHIR,
    ".ndjson": FHIR,
    ".jsonl": FHIR,
}


def format_of(source: Path) -> Format:
    """The format of a file, by its name, or of a folder, by the files in it.

    Raises:
        PatientsUnreadable: there is nothing, or nothing that is read here, or two things at once.
    """
    if source.is_dir():
        return _format_of_folder(source)
    if not source.is_file():
        raise PatientsUnreadable(
            "The patient table was not found.", next="Give the path of an existing file or folder."
        )
    if source.suffix.lower() not in BY_SUFFIX:
        raise PatientsUnreadable(
            f"A file that ends in {source.suffix or 'nothing'!r} is not read as a patient table.",
            next=f"Give a file that ends in {', '.join(BY_SUFFIX)}, "
            "a folder of FHIR bundles, or the folder of a Synthea CSV export.",
        )
    return BY_SUFFIX[source.suffix.lower()]


def _format_of_folder(folder: Path) -> Format:
    as_csv, as_fhir = synthea.is_export(folder), bool(fhir.files_of(folder))
    if as_csv and as_fhir:
        raise PatientsUnreadable(
            "The folder holds a Synthea CSV export and FHIR files at once.",
            next="Give a folder with one of the two.",
        )
    if not as_csv and not as_fhir:
        raise PatientsUnreadable(
            "The folder holds no patients.csv of a Synthea export and no FHIR files "
            "(.json, .ndjson).",
            next="Give the folder in which they lie, or one table as a file.",
        )
    return SYNTHEA if as_csv else FHIR
