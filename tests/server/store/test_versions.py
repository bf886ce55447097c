"""The note about the store's own versions of the CSV file."""

from pathlib import Path

import pytest

from server.store import versions
from server.store.csv_file import Identity
from server.store.disk import Disk
from server.store.versions import Versions


def test_the_note_makes_the_round_trip(tmp_path: Path) -> None:
    note = Versions({Identity(1, 2, 3): 4, Identity(5, 6, 7): 0}, outside=8, foreign=9)
    note.write(tmp_path / "note.json", Disk())
    assert versions.read(tmp_path / "note.json") == note
    assert [file.name for file in tmp_path.iterdir()] == ["note.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\0", b"{", b"[]", b"{}", b'{"covers": [[1]], "outside": 0, "foreign": 0}', b"7"],
)
def test_what_is_not_a_note_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "note.json").write_bytes(content)
    assert versions.read(tmp_path / "note.json") == Versions()
    assert versions.read(tmp_path / "missing.json") == Versions()
