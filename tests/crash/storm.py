"""Writers on one file, one of them killed at a random moment, again and again.

After every kill the CSV file is read as an outside program would. Every text carries its own
checksum, so that a part of one is told from a whole one. POSIX only: the writers are forked.
"""

import hashlib
import io
import json
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from server.errors import Invalid, StoreFailed
from server.store.rewriter import SMALL
from server.summaries import SummaryStore

WRITERS = 3
SHARED = 7
"""Patients that all writers write to."""


@dataclass
class Counts:
    """What the storm did, and what it found."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    unparseable: int = 0
    partial: int = 0
    duplicates: int = 0
    late: int = 0
    """Acknowledged, and not in the CSV file at once."""
    invented: int = 0
    """Texts of the store's own that it took for a person's."""

    def __str__(self) -> str:
        return ", ".join(f"{value} {name}" for name, value in vars(self).items())


def text(writer: int, number: int, size: int) -> str:
    """A text that is whole only if it is whole: it ends with the hash of what stands before."""
    body = f'- w{writer} n{number} "q",\r\n=x é😀 ' + "numb, " * (size // 6)
    return f"{body}\n{hashlib.sha256(body.encode()).hexdigest()}"


def is_whole(summary: str) -> bool:
    body, _, digest = summary.rpartition("\n")
    return hashlib.sha256(body.encode()).hexdigest() == digest


@dataclass
class Writer:
    """A child process that saves and says so."""

    number: int
    path: Path
    size: int
    small: int
    store_of: Callable[..., Any]
    next: int = 0
    _pid: int = 0
    _pipe: int = 0

    def start(self) -> None:
        self._pipe, mouth = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._pipe)
            try:
                self._write(mouth)
            finally:
                os._exit(1)
        os.close(mouth)

    def kill(self) -> list[tuple[str, str]]:
        """Kill it, and return what it acknowledged since the last time: patients and texts."""
        if not self._pid:
            return []
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._pid = 0
        with os.fdopen(self._pipe, encoding="utf-8") as pipe:
            lines = pipe.read().split("\n")
        said = [int(line) for line in lines[:-1]]
        self.next = max([self.next, *said]) + 1000
        return [(self._patient(number), text(self.number, number, self.size)) for number in said]

    def _patient(self, number: int) -> str:
        return f"shared-{number % SHARED}" if number % 3 == 0 else f"w{self.number}-{number % 40}"

    def _write(self, mouth: int) -> None:
        store = self.store_of(self.path, small=self.small, rewrite_seconds=0.02, lock_seconds=60)
        for number in range(self.next, self.next + 1000):
            saved = text(self.number, number, self.size)
            store.save(self._patient(number), "=Ann", saved, how="external")
            os.write(mouth, f"{number}\n".encode())
            if number % 11 == 0:
                with suppress(Invalid):
                    store.undo(f"shared-{number % SHARED}")


def read_outside(path: Path, counts: Counts) -> dict[str, str]:
    """The rows as pandas reads them; notes what is wrong with the file."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        table = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
        table = table[["patient_id", "summary"]]
    except (ValueError, KeyError):
        counts.unparseable += 1
        return {}
    counts.duplicates += int(table.patient_id.duplicated().sum())
    summaries = [cell.removeprefix("'") for cell in table.summary]
    counts.partial += sum(not is_whole(summary) for summary in summaries)
    return dict(zip(table.patient_id, summaries, strict=True))


def replayed(path: Path) -> tuple[dict[str, str], set[str], int]:
    """The history, read as simply as can be: what holds, every text, how many found in the file."""
    holds: dict[str, str] = {}
    texts: dict[int, str] = {}
    at = found = 0
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
        with suppress(ValueError):
            entry = json.loads(line)
            found += entry["found_in_file"]
            if entry["how"] != "undone":
                texts[at] = holds[entry["patient_id"]] = entry["summary"]
            elif entry["restored"] is None:
                del holds[entry["patient_id"]]
            else:
                holds[entry["patient_id"]] = texts[entry["restored"]]
        at += len(line)
    return holds, set(texts.values()), found


def storm(
    path: Path,
    *,
    kills: int,
    size: int,
    small: int,
    seed: int,
    store_of: Callable[..., Any] = SummaryStore,
) -> Counts:
    """Kill writers of one file `kills` times.

    Args:
        path: The CSV file.
        kills: How many writers are killed, one after the other; each is replaced by a new one.
        size: Characters of a text.
        small: Bytes from which on the file is rewritten in the background.
        seed: Of the moments, and of who is killed.
        store_of: The store that they write with.
    """
    counts = Counts()
    acknowledged: set[str] = set()
    chance = random.Random(seed)

    def kill(writer: Writer) -> dict[str, str]:
        said = writer.kill()
        counts.acknowledged += len(said)
        acknowledged.update(text for _, text in said)
        return {id: text for id, text in said if not id.startswith("shared")}

    writers = [Writer(number, path, size, small, store_of) for number in range(WRITERS)]
    try:
        for writer in writers:
            writer.start()
        for _ in range(kills):
            time.sleep(chance.uniform(0.005, 0.2))
            victim = chance.choice(writers)
            own = kill(victim)
            counts.kills += 1
            rows = read_outside(path, counts)
            if small == SMALL:
                # Nobody else writes to its own patients: they have its last text, or the one that
                # it was killed over.
                counts.late += sum(not _is_newer(rows.get(id), text) for id, text in own.items())
            victim.start()
    finally:
        for writer in writers:
            kill(writer)
    with suppress(StoreFailed):
        SummaryStore(path).close()
    holds, texts, counts.invented = replayed(path.with_name(f"{path.stem}.history.jsonl"))
    rows = read_outside(path, counts)
    counts.lost = len(acknowledged - texts) + sum(rows.get(id) != holds[id] for id in holds)
    return counts


def _is_newer(found: str | None, text: str) -> bool:
    return found is not None and _number(found) >= _number(text)


def _number(text: str) -> int:
    return int(text.split(" ", 3)[2][1:])
