"""Parquet files."""

from pathlib import Path

import pandas as pd
import pytest

from server.errors import PatientsUnreadable
from server.formats.parquet import needed_memory
from server.patients import load_patients


@pytest.mark.slow
def test_typed_columns_are_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "patients.parquet"
    pd.DataFrame(
        {"id": [1, 2], "age": [61.0, None], "last_visit": pd.to_datetime(["2026-01-02", "NaT"])}
    ).to_parquet(path)
    one, two = load_patients(path)
    assert (one.patient_id, one.age, one.last_visit) == ("1", "61", "2026-01-02")
    assert (two.age, two.last_visit) == ("", "")


@pytest.mark.slow
def test_the_memory_it_takes_is_that_of_the_table_not_of_the_compressed_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "patients.parquet"
    texts = [f"{number} " + "a" * 300 for number in range(5000)]
    pd.DataFrame({"id": range(5000), "notes": texts}).to_parquet(path)
    assert needed_memory(path) > 5000 * 300 > path.stat().st_size


def test_a_file_that_is_no_parquet_is_named_so(tmp_path: Path) -> None:
    path = tmp_path / "patients.parquet"
    path.write_text("id,name\n1,Ada\n")
    with pytest.raises(PatientsUnreadable, match="not a Parquet file"):
        load_patients(path)
