"""Whatever a power cut leaves of a day's writes, nothing that was acknowledged is lost.

The operations of a day are recorded. For every moment of it the states are built that a file system
may be in after a power cut: a write that was not synced is there, or not, or in part, or its end
alone with NUL bytes before it; a name that was not synced is the old one or the new one. These are
the states that the paper "All File Systems Are Not Created Equal" (OSDI 2014) asks programs about.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from server.store import csv_file
from server.store.csv_file import Identity
from server.summaries import SummaryStore
from tests.crash.disks import HastyDisk, Operation, RecordingDisk
from tests.crash.scenario import Day, recorded, rows

CSV = "patient_summaries.csv"
NOTE = "patient_summaries.versions.json"


@dataclass(eq=False)
class File:
    """A file: what is on the disk for certain, and what is on its way."""

    synced: bytes = b""
    identity: Identity | None = None
    pending: list[Operation] = field(default_factory=list)

    def contents(self) -> list[bytes]:
        """What may be found in it, the complete content last."""
        found = [self.synced]
        for operation in self.pending:
            before = found[-1]
            if operation.name == "truncate":
                found.append(before[: operation.at].ljust(operation.at, b"\0"))
                continue
            at, data, half = operation.at, operation.data, len(operation.data) // 2
            found += [
                _written(before, at, data[:half]),
                _written(before, at + half, data[half:]),
                _written(before, at, data),
            ]
        return found

    def sync(self, identity: Identity | None) -> None:
        self.synced, self.pending, self.identity = self.contents()[-1], [], identity


def _written(content: bytes, at: int, data: bytes) -> bytes:
    """The content after a write; what lies between its end and the write reads as NUL bytes."""
    return content[:at].ljust(at, b"\0") + data + content[at + len(data) :]


class Folder:
    """A folder in which operations are done again, to see what a power cut may leave of them."""

    def __init__(self) -> None:
        self.names: dict[str, File] = {}
        self.synced: dict[str, File] = {}
        self.pending: list[dict[str, File]] = []
        """What the names were after each operation since."""

    def do(self, operation: Operation) -> None:
        name = operation.path.name
        match operation.name:
            case "create":
                self._rename({**self.names, name: File()})
            case "write" | "truncate":
                self.names[name].pending.append(operation)
            case "sync":
                self.names[name].sync(operation.identity)
            case "replace":
                assert operation.target
                left = {other: file for other, file in self.names.items() if other != name}
                self._rename({**left, operation.target.name: self.names[name]})
            case "remove":
                self._rename({o: file for o, file in self.names.items() if o != name})
            case "sync_folder":
                self.synced, self.pending = self.names, []

    def _rename(self, names: dict[str, File]) -> None:
        self.names = names
        self.pending.append(names)

    def states(self) -> Iterator[dict[str, tuple[bytes, File]]]:
        """Every state that may be found after a power cut at this moment."""
        for names in [self.synced, *self.pending]:
            contents = [
                [(c, file) for c in dict.fromkeys(file.contents())] for file in names.values()
            ]
            for chosen in itertools.product(*contents):
                yield dict(zip(names, chosen, strict=True))


def materialized(state: dict[str, tuple[bytes, File]], folder: Path) -> Path:
    """The state as files; the note of the store's own versions knows them as what they were."""
    folder.mkdir()
    same: dict[Identity, Identity | None] = {}
    for name, (content, file) in state.items():
        (folder / name).write_bytes(content)
        if file.identity and content == file.synced:
            same[file.identity] = csv_file.identity(folder / name)
    with suppress(FileNotFoundError, ValueError, KeyError):
        note: dict[str, Any] = json.loads((folder / NOTE).read_bytes())
        covers = [(Identity(*known), end) for *known, end in note["covers"]]
        note["covers"] = [[*(same.get(known) or known), end] for known, end in covers]
        (folder / NOTE).write_text(json.dumps(note), encoding="utf-8")
    return folder / CSV


