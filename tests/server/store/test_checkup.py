"""Do the history and the CSV file agree, and are they mended where they do not?"""

from pathlib import Path

import pandas as pd
import pytest

from server.errors import StoreFailed
from server.store import checkup
from server.store.checkup import Report
from server.store.disk import Disk
from server.summaries import SummaryStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of two summaries, the first in its second text."""
    path = tmp_path / "patient_summaries.csv"
    store = SummaryStore(path)
    for patient_id, text in (("1", "first"), ("2", "other"), ("1", "second")):
        store.save(patient_id, "Ann", text, how="generated")
    return path


def history(path: Path) -> Path:
    return path.with_name("patient_summaries.history.jsonl")


def rows(path: Path) -> dict[str, str]:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert table.patient_id.is_unique
    return dict(zip(table.patient_id, table.summary, strict=True))


def verified(path: Path) -> Report:
    return checkup.verify(path, Disk(), 5)


def repaired(path: Path) -> Report:
    return checkup.repair(path, Disk(), 5)


def test_a_sound_store_is_found_sound_and_left_alone(path: Path) -> None:
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    report = verified(path)
    assert report.ok
    assert (report.summaries, report.entries) == (2, 3)
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before
    assert repaired(path) == report
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before


def test_no_files_are_a_sound_store(tmp_path: Path) -> None:
    report = verified(tmp_path / "none.csv")
    assert report.ok
    assert report.summaries == 0


def test_missing_and_old_rows_are_counted_and_written(path: Path) -> None:
    path.write_text("patient_id,name,summary\n1,Ann,first\n", encoding="utf-8")
    assert verified(path).behind == 2
    assert repaired(path).ok
    assert rows(path) == {"1": "second", "2": "other"}


def test_edits_and_rows_of_the_file_are_no_fault(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"second", b"by hand") + b"3,Bo,own\r\n")
    report = verified(path)
    assert report.ok
    assert (report.edited, report.foreign) == (1, 1)
    report = repaired(path)
    assert (report.ok, report.edited, report.foreign, report.entries) == (True, 0, 1, 4)
    assert rows(path) == {"1": "by hand", "2": "other", "3": "own"}


def test_doubled_rows_are_made_one(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"2,Ann,again\r\n")
    assert verified(path).doubled == 1
    assert repaired(path).ok
    assert rows(path) == {"1": "second", "2": "again"}
    assert SummaryStore(path).undo("2").summary == "other"


def test_a_damaged_text_is_restored_from_the_file(path: Path) -> None:
    history(path).write_bytes(history(path).read_bytes().replace(b'"second"', b'"sec\xff\xfed"'))
    report = verified(path)
    assert not report.ok
    assert (report.damaged, report.edited) == (1, 1)
    assert repaired(path).ok
    store = SummaryStore(path)
    assert rows(path) == {"1": "second", "2": "other"}
    saved = store.get("1")
    assert saved is not None
    assert (saved.summary, saved.how) == ("second", "external")
    assert store.undo("1").summary == "first"
    damaged = path.with_name("patient_summaries.damaged.jsonl")
    assert b"sec\xff\xfed" in damaged.read_bytes()


def test_a_store_that_is_open_says_that_a_text_is_damaged(path: Path) -> None:
    store = SummaryStore(path)
    data = history(path).read_bytes()
    history(path).write_bytes(data.replace(b'"second"', b'"sekond"'))
    with pytest.raises(StoreFailed, match="damaged"):
        store.get("1")
    assert store.repair().ok
    again = store.get("1")
    assert again is not None
    assert again.summary == "second"


def test_a_malformed_file_is_put_aside_and_written_anew(path: Path) -> None:
    whole = path.read_bytes() + b'3,Bo,own\r\n4,"Cy"x,y\r\n5,Di,lost\r\n'
    path.write_bytes(whole)
    with pytest.raises(StoreFailed, match="Row 5 "):
        verified(path)
    report = repaired(path)
    assert (report.ok, report.foreign) == (True, 1)
    assert rows(path) == {"1": "second", "2": "other", "3": "own"}
    assert path.with_name("patient_summaries.damaged.csv").read_bytes() == whole
    path.write_bytes(b"\xff\xfe" + whole)
    assert repaired(path).ok
    assert rows(path) == {"1": "second", "2": "other"}
    assert path.with_name("patient_summaries.damaged.2.csv").read_bytes() == b"\xff\xfe" + whole


def test_another_kind_of_file_is_not_repaired(path: Path) -> None:
    path.write_text("id;text\n", encoding="utf-8")
    with pytest.raises(StoreFailed, match="not a file of summaries"):
        repaired(path)
    assert path.read_text(encoding="utf-8") == "id;text\n"
