"""Every operation of a day's work fails once, in every way: nothing that was saved is lost."""

from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest

from server.errors import StoreFailed
from server.summaries import SummaryStore
from tests.crash.disks import Dead, Fault, FaultyDisk
from tests.crash.scenario import Day, recorded, rows


def day_with(faults: dict[int, Fault], folder: Path) -> tuple[Day, int]:
    """The day, every step tried whatever became of the one before it; and the steps that failed."""
    folder.mkdir()
    day = Day(folder / "patient_summaries.csv", FaultyDisk(faults))
    failed = 0
    with suppress(Dead):
        for step in day.steps():
            before = rows(day.path)
            try:
                step()
            except StoreFailed:
                failed += 1
                assert rows(day.path) == before
    return day, failed


def operations(folder: Path) -> list[str]:
    """The operations of a day on which nothing goes wrong."""
    day, failed = day_with({}, folder / "undisturbed")
    assert failed == 0
    assert isinstance(day.disk, FaultyDisk)
    return day.disk.names


def assert_nothing_lost(day: Day) -> None:
    assert set(rows(day.path).values()) <= day.tried, "an outside reader sees whole texts"
    store = SummaryStore(day.path)
    held = {row.patient_id: row.summary for row in store.page(0, 10).rows}
    for patient_id, acknowledged in day.acknowledged.items():
        assert held.get(patient_id) in day.may_hold(patient_id)
        kept = {None, *recorded(day.path), *rows(day.path).values()}
        assert kept >= set(acknowledged)
    assert set(held.values()) <= day.tried
    assert rows(day.path) == held
    store.save("3", "Bo", "afterwards", how="external")
    assert rows(day.path) == {**held, "3": "afterwards"}
    assert store.verify().ok


@pytest.mark.slow
def test_without_faults_everything_is_acknowledged(tmp_path: Path) -> None:
    day, failed = day_with({}, tmp_path / "day")
    assert failed == 0
    assert [len(day.acknowledged[patient_id]) for patient_id in "12"] == [5, 2]
    assert_nothing_lost(day)


@pytest.mark.slow
@pytest.mark.parametrize("fault", get_args(Fault))
def test_whichever_operation_fails_nothing_is_lost(tmp_path: Path, fault: Fault) -> None:
    names = operations(tmp_path)
    places = [at for at, name in enumerate(names) if fault != "short" or name == "write"]
    errors = 0
    for at in places:
        day, failed = day_with({at: fault}, tmp_path / str(at))
        errors += failed > 0
        assert_nothing_lost(day)
    print(f"\n{fault} at each of {len(places)} operations: {errors} errors told, 0 texts lost")
    assert errors > len(places) // 2 or fault == "dead"


@pytest.mark.slow
def test_when_the_disk_is_gone_for_good_nothing_is_lost(tmp_path: Path) -> None:
    for at in range(len(operations(tmp_path))):
        day, _ = day_with(dict.fromkeys(range(at, 1000), "EIO"), tmp_path / str(at))
        assert_nothing_lost(day)
