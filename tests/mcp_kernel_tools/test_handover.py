from pathlib import Path

import pandas as pd

from mcp_kernel_tools.handover import COMPARED_ROWS, fingerprint, write_private


def table(name: str = "Ann") -> pd.DataFrame:
    return pd.DataFrame({"patient_id": ["007"], "name": [name]})


def test_equal_content_has_one_fingerprint() -> None:
    assert fingerprint(table()) == fingerprint(table())


def test_a_changed_cell_or_column_changes_the_fingerprint() -> None:
    changed = {
        fingerprint(table()),
        fingerprint(table("Bea")),
        fingerprint(table().rename(columns={"name": "Name"})),
    }
    assert len(changed) == 3


def test_cells_that_cannot_be_hashed_are_compared_by_their_text() -> None:
    one, two = (pd.DataFrame({"patient_id": ["7"], "tags": [[tag]]}) for tag in "ab")
    assert fingerprint(one) == fingerprint(one.copy())
    assert fingerprint(one) != fingerprint(two)


def test_a_large_table_is_known_by_its_length_and_columns() -> None:
    large = pd.DataFrame({"patient_id": range(COMPARED_ROWS + 1)})
    assert fingerprint(large) == fingerprint(large + 1)
    assert fingerprint(large) != fingerprint(large.iloc[1:])
    assert fingerprint(large) != fingerprint(pd.concat([large, large]))


def test_writes_what_only_this_user_can_read(tmp_path: Path) -> None:
    path = write_private(table('A, "B"'), tmp_path / "runtime")
    assert path.stat().st_mode & 0o777 == 0o600
    assert pd.read_csv(path, dtype=str).equals(table('A, "B"'))


def test_a_named_index_is_a_column_and_another_is_not(tmp_path: Path) -> None:
    named = pd.read_csv(write_private(table().set_index("patient_id"), tmp_path), dtype=str)
    assert list(named) == ["patient_id", "name"]
    unnamed = pd.read_csv(write_private(table().set_axis(["x"]), tmp_path), dtype=str)
    assert list(unnamed) == ["patient_id", "name"]
