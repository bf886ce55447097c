"""Do the history and the CSV file agree, entry by entry and row by row? And what if they do not?"""

import os
import time
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from . import csv_file
from .disk import Disk
from .ledger import Ledger, user
from .refusals import KEPT_IN_HISTORY, NOTHING_READ, Malformed, explained
from .rewriter import Rewriter


@dataclass(frozen=True, slots=True)
class Report:
    """What a checkup found; all figures are counts."""

    summaries: int
    """Patients who have one."""
    entries: int
    """Lines of the history that can be read."""
    damaged: int
    """Lines of the history that cannot."""
    behind: int
    """Rows of the CSV file that are missing or out of date."""
    doubled: int
    """Rows of the CSV file that a later row of the same patient follows."""
    edited: int
    """Rows that a person changed in the CSV file; nothing is wrong with them."""
    foreign: int
    """Rows that the CSV file had of its own; nothing is wrong with them."""

    @property
    def ok(self) -> bool:
        return not (self.damaged or self.behind or self.doubled)


def verify(path: Path, disk: Disk, lock_seconds: float) -> Report:
    """Read everything and compare it. Changes nothing.

    Raises:
        StoreFailed: the CSV file cannot be read; it says why.
    """
    ledger = Ledger(path, disk, time.time, lock_seconds, thorough=True)
    with explained(NOTHING_READ):
        return ledger.ask(lambda: _report(ledger))


def repair(path: Path, disk: Disk, lock_seconds: float) -> Report:
    """Make the history and the CSV file whole and equal, and say how they are then.

    What cannot be read is put aside, never deleted: damaged lines go to `….damaged.jsonl`; a CSV
    file that is malformed to `….damaged.csv`, and its rows before the first malformed one stay.

    Raises:
        StoreFailed: the CSV file is not one of summaries, or cannot be written.
    """
    ledger = Ledger(path, disk, time.time, lock_seconds, who=user(), thorough=True)
    with explained(KEPT_IN_HISTORY):
        with ledger.lock(".csv.lock"):
            _cut_malformed(ledger)
        ledger.change(lambda: _settle(ledger))
    Rewriter(ledger).rewrite()
    return verify(path, disk, lock_seconds)


def _report(ledger: Ledger) -> Report:
    index, history = ledger.index, ledger.history
    return Report(
        summaries=len(index),
        entries=history.entries,
        damaged=len(history.damaged),
        behind=len(index.behind),
        doubled=len(index.superseded),
        edited=len(index.edited),
        foreign=len(index.foreign),
    )


def _settle(ledger: Ledger) -> None:
    """Record what the CSV file alone has, put damaged lines aside, see to doubled rows."""
    index = ledger.index
    doubled = set(index.superseded.values())
    ledger.record({*index.edited, *doubled})
    if ledger.history.damaged:
        ledger.history.set_aside(ledger.beside(".damaged.jsonl"))
    index.behind |= dict.fromkeys(doubled)


def _cut_malformed(ledger: Ledger) -> None:
    """Leave of a CSV file that is malformed the rows before the first malformed one."""
    try:
        csv_file.read(ledger.path)
    except Malformed as problem:
        whole = ledger.path.read_bytes()
        _write(ledger.disk, _unused(ledger.beside(".damaged.csv")), whole)
        temporary = ledger.beside(".csv.tmp")
        _write(ledger.disk, temporary, whole[: problem.at])
        ledger.disk.replace(temporary, ledger.path)
        ledger.disk.sync_folder(ledger.path.parent)


def _write(disk: Disk, path: Path, data: bytes) -> None:
    descriptor = disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        disk.write_all(descriptor, data)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def _unused(path: Path) -> Path:
    """The path, or the next one with a number that does not exist."""
    numbered = (path.with_suffix(f".{number}{path.suffix}") for number in count(2))
    return next(candidate for candidate in chain([path], numbered) if not candidate.exists())
