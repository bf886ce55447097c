"""One version of the CSV file, and the next one made from it."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from server.store import csv_file
from server.store.csv_file import Changed, Version
from server.store.csv_format import Text
from server.store.disk import Disk

HEADER = "patient_id,name,more,summary\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "summaries.csv"


def read(path: Path, text: str) -> Version:
    path.write_bytes(text.encode())
    return csv_file.read(path)[0]


def next_of(
    version: Version, texts: Mapping[str, Text | None], drop: tuple[int, ...] = ()
) -> tuple[Version, str]:
    """The next version, put in its place, and its content."""
    temporary = version.path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    written = version.write_next(Disk(), descriptor, texts, lambda id: texts[id], drop)
    os.close(descriptor)
    temporary.replace(version.path)
    return written, version.path.read_text(encoding="utf-8")


def assert_as_read(version: Version) -> None:
    """What was computed is what a new look at the file finds."""
    found, _ = csv_file.read(version.path)
    assert (found.identity, found.ids) == (version.identity, version.ids)
    assert found.starts.tolist() == version.starts.tolist()
    assert found.layout == version.layout


def test_rows_are_changed_added_and_removed_and_the_others_copied(path: Path) -> None:
    before = read(path, HEADER + '1,Ann,a,x\n 2 ,Bo,"b ",y\n\n3,Cy,c,z\n')
    texts = {"2": Text("Bob", "new"), "3": None, "4": Text("Di", "=d"), "5": None}
    after, content = next_of(before, texts)
    assert content == HEADER + '1,Ann,a,x\n" 2 ","Bob","b ","new"\n\n"4","Di","","\'=d"\n'
    assert_as_read(after)
    assert after.text(1) == Text("Bob", "new")
    assert after.text(3) == Text("Di", "=d")


def test_rows_can_be_left_out_besides(path: Path) -> None:
    before = read(path, HEADER + "1,Ann,a,x\n1,Ann,b,y\n2,Bo,c,z\n")
    after, content = next_of(before, {"1": Text("Ann", "new")}, drop=(0,))
    assert content == HEADER + '"1","Ann","b","new"\n2,Bo,c,z\n'
    assert_as_read(after)


def test_a_last_row_without_a_line_end_gets_one(path: Path) -> None:
    before = read(path, HEADER + "1,Ann,a,x")
    after, content = next_of(before, {"2": Text("Bo", "y")})
    assert content == HEADER + '1,Ann,a,x\n"2","Bo","","y"\n'
    assert_as_read(after)
    again, content = next_of(after, {})
    assert content == HEADER + '1,Ann,a,x\n"2","Bo","","y"\n'
    assert_as_read(again)


def test_the_first_version_follows_none(path: Path) -> None:
    before, rows = csv_file.read(path)
    assert (before.identity, before.ids, rows.ids) == (None, [], [])
    after, _ = next_of(before, {"1": Text("Ann", "x")})
    assert path.read_bytes() == b'\xef\xbb\xbfpatient_id,name,summary\r\n"1","Ann","x"\r\n'
    assert_as_read(after)


@pytest.mark.slow
def test_many_steps_agree_with_a_new_look_at_the_file(path: Path) -> None:
    version, _ = csv_file.read(path)
    for step in range(60):
        text = None if step % 7 == 3 else Text("Ann", f"text {step}\n" * (step % 4))
        version, _ = next_of(version, {str(step % 11): text})
        assert_as_read(version)


@pytest.mark.slow
def test_long_files_are_copied_in_blocks(path: Path) -> None:
    rows = "".join(f'{number},Ann,a,"{"x" * 1000}"\n' for number in range(20_000))
    before = read(path, HEADER + rows)
    after, content = next_of(before, {"7": Text("Ann", "y"), "19999": None})
    expected = rows.replace(f'7,Ann,a,"{"x" * 1000}"\n', '"7","Ann","a","y"\n', 1)
    expected = expected[: expected.index("19999,Ann")]
    assert content == HEADER + expected
    assert after.starts[-1] == len(content)


def test_a_version_that_is_gone_says_so(path: Path) -> None:
    version = read(path, HEADER + "1,Ann,a,x\n")
    assert version.text(0).summary == "x"
    path.write_text(HEADER + "1,Ann,a,longer\n", encoding="utf-8")
    with pytest.raises(Changed):
        version.text(0)
    with pytest.raises(Changed):
        next_of(version, {"1": None})
    path.unlink()
    with pytest.raises(Changed):
        version.text(0)
    assert csv_file.identity(path) is None
