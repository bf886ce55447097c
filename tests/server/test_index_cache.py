"""Where the index of a large table is kept between two starts."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.generate import generate
from server import index_cache
from server.index_cache import KEPT, cached_index, content_of
from server.patients import PatientTable, load_patients
from server.query import Part, Query, Word

pytestmark = pytest.mark.slow


class Start:
    """One start of the server: loads the table and tells whether the index had to be built."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.built = False
        self.table = load_patients(source)
        self.index = cached_index(self.table, folder, self._saw)

    def _saw(self, done: int, total: int) -> None:
        self.built = True


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "patients.csv"
    generate(50, seed="cache").to_csv(path, index=False)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "search"


def indexes(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()]


def test_the_second_start_opens_what_the_first_one_built(source: Path, folder: Path) -> None:
    first, second = Start(source, folder), Start(source, folder)
    assert (first.built, second.built) == (True, False)
    asked = Query((Part((Word(("pain",)),)),))
    assert first.index.find(asked, 50) == second.index.find(asked, 50)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_with_new_content_gets_a_new_index(source: Path, folder: Path) -> None:
    Start(source, folder)
    source.write_text(source.read_text().replace("pain", "ache"))
    second = Start(source, folder)
    assert second.built
    assert second.index.knows("ache")
    assert len(indexes(folder)) == 2


def test_the_same_content_under_another_name_or_time_is_not_indexed_again(
    source: Path, folder: Path
) -> None:
    Start(source, folder)
    os.utime(source, (1, 1))
    assert not Start(source, folder).built
    assert not Start(Path(shutil.copy(source, source.with_name("copy.csv"))), folder).built


def test_size_time_and_inode_spare_reading_the_content(
    source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Start(source, folder)

    def must_not(table: PatientTable) -> str:
        raise AssertionError(len(table))

    monkeypatch.setattr(index_cache, "content_of", must_not)
    assert not Start(source, folder).built


def test_columns_named_otherwise_are_another_table(source: Path, folder: Path) -> None:
    Start(source, folder)
    swapped = {"notes": "conditions", "conditions": "notes"}
    seen: list[int] = []
    cached_index(load_patients(source, swapped), folder, lambda done, _: seen.append(done))
    assert seen


def test_a_part_of_a_table_is_another_table() -> None:
    frame = generate(40, seed="part")
    tables = [load_patients(frame.head(20)), load_patients(frame.tail(20)), load_patients(frame)]
    assert len({content_of(table) for table in tables}) == 3
    assert content_of(load_patients(frame)) == content_of(load_patients(frame.copy()))


def test_a_data_frame_is_known_by_its_content(folder: Path) -> None:
    seen: list[int] = []
    for _ in range(2):
        table = load_patients(generate(50, seed="frame"))
        cached_index(table, folder, lambda done, _: seen.append(done))
    assert seen == [0, 50]


@pytest.mark.parametrize("damage", ["meta.json", "stamps.json"])
def test_a_damaged_cache_is_built_again(source: Path, folder: Path, damage: str) -> None:
    Start(source, folder)
    path = folder / damage if damage == "stamps.json" else indexes(folder)[0] / damage
    path.write_text("{")
    second = Start(source, folder)
    assert second.index.knows("pain")
    assert second.built == (damage == "meta.json")
    assert not Start(source, folder).built


def test_two_starts_at_once_leave_one_index(source: Path, folder: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        starts = list(pool.map(lambda _: Start(source, folder), range(4)))
    assert all(start.index.knows("pain") for start in starts)
    assert len(indexes(folder)) == 1
    assert [path for path in folder.iterdir() if path.suffix] == [folder / "stamps.json"]


def test_only_the_indexes_that_were_used_last_are_kept(source: Path, folder: Path) -> None:
    for number in range(KEPT + 2):
        generate(5, seed=str(number)).to_csv(source, index=False)
        Start(source, folder)
    assert len(indexes(folder)) == KEPT
    assert not Start(source, folder).built
