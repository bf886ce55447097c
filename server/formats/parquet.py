"""Parquet: columns with types, as data frames are kept."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as arrow_parquet

from ..errors import PatientsUnreadable
from .cells import as_text
from .report import LoadReport, Progress

MEMORY_PER_BYTE = 3.0
"""Peak memory of load and index for each byte of the table once uncompressed."""


def needed_memory(path: Path) -> int:
    try:
        groups = arrow_parquet.read_metadata(path)
    except pa.ArrowInvalid:
        return 0  # not Parquet: reading it says so
    size = sum(groups.row_group(i).total_byte_size for i in range(groups.num_row_groups))
    return int(size * MEMORY_PER_BYTE)


def read(path: Path, report: LoadReport, progress: Progress) -> pd.DataFrame:
    """The cells as text.

    Raises:
        PatientsUnreadable: the file is not Parquet.
    """
    report.source = "Parquet file"
    total = path.stat().st_size
    try:
        table = arrow_parquet.read_table(path)
    except pa.ArrowInvalid:
        raise PatientsUnreadable(
            "The patient table is not a Parquet file, though its name ends so.",
            next="Write it again, or name it .csv if it is one.",
        ) from None
    progress(total, total)
    report.took("rows", table.num_rows)
    return as_text(table.to_pandas())
