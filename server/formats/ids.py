"""The ids of a patient table: every row has one, and no two have the same."""

import pandas as pd

from mcp_kernel_tools.wire import visible

from ..errors import PatientsUnreadable
from .report import LoadReport

_SHOWN = 5  # ids in an error message


def with_checked_ids(frame: pd.DataFrame, report: LoadReport) -> pd.DataFrame:
    """The rows that have an id, the id stripped; the others are counted in the report.

    Raises:
        PatientsUnreadable: no row has an id, or an id occurs twice.
    """
    ids = frame["patient_id"].str.strip()
    if ids.str.fullmatch(r"\d+\.0+|\s*").all():  # numbers that a spreadsheet or pandas made floats
        ids = ids.str.replace(r"\.0+$", "", regex=True)
    frame = frame.assign(patient_id=ids)
    without = ids == ""
    if without.any():
        empty = int((frame[without] == "").all(axis=1).sum())
        report.left_out("empty rows", empty)
        report.left_out("rows without a patient id", int(without.sum()) - empty)
        frame = frame[~without].reset_index(drop=True)
    _refuse_empty(frame, report)
    _refuse_duplicates(frame["patient_id"])
    return frame


def _refuse_empty(frame: pd.DataFrame, report: LoadReport) -> None:
    if frame.empty:
        nameless = report.unused["rows without a patient id"]
        raise PatientsUnreadable(
            f"None of the {nameless} rows of the patient table has a patient id."
            if nameless
            else "The patient table has a header but no patients.",
            next="Give a table with a row per patient, each with an id of its own.",
        )


def _refuse_duplicates(ids: "pd.Series[str]") -> None:
    repeated = ids[ids.duplicated()].drop_duplicates()
    if len(repeated):
        first = ", ".join(visible(each)[:40] for each in repeated[:_SHOWN])
        more = ", ..." if len(repeated) > _SHOWN else ""
        raise PatientsUnreadable(
            f"{len(repeated)} patient ids occur more than once in the table: {first}{more}.",
            next="Keep one row per patient, or name the column with unique ids.",
        )
