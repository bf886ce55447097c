import numpy as np
import pandas as pd
import pytest

from mcp_kernel_tools.patient_id import NAMES, as_text, is_missing, rank
from server.formats.columns import ALIASES


@pytest.mark.parametrize(
    ("patient_id", "text"),
    [
        (42, "42"),
        (42.0, "42"),
        (np.float64(42), "42"),
        (np.float32(7), "7"),
        (np.int64(42), "42"),
        (42.5, "42.5"),
        (float("inf"), "inf"),
        (" 042 ", "042"),
        ("42.0", "42.0"),
    ],
)
def test_a_whole_number_has_no_point(patient_id: object, text: str) -> None:
    assert as_text(patient_id) == text


def test_gaps_are_told_from_ids() -> None:
    for gap in (None, float("nan"), np.nan, pd.NA, pd.NaT, "", " "):
        assert is_missing(gap)
    for patient_id in (0, 0.0, "nan", "None", 42):
        assert not is_missing(patient_id)


def test_the_names_of_the_column_are_those_of_the_server() -> None:
    assert ("patient_id", *ALIASES["patient_id"]) == NAMES


def test_a_name_is_known_however_it_is_written() -> None:
    names = ("patientId", "Patient ID", "MRN", " patient-no ")
    assert [rank(name) for name in names] == [0, 0, 3, 6]
    assert rank("25") is None
