"""The CSV file is brought up to date: at once, or later, and never halfway."""

import errno
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from server.errors import StoreFailed
from server.store.disk import Disk
from server.store.history import Entry, checksum
from server.store.ledger import Ledger
from server.store.rewriter import Rewriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "patient_summaries.csv"


def opened(path: Path, disk: Disk | None = None) -> Ledger:
    return Ledger(path, disk or Disk(), time.time, 5)


def save(ledger: Ledger, patient_id: str, text: str) -> None:
    entry = Entry(
        patient_id=patient_id,
        name="Ann",
        crc=checksum("Ann", text),
        how="external",
        time="2026-05-28T20:26:40.250+00:00",
        summary=text,
    )
    ledger.change(lambda: ledger.append([entry]))


def rows(path: Path) -> dict[str, str]:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return dict(zip(table.patient_id, table.summary, strict=True))


class MeddlingDisk(Disk):
    """Somebody edits the CSV file while the store writes the next version, so many times."""

    def __init__(self, path: Path, times: int) -> None:
        self.path = path
        self.times = times

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        if self.times and self.path.exists():
            self.times -= 1
            with self.path.open("ab") as file:
                file.write(f"edit-{self.times},Ann,by hand\r\n".encode())


def test_nothing_is_written_where_nothing_changed(path: Path) -> None:
    ledger = opened(path)
    Rewriter(ledger).rewrite()
    assert not path.exists()
    save(ledger, "1", "a")
    Rewriter(ledger).rewrite()
    before = path.stat()
    Rewriter(ledger).rewrite()
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_an_edit_during_the_rewriting_is_kept(path: Path) -> None:
    save(ledger := opened(path), "1", "a")
    Rewriter(ledger).rewrite()
    meddled = opened(path, MeddlingDisk(path, times=0))
    save(meddled, "2", "b")
    assert isinstance(meddled.disk, MeddlingDisk)
    meddled.disk.times = 2
    Rewriter(meddled).rewrite()
    assert rows(path) == {"1": "a", "edit-1": "by hand", "edit-0": "by hand", "2": "b"}


@pytest.mark.slow
def test_a_file_that_somebody_keeps_editing_is_left_to_them(path: Path) -> None:
    save(ledger := opened(path), "1", "a")
    Rewriter(ledger).rewrite()
    meddled = opened(path, MeddlingDisk(path, times=0))
    save(meddled, "2", "b")
    assert isinstance(meddled.disk, MeddlingDisk)
    meddled.disk.times = 1000
    with pytest.raises(StoreFailed, match="kept changing"):
        Rewriter(meddled).rewrite()
    assert rows(path)["1"] == "a"
    assert "2" not in rows(path)


def test_one_rewriting_serves_all_that_wait_for_it(path: Path) -> None:
    ledger = opened(path)
    rewriter = Rewriter(ledger)
    for number in range(5):
        save(ledger, str(number), "a")
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: rewriter.bring_up_to_date(), range(5)))
    assert len(rows(path)) == 5
    assert ledger.index.behind == {}


def test_a_large_file_waits_for_its_time(path: Path) -> None:
    save(ledger := opened(path), "1", "a")
    Rewriter(ledger).rewrite()
    rewriter = Rewriter(ledger, small=1, seconds=3600)
    save(ledger, "2", "b")
    assert rewriter.bring_up_to_date() == ""
    assert rows(path) == {"1": "a"}
    rewriter.close()
    assert rows(path) == {"1": "a", "2": "b"}


@pytest.mark.slow
def test_a_small_file_with_much_to_come_is_a_large_one(path: Path) -> None:
    ledger = opened(path)
    for number in range(20):
        save(ledger, str(number), "numb, " * 50)
    rewriter = Rewriter(ledger, small=5000, seconds=3600)
    rewriter.bring_up_to_date()
    assert not path.exists()
    rewriter.close()
    assert len(rows(path)) == 20


class SlowDisk(Disk):
    """Takes as long as it is told to for the CSV file."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def replace(self, source: Path, target: Path) -> None:
        if target.suffix == ".csv":
            self.begun.set()
            assert self.go_on.wait(10)
        super().replace(source, target)


@pytest.mark.slow
def test_people_save_and_read_while_a_large_file_is_rewritten(path: Path) -> None:
    save(opened(path), "1", "a")
    disk = SlowDisk()
    ledger = opened(path, disk)
    with ThreadPoolExecutor(1) as pool:
        rewriting = pool.submit(Rewriter(ledger).rewrite)
        assert disk.begun.wait(10)
        save(ledger, "2", "b")
        save(opened(path), "3", "c")
        assert ledger.ask(lambda: len(ledger.index)) == 3
        disk.go_on.set()
        rewriting.result(timeout=10)
    assert rows(path) == {"1": "a"}
    assert set(ledger.ask(lambda: ledger.index.behind)) == {"2", "3"}
    Rewriter(ledger).rewrite()
    assert rows(path) == {"1": "a", "2": "b", "3": "c"}


def test_doubled_rows_are_recorded_once_though_the_rewriting_fails(path: Path) -> None:
    header = "patient_id,name,summary\n"
    path.write_text(f"{header}1,Ann,early\n1,Ann,late\n", encoding="utf-8")
    ledger = opened(path, FullDisk())
    save(ledger, "2", "b")
    for _ in range(3):
        with pytest.raises(StoreFailed, match="full"):
            Rewriter(ledger).rewrite()
    assert isinstance(ledger.disk, FullDisk)
    ledger.disk.full = False
    Rewriter(ledger).rewrite()
    assert rows(path) == {"1": "late", "2": "b"}
    assert [news.patient_id for news in opened(path).history.news()] == ["2", "1", "1"]


class FullDisk(Disk):
    """Has no place for the next version of a CSV file."""

    full = True

    def open(self, path: Path, flags: int) -> int:
        if self.full and path.suffix == ".tmp":
            raise OSError(errno.ENOSPC, "full")
        return super().open(path, flags)
