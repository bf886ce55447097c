"""Cells of a DataFrame as text, whatever their type."""

import math
from datetime import datetime, time

import numpy as np
import pandas as pd


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Every cell as text: nothing for a missing one, 25 for 25.0, a date for a midnight.

    An index with a name is a column too, as after `set_index("patient_id")`.
    """
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    names = distinct([str(name) for name in frame.columns])
    columns = [_text(frame.iloc[:, position]) for position in range(len(names))]
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def distinct(names: list[str]) -> list[str]:
    """The column names, stripped; nameless and repeated ones get a number, so that none is lost."""
    seen: dict[str, int] = {}
    result = []
    for position, raw in enumerate(names, 1):
        name = raw.strip() or f"column {position}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _text(column: "pd.Series") -> "pd.Series[str]":
    if isinstance(column.dtype, pd.StringDtype):
        return column.fillna("").astype("str").reset_index(drop=True)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _date(column)
    return pd.Series([_cell(value) for value in column], dtype="str")


def _date(column: "pd.Series") -> "pd.Series[str]":
    present = column.dropna()
    whole_days = bool((present == present.dt.normalize()).all())
    text = column.dt.strftime("%Y-%m-%d" if whole_days else "%Y-%m-%d %H:%M")
    return pd.Series(text.fillna("").to_list(), dtype="str")


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set | np.ndarray):
        return ", ".join(_cell(item) for item in value)
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    return _number(float(value)) if isinstance(value, float | np.floating) else str(value)


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() else str(value)
