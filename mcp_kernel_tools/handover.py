"""A DataFrame on its way to the server: a private file that lies there only until it was read."""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COMPARED_ROWS = 10_000
"""Up to so many rows a changed DataFrame is noticed by its content: a hundredth of a second."""


def fingerprint(table: "pd.DataFrame") -> str:
    """Equal for tables of equal content; above COMPARED_ROWS, of equal length and columns."""
    columns = repr(list(table.columns))
    digest = hashlib.sha256(f"{len(table)} {columns}".encode(errors="replace"))
    if len(table) <= COMPARED_ROWS:
        digest.update(_hashed(table))
    return f"a table {digest.hexdigest()}"


def _hashed(table: "pd.DataFrame") -> bytes:
    from pandas.util import hash_pandas_object  # noqa: PLC0415 - the caller has loaded pandas

    try:
        rows = hash_pandas_object(table)
    except TypeError:  # a cell that holds a list, say
        rows = hash_pandas_object(table.astype(str))
    return rows.to_numpy().tobytes()


def write_private(table: "pd.DataFrame", folder: Path) -> Path:
    """The table as a CSV file in `folder` that only this user can read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"patients-{os.getpid()}.csv"
    path.unlink(missing_ok=True)
    named = [name for name in table.index.names if name is not None]
    whole = table.reset_index(level=named) if named else table
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
        whole.to_csv(file, index=False)
    return path