@dataclass
class Recording:
    """A day: its operations, and after how many of them what was acknowledged."""

    operations: list[Operation]
    acknowledged: list[tuple[int, str, str | None]]

    def known(self, moment: int) -> dict[str, list[str | None]]:
        """By patient, what was acknowledged by then."""
        known: dict[str, list[str | None]] = {"1": [None], "2": [None]}
        for at, patient_id, text in self.acknowledged:
            if at <= moment:
                known[patient_id].append(text)
        return known

    def next(self, moment: int) -> tuple[str, str | None]:
        """What was under way."""
        later = ((patient, text) for at, patient, text in self.acknowledged if at > moment)
        return next(later, ("", None))

    @property
    def texts(self) -> set[str | None]:
        return {text for _, _, text in self.acknowledged}


def recorded_day(folder: Path, disk: RecordingDisk) -> Recording:
    acknowledged: list[tuple[int, str, str | None]] = []

    def told(patient_id: str, text: str | None) -> None:
        acknowledged.append((len(disk.operations), patient_id, text))

    folder.mkdir()
    for step in Day(folder / CSV, disk, editor=disk, told=told).steps():
        step()
    return Recording(disk.operations, acknowledged)


def assert_nothing_lost(path: Path, recording: Recording, moment: int) -> None:
    known, (patient, under_way) = recording.known(moment), recording.next(moment)
    assert set(rows(path).values()) <= recording.texts, "an outside reader sees whole texts"
    store = SummaryStore(path, disk=HastyDisk())
    held = {row.patient_id: row.summary for row in store.page(0, 10).rows}
    for patient_id, texts in known.items():
        possible = [texts[-1], under_way] if patient_id == patient else texts[-1:]
        assert held.get(patient_id) in possible
        assert set(texts) <= {None, *recorded(path), *rows(path).values()}
    assert rows(path) == held
    assert store.verify().ok


def cut_the_power_at_every_moment(recording: Recording, tmp_path: Path) -> int:
    """Returns how many states were looked at."""
    folder = Folder()
    states = 0
    for moment, operation in enumerate(recording.operations, 1):
        folder.do(operation)
        for number, state in enumerate(folder.states()):
            path = materialized(state, tmp_path / f"{moment}-{number}")
            assert_nothing_lost(path, recording, moment)
            states += 1
    return states


@pytest.mark.slow
def test_a_power_cut_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    recording = recorded_day(tmp_path / "day", RecordingDisk())
    states = cut_the_power_at_every_moment(recording, tmp_path)
    print(f"\n{len(recording.operations)} operations, {states} states after a power cut, 0 lost")
    assert states > 10 * len(recording.operations)


class CarelessDisk(RecordingDisk):
    """Waits for nothing."""

    def sync(self, descriptor: int) -> None:
        pass


@pytest.mark.slow
def test_a_store_that_does_not_wait_for_the_disk_is_noticed(tmp_path: Path) -> None:
    careless = recorded_day(tmp_path / "day", CarelessDisk())
    with pytest.raises((AssertionError, ValueError)):
        cut_the_power_at_every_moment(careless, tmp_path)


def test_the_states_of_a_write_are_none_part_end_and_all(tmp_path: Path) -> None:
    folder = Folder()
    file = tmp_path / "file"
    folder.do(Operation("create", file))
    folder.do(Operation("write", file, 0, b"abcd"))
    found = [{name: content for name, (content, _) in state.items()} for state in folder.states()]
    assert found == [{}, *({"file": c} for c in (b"", b"ab", b"\0\0cd", b"abcd"))]
    folder.do(Operation("sync", file))
    folder.do(Operation("sync_folder", tmp_path))
    assert [state["file"][0] for state in folder.states()] == [b"abcd"]
    folder.do(Operation("replace", file, target=tmp_path / "other"))
    assert [list(state) for state in folder.states()] == [["file"], ["other"]]
