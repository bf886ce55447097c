"""Nothing that was acknowledged is lost, whenever the writers are killed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from server.store.rewriter import SMALL
from server.summaries import SummaryStore
from tests.crash.storm import Counts, is_whole, read_outside, storm, text
from tests.tables import Table, printed

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the writers are forked")

STORMS = {
    "short texts": (60, 1_500, SMALL),
    "long texts": (15, 60_000, SMALL),
    "large file": (25, 1_500, 1),
}
"""Kills (together 100), characters of a text, bytes from which on a file is a large one."""

LONG = 20


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    columns = ("texts", *vars(Counts()))
    with printed("Killed writers", *columns) as table:
        yield table
        totals = (sum(int(row[place]) for row in table.rows) for place in range(1, len(columns)))
        table.add("all", *totals)


def assert_nothing_lost(folder: Path, table: Table, kind: str, seed: int) -> None:
    path = folder / "patient_summaries.csv"
    kills, size, small = STORMS[kind]
    counts = storm(path, kills=kills, size=size, small=small, seed=seed)
    table.add(kind, *vars(counts).values())
    wrong = {name: count for name, count in vars(counts).items() if count}
    assert set(wrong) == {"kills", "acknowledged"}, counts
    assert counts.kills == kills
    assert counts.acknowledged > kills
    report = SummaryStore(path).verify()
    assert report.ok, report
    assert report.edited == report.foreign == 0


def test_a_part_of_a_text_is_told_from_the_whole() -> None:
    whole = text(1, 2, 600)
    assert is_whole(whole)
    assert not is_whole(whole[:-1])
    assert not is_whole(whole[:100] + whole[101:])


@pytest.mark.slow
@pytest.mark.parametrize("kind", STORMS)
def test_a_hundred_kills_lose_nothing(tmp_path: Path, table: Table, kind: str) -> None:
    assert_nothing_lost(tmp_path, table, kind, seed=0)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, LONG))
@pytest.mark.parametrize("kind", STORMS)
def test_two_thousand_kills_lose_nothing(
    tmp_path: Path, table: Table, kind: str, seed: int
) -> None:
    assert_nothing_lost(tmp_path, table, kind, seed)


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
