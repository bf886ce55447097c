"""The history, the CSV file and the index, in step with what others do."""

import os
import time
from pathlib import Path

import pytest

from server.errors import StoreFailed
from server.store import csv_file
from server.store.csv_file import Changed, Identity
from server.store.disk import Disk
from server.store.history import Entry, checksum
from server.store.ledger import Ledger, user
from server.store.rewriter import Rewriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "patient_summaries.csv"


def opened(path: Path) -> Ledger:
    return Ledger(path, Disk(), time.time, 5)


def entry(patient_id: str, text: str) -> Entry:
    return Entry(
        patient_id=patient_id,
        name="Ann",
        crc=checksum("Ann", text),
        how="external",
        time="2026-05-28T20:26:40.250+00:00",
        summary=text,
    )


def save(ledger: Ledger, *entries: Entry) -> None:
    ledger.change(lambda: ledger.append(list(entries)))


def positions(path: Path) -> list[int]:
    return [news.at for news in opened(path).history.news()]


def ids(ledger: Ledger) -> list[str]:
    return ledger.ask(lambda: list(ledger.index.newest_first()))


def test_entries_are_linked_to_the_patients_entry_before_them(path: Path) -> None:
    ledger = opened(path)
    save(ledger, entry("1", "a"), entry("2", "b"), entry("1", "c"))
    first, second, third = positions(path)
    found = [ledger.history.entry(at) for at in (first, second, third)]
    assert [each.previous for each in found] == [None, None, first]
    save(opened(path), entry("2", "d"))
    assert positions(path)[:3] == [first, second, third]
    assert ledger.ask(lambda: ledger.history.entry(ledger.index.last("2") or 0)).previous == second


def test_a_look_costs_no_reading_while_nobody_did_anything(path: Path) -> None:
    ledger = opened(path)
    save(ledger, entry("1", "a"))
    Rewriter(ledger).rewrite()
    before = ledger.version()
    assert ids(ledger) == ["1"]
    assert ledger.version() is before


def test_in_a_folder_without_a_lock_file_people_can_still_read(path: Path) -> None:
    save(opened(path), entry("1", "a"))
    lock = path.with_name("patient_summaries.history.jsonl.lock")
    lock.unlink()
    lock.mkdir()
    assert ids(opened(path)) == ["1"]
    with pytest.raises(IsADirectoryError):
        save(opened(path), entry("2", "b"))


def test_what_others_wrote_to_the_file_is_announced_before_it_is_there(path: Path) -> None:
    first, second = opened(path), opened(path)
    save(first, entry("1", "a"))
    assert ids(second) == ["1"]
    Rewriter(first).rewrite()
    assert ids(second) == ["1"]
    assert not second.loaded, "the second one took the first one's word"
    assert second.ask(lambda: second.index.behind) == {}
    assert second.version().ids == ["1"]
    assert second.loaded


def test_at_the_start_nothing_is_read_that_the_note_vouches_for(path: Path) -> None:
    ledger = opened(path)
    save(ledger, entry("1", "a"))
    Rewriter(ledger).rewrite()
    again = opened(path)
    assert ids(again) == ["1"]
    assert not again.loaded
    path.with_name("patient_summaries.versions.json").unlink()
    suspicious = opened(path)
    assert ids(suspicious) == ["1"]
    assert suspicious.loaded


def test_a_file_with_rows_of_its_own_is_read_at_the_start(path: Path) -> None:
    path.write_text("patient_id,name,summary\n9,Cy,own\n", encoding="utf-8")
    ledger = opened(path)
    save(ledger, entry("1", "a"))
    Rewriter(ledger).rewrite()
    again = opened(path)
    assert ids(again) == ["1", "9"]
    assert again.loaded


def test_a_change_from_outside_reaches_every_process_though_only_one_saw_it(path: Path) -> None:
    first, second = opened(path), opened(path)
    save(first, entry("1", "a"))
    Rewriter(first).rewrite()
    assert ids(second) == ["1"]
    with path.open("a", encoding="utf-8") as file:
        file.write("9,Cy,own\r\n")
    save(first, entry("2", "b"))
    Rewriter(first).rewrite()
    assert ids(second) == ["2", "1", "9"]


def test_the_user_is_named_with_every_write(path: Path) -> None:
    ledger = Ledger(path, Disk(), time.time, 5, who="ann")
    save(ledger, entry("1", "a"))
    assert ledger.history.entry(0).who == "ann"
    assert isinstance(user(), str)


class LateLedger(Ledger):
    """Others save and rewrite twice between its look at the history and its look at the file."""

    others: Ledger

    def _is_vouched_for(self, identity: Identity | None) -> bool:
        for text in ("b", "c"):
            save(self.others, entry("1", text))
            Rewriter(self.others).rewrite()
        save(self.others, entry("1", "d"))
        return super()._is_vouched_for(identity)


def test_what_a_store_wrote_meanwhile_is_never_taken_for_a_persons_edit(path: Path) -> None:
    others = opened(path)
    save(others, entry("1", "a"))
    Rewriter(others).rewrite()
    late = LateLedger(path, Disk(), time.time, 5)
    late.others = others
    assert late.ask(lambda: len(late.index.edited)) == 0
    Rewriter(late).rewrite()
    assert late.version().text(0).summary == "d"
    assert late.history.entries == 4


def test_a_history_that_begins_while_the_store_is_open_is_taken_in(path: Path) -> None:
    path.write_text("patient_id,name,summary\n9,Cy,own\n", encoding="utf-8")
    first, second = opened(path), opened(path)
    assert ids(first) == ids(second) == ["9"]
    save(first, entry("1", "a"))
    assert ids(second) == ["1", "9"]
    assert second.ask(lambda: list(second.index.behind)) == ["1"]


def test_an_older_history_than_the_note_knows_is_compared(path: Path) -> None:
    ledger = opened(path)
    save(ledger, entry("1", "a"), entry("1", "b"))
    Rewriter(ledger).rewrite()
    history = path.with_name("patient_summaries.history.jsonl")
    history.write_bytes(history.read_bytes().splitlines(keepends=True)[0])
    again = opened(path)
    assert again.ask(lambda: set(again.index.edited)) == {"1"}


def test_a_file_that_never_rests_is_an_error(path: Path) -> None:
    ledger = opened(path)

    def always() -> None:
        raise Changed

    with pytest.raises(StoreFailed, match="kept changing"):
        ledger.ask(always)


def test_a_version_that_is_not_the_known_one_is_not_used(path: Path) -> None:
    ledger = opened(path)
    save(ledger, entry("1", "a"))
    Rewriter(ledger).rewrite()
    version, _ = csv_file.read(path)
    os.utime(path, (1, 1))
    assert ids(ledger) == ["1"]
    with pytest.raises(Changed):
        ledger.load(version)


def test_a_damaged_entry_is_an_error_that_says_what_to_do(path: Path) -> None:
    ledger = opened(path)
    save(ledger, entry("1", "a"))
    history = path.with_name("patient_summaries.history.jsonl")
    history.write_bytes(history.read_bytes().replace(b'"a"', b'"z"'))
    with pytest.raises(StoreFailed, match="damaged"):
        ledger.holding(0)
