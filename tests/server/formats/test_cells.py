"""Cells of any type as the text that people would write."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from server.formats.cells import as_text, distinct

DAY = datetime.fromisoformat("2026-01-02")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1, 2], ["1", "2"]),
        ([25.0, 1.5, np.nan], ["25", "1.5", ""]),
        ([None, "a", pd.NA], ["", "a", ""]),
        ([True, False], ["True", "False"]),
        ([["a", 1.0], ("b",)], ["a, 1", "b"]),
        ([np.array(["a", "b"])], ["a, b"]),
        ([np.float32(2.0), "x"], ["2", "x"]),
        ([DAY, DAY + timedelta(hours=9), "x"], ["2026-01-02", "2026-01-02 09:00", "x"]),
        (pd.to_datetime(["2026-01-02 09:05", "NaT"]), ["2026-01-02 09:05", ""]),
        (pd.array([1, None], dtype="Int64"), ["1", ""]),
        (pd.array(["a", None], dtype="string"), ["a", ""]),
        (pd.Categorical([1, None, 2]), ["1", "", "2"]),
    ],
)  # fmt: skip
def test_a_column_of_any_type_becomes_text(values: list[object], text: list[str]) -> None:
    frame = as_text(pd.DataFrame({"x": values}, index=range(5, 5 + len(text))))
    assert frame["x"].to_list() == text
    assert frame["x"].dtype == "str"
    assert frame.index.to_list() == list(range(len(text)))


def test_columns_of_one_name_stay_two_columns() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["x", "x"])
    assert as_text(frame).to_dict("records") == [{"x": "1", "x (2)": "2"}]


def test_names_are_stripped_and_never_empty() -> None:
    assert distinct([" a ", "", "a"]) == ["a", "column 2", "a (2)"]
