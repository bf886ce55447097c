"""Nothing that was acknowledged is lost, whenever the writers are killed."""

import os
from pathlib import Path

import pandas as pd
import pytest

from server.store.rewriter import SMALL
from server.summaries import SummaryStore
from tests.crash.storm import Counts, is_whole, read_outside, storm, text

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the writers are forked")

SIZES = {"short texts": (1_500, SMALL), "long texts": (60_000, SMALL), "large file": (1_500, 1)}


def assert_nothing_wrong(counts: Counts, path: Path) -> None:
    wrong = {name: count for name, count in vars(counts).items() if count}
    assert set(wrong) == {"kills", "acknowledged"}, counts
    report = SummaryStore(path).verify()
    assert report.ok, report
    assert report.edited == report.foreign == 0


def test_a_part_of_a_text_is_told_from_the_whole() -> None:
    whole = text(1, 2, 600)
    assert is_whole(whole)
    assert not is_whole(whole[:-1])
    assert not is_whole(whole[:100] + whole[101:])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "kills"), [("short texts", 60), ("long texts", 15), ("large file", 25)]
)
def test_a_hundred_kills_lose_nothing(tmp_path: Path, kind: str, kills: int) -> None:
    path = tmp_path / "patient_summaries.csv"
    size, small = SIZES[kind]
    counts = storm(path, kills=kills, size=size, small=small, seed=kills)
    print(f"\n{kind}: {counts}")
    assert_nothing_wrong(counts, path)
    assert counts.kills == kills
    assert counts.acknowledged > kills


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "kills"), [("short texts", 1_400), ("long texts", 200), ("large file", 400)]
)
def test_two_thousand_kills_lose_nothing(tmp_path: Path, kind: str, kills: int) -> None:
    test_a_hundred_kills_lose_nothing(tmp_path, kind, kills)


class InPlaceStore:
    """What a short script would do: write the whole file anew, where it stands."""

    def __init__(self, path: Path, **settings: float) -> None:
        self.path = path

    def save(self, patient_id: str, name: str, summary: str, how: str) -> None:
        rows = read_outside(self.path, Counts()) | {patient_id: summary}
        table = pd.DataFrame(rows.items(), columns=["patient_id", "summary"])
        table.to_csv(self.path, index=False)

    def undo(self, patient_id: str) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.slow
def test_a_store_that_writes_in_place_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "patient_summaries.csv"
    counts = storm(path, kills=20, size=60_000, small=SMALL, seed=1, store_of=InPlaceStore)
    assert counts.unparseable + counts.partial + counts.late > 0
