"""What the store promises to those who save summaries."""

import io
import json
import logging
import os
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import Invalid, StoreFailed
from server.store.csv_format import escape
from server.summaries import Origin, SavedSummary, SummaryStore, Unsaved
from tests.crash.disks import FaultyDisk, HastyDisk, HeldDisk

TEXT = '- "first",\r\n=second, 😀\n\n\'third'
HEADER = "patient_id,name,summary"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "patient_summaries.csv"


@pytest.fixture
def log() -> Iterator[BufferingHandler]:
    """What is logged meanwhile; pytest's `caplog` is left out of the fast tests."""
    handler = BufferingHandler(capacity=1000)
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def logged(log: BufferingHandler) -> str:
    return "\n".join(record.getMessage() for record in log.buffer)


def save(store: SummaryStore, patient_id: str, summary: str, name: str = "Janet Lee") -> None:
    store.save(patient_id, name, summary, how="external")


def text_of(store: SummaryStore, patient_id: str) -> str | None:
    saved = store.get(patient_id)
    return saved.summary if saved else None


def frame(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def rows(path: Path) -> dict[str, str]:
    """As an outside reader sees the file; one row a patient."""
    table = frame(path)
    assert table.patient_id.is_unique
    return dict(zip(table.patient_id, table.summary, strict=True))


def history(path: Path) -> list[dict[str, Any]]:
    lines = path.with_name("patient_summaries.history.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in lines.splitlines()]


# Saving and reading.


def test_what_was_saved_is_read_back_with_how_it_came_about(path: Path) -> None:
    store = SummaryStore(path, clock=lambda: 1_780_000_000.25)
    store.save(
        "25", "Janet Lee", TEXT, how="generated", model="phi", record="r1", generation_id="g1"
    )
    assert store.get("25") == SavedSummary(
        patient_id="25",
        name="Janet Lee",
        summary=TEXT,
        model="phi",
        how="generated",
        saved_at="2026-05-28T20:26:40.250+00:00",
    )
    assert history(path)[0]["record"] == "r1"
    assert history(path)[0]["generation_id"] == "g1"


def test_a_patient_without_a_summary_has_none(path: Path) -> None:
    assert SummaryStore(path).get("25") is None


def test_ids_are_compared_as_stripped_text(path: Path) -> None:
    store = SummaryStore(path)
    save(store, " 25 ", "one")
    save(store, "25", "two")
    assert text_of(store, "25 ") == "two"
    assert len(store) == 1


@pytest.mark.parametrize("patient_id", ["", " \t"])
def test_a_summary_of_nobody_is_refused(path: Path, patient_id: str) -> None:
    with pytest.raises(Invalid, match="patient_id is empty"):
        save(SummaryStore(path), patient_id, "text")
    assert not path.exists()


def test_the_file_is_up_to_date_when_save_returns(path: Path) -> None:
    store = SummaryStore(path)
    for number in range(3):
        save(store, "25", f"text {number}")
        assert rows(path) == {"25": f"text {number}"}


def test_a_new_file_is_what_excel_and_pandas_read(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", 'Übelkeit, "stark"\nseit gestern', name="Zoë")
    assert (
        path.read_bytes()
        == (
            "\ufeff" + HEADER + "\r\n" + '"25","Zoë","Übelkeit, ""stark""\nseit gestern"\r\n'
        ).encode()
    )
    assert list(frame(path).columns) == HEADER.split(",")
    assert rows(path) == {"25": 'Übelkeit, "stark"\nseit gestern'}


def test_missing_folders_are_created(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "patient_summaries.csv"
    save(SummaryStore(path), "25", "text")
    assert rows(path) == {"25": "text"}


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_leads_to_the_file_that_is_replaced(tmp_path: Path, path: Path) -> None:
    link = tmp_path / "link.csv"
    save(SummaryStore(path), "25", "one")
    link.symlink_to(path)
    save(SummaryStore(link), "25", "two")
    assert link.is_symlink()
    assert rows(path) == {"25": "two"}


def test_opening_a_store_writes_nothing(path: Path) -> None:
    store = SummaryStore(path)
    assert (len(store), store.page(0, 10).rows) == (0, [])
    store.close()
    assert not path.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_new_files_are_their_owners_alone_and_old_ones_keep_their_mode(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "text")
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    path.chmod(0o640)
    save(store, "25", "other")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_save_says_whether_it_replaced_something_and_how_long_it_took(path: Path) -> None:
    store = SummaryStore(path)
    first = store.save("25", "Janet Lee", "one", how="edited")
    second = store.save("25", "Janet Lee", "two", how="edited")
    assert (first.replaced, second.replaced) == (False, True)
    assert 0 < first.seconds < 10
    assert first.notice == ""


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
            st.text(st.sampled_from("'=-+@\t\r\n\",;a1.\uff1d é😀")),
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        ).filter(lambda row: row[0].strip() == row[0]),
        max_size=6,
        unique_by=lambda row: row[0],
    )
)
def test_any_text_makes_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str, str]]
) -> None:
    path = tmp_path_factory.mktemp("trip") / "patient_summaries.csv"
    store = SummaryStore(path, disk=HastyDisk())
    for patient_id, name, summary in texts:
        store.save(patient_id, name, summary, how="external")
    path.with_name("patient_summaries.history.jsonl").unlink(missing_ok=True)
    reopened = SummaryStore(path)
    assert len(reopened) == len(texts)
    for patient_id, name, summary in texts:
        saved = reopened.get(patient_id)
        assert saved is not None
        assert (saved.name, saved.summary) == (name, summary)
    if texts:
        table = frame(path)
        assert list(table.patient_id) == [escape(row[0]) for row in texts]
        assert list(table.name) == [escape(row[1]) for row in texts]
        assert list(table.summary) == [escape(row[2]) for row in texts]


@pytest.mark.slow
def test_two_hundred_kilobytes_make_the_round_trip(path: Path) -> None:
    text = 'numb, "tingling"\n🦶' * 12_000
    assert len(text.encode()) > 200_000
    save(SummaryStore(path), "25", text)
    assert text_of(SummaryStore(path), "25") == text
    assert rows(path) == {"25": text}


def test_what_utf8_cannot_hold_becomes_the_replacement_character(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "a\0b\ud800c")
    assert text_of(store, "25") == text_of(SummaryStore(path), "25") == "a\ufffdb\ufffdc"


def test_a_formula_is_harmless_in_the_file_and_exact_in_the_store(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", '=HYPERLINK("http://evil.example")', name="@SUM(1)")
    assert rows(path) == {"25": '\'=HYPERLINK("http://evil.example")'}
    assert frame(path).name[0] == "'@SUM(1)"
    assert text_of(SummaryStore(path), "25") == '=HYPERLINK("http://evil.example")'


# Pages.


def test_the_newest_is_listed_first(path: Path) -> None:
    store = SummaryStore(path)
    for patient_id in ("1", "2", "3", "1"):
        save(store, patient_id, "text")
    page = store.page(0, 10)
    assert page.total == 3
    assert [row.patient_id for row in page.rows] == ["1", "3", "2"]
    assert [row.patient_id for row in SummaryStore(path).page(1, 1).rows] == ["3"]


def test_a_query_is_found_in_ids_and_names_whatever_their_case(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "text", name="Janet LEE")
    save(store, "26", "text", name="Jerry Rivera")
    assert [row.patient_id for row in store.page(0, 10, "lee").rows] == ["25"]
    assert [row.patient_id for row in store.page(0, 10, " 26 ").rows] == ["26"]
    assert store.page(0, 1, "J").total == 2
    assert store.page(0, 10, "nobody").rows == []


# Undo.


@pytest.mark.slow
def test_undo_goes_back_text_by_text_and_at_last_removes_the_row(path: Path) -> None:
    store = SummaryStore(path)
    for text in ("one", "two", "three"):
        save(store, "25", text)
    assert store.undo("25").summary == "two"
    assert store.undo("25").summary == "one"
    assert rows(path) == {"25": "one"}
    undone = store.undo("25")
    assert (undone.summary, undone.name) == (None, "Janet Lee")
    assert rows(path) == {}
    assert (store.get("25"), len(store)) == (None, 0)


def test_what_was_undone_restores_all_that_was_known_of_it(path: Path) -> None:
    store = SummaryStore(path)
    store.save("25", "Janet Lee", "one", how="generated", model="phi")
    before = store.get("25")
    save(store, "25", "two")
    store.undo("25")
    assert store.get("25") == before
    assert SummaryStore(path).get("25") == before


@pytest.mark.slow
def test_a_save_after_an_undo_can_be_undone_to_what_the_undo_restored(path: Path) -> None:
    store = SummaryStore(path)
    for text in ("one", "two"):
        save(store, "25", text)
    store.undo("25")
    save(store, "25", "three")
    assert store.undo("25").summary == "one"
    assert store.undo("25").summary is None
    save(store, "25", "four")
    assert store.undo("25").summary is None


def test_there_is_an_end_to_undoing(path: Path) -> None:
    store = SummaryStore(path)
    with pytest.raises(Invalid, match="nothing to undo"):
        store.undo("25")
    save(store, "25", "one")
    store.undo("25")
    with pytest.raises(Invalid, match="nothing to undo"):
        store.undo("25")


def test_the_history_keeps_everything_that_was_undone(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "one")
    save(store, "25", "two")
    store.undo("25")
    assert [line["how"] for line in history(path)] == ["external", "external", "undone"]
    assert [line["summary"] for line in history(path)] == ["one", "two", None]
    assert history(path)[2]["restored"] == 0
    assert history(path)[1]["previous"] == 0


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y", "undo"])), max_size=25))
def test_undo_is_the_stack_that_people_expect(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("stack") / "patient_summaries.csv"
    store = SummaryStore(path, disk=HastyDisk())
    stacks: dict[str, list[str]] = {"a": [], "b": []}
    for patient_id, step in steps:
        if step != "undo":
            save(store, patient_id, step)
            stacks[patient_id].append(step)
        elif stacks[patient_id]:
            stacks[patient_id].pop()
            store.undo(patient_id)
    expected = {id: stack[-1] for id, stack in stacks.items() if stack}
    for each in (store, SummaryStore(path)):
        assert {row.patient_id: row.summary for row in each.page(0, 10).rows} == expected
    assert (rows(path) if path.exists() else {}) == expected
    assert store.verify().ok


# Files of the user's.


USERS = '\ufeffpatient_id,name,mood,summary\n1,Ann," ok","a\nb"\n25,Janet Lee,x,old\n\n7,,,'


def test_a_users_file_keeps_its_columns_its_line_ends_and_untouched_bytes(path: Path) -> None:
    path.write_bytes(USERS.encode())
    store = SummaryStore(path)
    assert len(store) == 3
    save(store, "25", "new")
    save(store, "30", "added")
    assert (
        path.read_bytes()
        == (
            "\ufeffpatient_id,name,mood,summary\n"
            '1,Ann," ok","a\nb"\n'
            '"25","Janet Lee","x","new"\n'
            "\n"
            "7,,,\n"
            '"30","Janet Lee","","added"\n'
        ).encode()
    )


def test_the_columns_of_a_users_file_may_stand_in_any_order(path: Path) -> None:
    path.write_text("summary,patient_id,x,name\nold,25,1,Janet\n", encoding="utf-8")
    store = SummaryStore(path)
    assert text_of(store, "25") == "old"
    save(store, "25", "new")
    assert path.read_text(encoding="utf-8") == (
        'summary,patient_id,x,name\n"new","25","1","Janet Lee"\n'
    )


def test_a_text_that_the_file_had_is_recorded_before_it_is_replaced(path: Path) -> None:
    path.write_bytes(USERS.encode())
    store = SummaryStore(path)
    save(store, "25", "new")
    found, saved = history(path)
    assert (found["summary"], found["how"], found["found_in_file"]) == ("old", "external", True)
    assert saved["previous"] == 0
    assert store.undo("25").summary == "old"
    with pytest.raises(Invalid):
        store.undo("25")
    assert rows(path)["25"] == "old"


def test_undo_never_removes_a_row_that_the_file_had(path: Path) -> None:
    path.write_bytes(USERS.encode())
    store = SummaryStore(path)
    with pytest.raises(Invalid):
        store.undo("1")
    assert rows(path)["1"] == "a\nb"


def test_rows_of_the_file_are_listed_last_with_the_time_of_the_file(path: Path) -> None:
    path.write_bytes(USERS.encode())
    os.utime(path, (1_780_000_000, 1_780_000_000))
    store = SummaryStore(path)
    page = store.page(0, 10)
    assert [row.patient_id for row in page.rows] == ["7", "25", "1"]
    assert {row.saved_at for row in page.rows} == {"2026-05-28T20:26:40.000+00:00"}
    save(store, "1", "new")
    assert [row.patient_id for row in store.page(0, 10).rows] == ["1", "7", "25"]
    assert [row.patient_id for row in store.page(0, 10, "janet").rows] == ["1", "25"]


def test_of_two_rows_of_a_patient_the_last_holds_and_the_other_is_remembered(path: Path) -> None:
    path.write_text(f"{HEADER}\n1,Ann,early\n2,Bo,x\n1,Ann,late\n", encoding="utf-8")
    store = SummaryStore(path)
    assert len(store) == 2
    assert text_of(store, "1") == "late"
    save(store, "2", "y")
    assert rows(path) == {"1": "late", "2": "y"}
    assert store.undo("1").summary == "early"
    assert rows(path) == {"1": "early", "2": "y"}
    assert store.verify().ok


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", HEADER.encode()])
def test_an_empty_file_is_a_file_without_rows(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    store = SummaryStore(path)
    assert len(store) == 0
    save(store, "25", "text")
    assert rows(path) == {"25": "text"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"patient_id,name\n1,Ann\n", "no column summary"),
        (b"patient_id;name;summary\n1;Ann;x\n", "separated by semicolons"),
        (b"patient_id,name,summary,summary\n1,Ann,x,y\n", "Row 1 "),
        (HEADER.encode() + b"\n1,Ann,x\n2,Bo,x,more\n", "Row 3 "),
        (HEADER.encode() + b'\n1,Ann,"never ended\n', "Row 2 "),
        (HEADER.encode() + b'\n1,Ann,"ended" early\n', "Row 2 "),
        (HEADER.encode() + "\n1,Zoë,x\n".encode("cp1252"), "not UTF-8"),
        (HEADER.encode() + "\n1,Ann,naïve\n".encode("cp1252"), "not UTF-8"),
    ],
)
def test_another_kind_of_file_is_refused_and_left_alone(
    path: Path, content: bytes, told: str
) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreFailed, match=told) as failed:
        SummaryStore(path)
    assert failed.value.next
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir() if file.suffix != ".lock"] == [path.name]


def test_a_file_that_becomes_malformed_stops_saving_until_it_is_mended(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "text")
    good = path.read_bytes()
    path.write_bytes(good + b'"26","unfinished')
    with pytest.raises(StoreFailed, match="Row 3 "):
        save(store, "26", "other")
    with pytest.raises(StoreFailed, match="Row 3 "):
        store.get("25")
    assert path.read_bytes() == good + b'"26","unfinished'
    path.write_bytes(good)
    save(store, "26", "other")
    assert rows(path) == {"25": "text", "26": "other"}


# A person edits the file.


def edit(path: Path, old: str, new: str) -> None:
    data = path.read_bytes()
    assert old.encode() in data
    path.write_bytes(data.replace(old.encode(), new.encode()))


def test_an_edit_by_hand_is_kept_and_can_be_undone(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "ours")
    save(store, "26", "other")
    edit(path, "ours", "theirs")
    assert text_of(store, "25") == "theirs"
    assert store.page(0, 1).rows[0].patient_id == "25"
    save(store, "26", "newer")
    assert rows(path) == {"25": "theirs", "26": "newer"}
    found = next(line for line in history(path) if line["summary"] == "theirs")
    assert (found["how"], found["found_in_file"]) == ("external", True)
    assert store.undo("25").summary == "ours"
    assert rows(path)["25"] == "ours"


def test_an_edit_by_hand_is_recorded_before_a_save_replaces_it(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "ours")
    edit(path, "ours", "theirs")
    save(store, "25", "ours again")
    assert rows(path) == {"25": "ours again"}
    assert store.undo("25").summary == "theirs"
    assert store.undo("25").summary == "ours"


def test_an_edit_while_no_store_is_open_is_kept(path: Path) -> None:
    save(SummaryStore(path), "25", "ours")
    edit(path, "ours", "theirs")
    store = SummaryStore(path)
    assert text_of(store, "25") == "theirs"
    save(store, "26", "other")
    assert rows(path)["25"] == "theirs"


def test_a_row_that_a_person_adds_is_a_summary(path: Path) -> None:
    store, other = SummaryStore(path), SummaryStore(path)
    save(store, "25", "ours")
    assert text_of(other, "25") == "ours"
    with path.open("a", encoding="utf-8") as file:
        file.write("26,Bo,theirs\n")
    save(store, "27", "more")
    for each in (store, other, SummaryStore(path)):
        assert text_of(each, "26") == "theirs"
        assert len(each) == 3


def test_a_row_that_came_back_after_undo_is_a_summary(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "ours")
    store.undo("25")
    with path.open("a", encoding="utf-8") as file:
        file.write("25,Janet Lee,theirs\n")
    assert text_of(store, "25") == "theirs"
    assert len(store) == 1
    save(store, "26", "other")
    assert rows(path) == {"25": "theirs", "26": "other"}
    assert text_of(SummaryStore(path), "25") == "theirs"


@pytest.mark.slow
def test_a_spreadsheet_that_was_open_meanwhile_takes_nothing_away(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "one")
    save(store, "26", "old")
    opened = path.read_bytes()
    save(store, "25", "two")
    save(store, "27", "new")
    path.write_bytes(opened.replace(b"old", b"edited"))
    assert text_of(store, "25") == "two"
    assert text_of(store, "26") == "edited"
    assert text_of(store, "27") == "new"
    save(store, "28", "more")
    assert rows(path) == {"25": "two", "26": "edited", "27": "new", "28": "more"}


@pytest.mark.slow
def test_a_spreadsheets_own_quoting_and_line_ends_are_no_edit(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "one\r\ntwo")
    save(store, "26", "long " * 10_000)
    cut = ("long " * 10_000)[:32_767]
    path.write_text(f'{HEADER}\n25,Janet Lee,"one\ntwo"\n26,Janet Lee,{cut}\n', encoding="utf-8")
    assert text_of(store, "25") == "one\r\ntwo"
    assert text_of(store, "26") == "long " * 10_000
    save(store, "27", "more")
    assert rows(path)["26"] == "long " * 10_000
    assert not any(line["found_in_file"] for line in history(path))


def test_a_file_that_was_deleted_is_written_anew(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "one")
    path.unlink()
    assert text_of(store, "25") == "one"
    assert rows_after_opening(path) == {"25": "one"}


def rows_after_opening(path: Path) -> dict[str, str]:
    SummaryStore(path).close()
    return rows(path)


def test_a_history_that_was_deleted_leaves_the_file_as_it_is(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "one")
    save(store, "26", "two")
    path.with_name("patient_summaries.history.jsonl").unlink()
    assert text_of(store, "25") == "one"
    save(store, "26", "three")
    assert rows(path) == {"25": "one", "26": "three"}
    assert store.undo("26").summary == "two"


# Several at once.


def test_stores_on_one_file_see_each_others_writes(path: Path) -> None:
    first, second = SummaryStore(path), SummaryStore(path)
    save(first, "25", "one")
    assert text_of(second, "25") == "one"
    save(second, "25", "two")
    assert text_of(first, "25") == "two"
    first.undo("25")
    assert text_of(second, "25") == "one"
    second.undo("25")
    assert (len(first), len(second)) == (0, 0)
    assert rows(path) == {}


@pytest.mark.slow
def test_rows_of_the_file_that_another_store_moved_are_found(path: Path) -> None:
    store, other = SummaryStore(path), SummaryStore(path)
    save(store, "1", "one")
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write("2,Bo,two\r\n3,Cy,three\r\n")
    save(store, "4", "four")
    assert text_of(other, "2") == "two"
    store.undo("1")
    assert [text_of(other, id) for id in "1234"] == [None, "two", "three", "four"]
    save(store, "5", "five")
    store.undo("5")
    save(other, "3", "new")
    assert [line["summary"] for line in history(path) if line["found_in_file"]] == ["three"]
    assert rows(path) == {"2": "two", "3": "new", "4": "four"}


def test_a_rewriting_by_another_store_is_not_read_again(path: Path) -> None:
    first, second = SummaryStore(path), SummaryStore(path)
    save(first, "25", "one")
    save(second, "26", "two")
    damaged = path.stat()
    path.write_bytes(b"x" * damaged.st_size)
    os.utime(path, ns=(damaged.st_atime_ns, damaged.st_mtime_ns))
    assert text_of(first, "26") == "two"


@pytest.mark.slow
def test_threads_and_stores_at_once_lose_no_update(path: Path) -> None:
    stores = [SummaryStore(path) for _ in range(3)]

    def work(number: int) -> None:
        save(stores[number % 3], str(number % 7), f"text {number}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(60)))
    texts = [line["summary"] for line in history(path)]
    assert sorted(texts) == sorted(f"text {number}" for number in range(60))
    last = {line["patient_id"]: line["summary"] for line in history(path)}
    assert rows(path) == last
    for store in stores:
        assert {row.patient_id: row.summary for row in store.page(0, 10).rows} == last
        assert store.verify().ok


@pytest.mark.slow
def test_outside_readers_see_whole_files_only(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "0", "x" * 5000)
    stop = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not stop.is_set():
            table = pd.read_csv(io.BytesIO(path.read_bytes()), dtype=str)
            assert set(table.summary.str.len()) == {5000}
            assert table.patient_id.is_unique
            seen.append(len(table))

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        for number in range(30):
            save(store, str(number % 10), "x" * 5000)
        stop.set()
        reading.result(timeout=10)
    assert seen == sorted(seen)


@pytest.mark.slow
def test_a_lock_that_is_held_too_long_is_an_error_that_says_so(path: Path) -> None:
    store = SummaryStore(path, lock_seconds=0.05)
    save(store, "25", "one")
    with (
        FileLock(path.with_name("patient_summaries.history.jsonl.lock")),
        pytest.raises(StoreFailed, match="held the summaries for too long; nothing was saved"),
    ):
        save(store, "25", "two")
    assert text_of(store, "25") == "one"
    with (
        FileLock(path.with_name("patient_summaries.csv.lock")),
        pytest.raises(StoreFailed, match="too long; what was saved is kept in the history"),
    ):
        save(store, "25", "three")
    assert rows(path) == {"25": "one"}
    assert text_of(store, "25") == "three"
    store.close()
    assert rows(path) == {"25": "three"}


# When the disk refuses.


def test_a_full_disk_saves_nothing_and_leaves_everything(path: Path) -> None:
    save(SummaryStore(path), "25", "one")
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    full = SummaryStore(path, disk=FaultyDisk({1: "ENOSPC"}))
    with pytest.raises(StoreFailed, match="disk is full; nothing was saved") as failed:
        save(full, "25", "two")
    assert "Free some space" in failed.value.next
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    assert text_of(full, "25") == "one"


def test_a_disk_that_fills_up_during_the_rewriting_keeps_the_summary(path: Path) -> None:
    save(SummaryStore(path), "25", "one")
    full = SummaryStore(path, disk=FaultyDisk({5: "ENOSPC"}), rewrite_seconds=60)
    before = path.read_bytes()
    with pytest.raises(StoreFailed, match="disk is full; what was saved is kept in the history"):
        save(full, "25", "two")
    assert path.read_bytes() == before
    assert text_of(full, "25") == "two"
    save(full, "26", "more")
    assert rows(path) == {"25": "two", "26": "more"}
    full.close()


def test_a_read_only_file_is_not_replaced(path: Path) -> None:
    store = SummaryStore(path)
    save(store, "25", "one")
    path.chmod(0o444)
    with pytest.raises(StoreFailed, match="read-only; nothing was saved"):
        save(store, "25", "two")
    with pytest.raises(StoreFailed, match="read-only"):
        store.undo("25")
    assert text_of(store, "25") == "one"
    assert len(history(path)) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_read_only_folder_can_be_read(path: Path) -> None:
    save(SummaryStore(path), "25", "one")
    for lock in path.parent.glob("*.lock"):
        lock.unlink()
    path.parent.chmod(0o555)
    store = SummaryStore(path)
    assert text_of(store, "25") == "one"
    with pytest.raises(StoreFailed, match="may not be written"):
        save(store, "25", "two")
    path.parent.chmod(0o755)


def test_a_folder_that_refuses_is_named_in_words(path: Path) -> None:
    store = SummaryStore(path, disk=FaultyDisk({0: "EACCES"}))
    with pytest.raises(StoreFailed, match="may not be written here; nothing was saved"):
        save(store, "25", "one")
    assert not path.exists()


@pytest.mark.slow
def test_a_spreadsheet_that_holds_the_file_leads_to_a_pending_file(path: Path) -> None:
    save(SummaryStore(path), "25", "one")
    disk = HeldDisk(path.name)
    store = SummaryStore(path, disk=disk, replace_seconds=0.1, rewrite_seconds=60)
    saved = store.save("25", "Janet Lee", "two", how="edited")
    pending = path.with_name("patient_summaries.pending.csv")
    assert "patient_summaries.pending.csv" in saved.notice
    assert str(path.parent) not in saved.notice
    assert (rows(path), rows(pending)) == ({"25": "one"}, {"25": "two"})
    assert text_of(store, "25") == "two"
    assert store.undo("25").notice
    save(store, "25", "three")
    disk.held = None
    store.close()
    assert rows(path) == {"25": "three"}
    assert not pending.exists()


@pytest.mark.slow
def test_a_spreadsheet_is_waited_for_once(path: Path) -> None:
    save(SummaryStore(path), "25", "one")
    disk = HeldDisk(path.name)
    store = SummaryStore(path, disk=disk, replace_seconds=0.2, rewrite_seconds=60)
    save(store, "25", "two")
    tried = disk.tries
    save(store, "25", "three")
    assert tried > 1
    assert disk.tries == tried + 1
    disk.held = None
    store.close()
    assert rows(path) == {"25": "three"}


@pytest.mark.slow
def test_what_a_spreadsheet_held_back_is_put_in_place_by_itself(path: Path) -> None:
    disk = HeldDisk(path.name)
    store = SummaryStore(path, disk=disk, replace_seconds=0, rewrite_seconds=0.05)
    assert store.save("25", "Janet Lee", "one", how="edited").notice
    disk.held = None
    wait_for(path.exists)
    assert rows(path) == {"25": "one"}
    store.close()


def wait_for(happened: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.01)


# Large files.


@pytest.fixture
def large(path: Path) -> Iterator[SummaryStore]:
    """A store for which every file is a large one."""
    save(SummaryStore(path), "1", "one")
    store = SummaryStore(path, small=0, rewrite_seconds=0.05)
    yield store
    store.close()


@pytest.mark.slow
def test_a_large_file_is_rewritten_within_the_stated_time(path: Path, large: SummaryStore) -> None:
    save(large, "2", "two")
    assert text_of(large, "2") == text_of(SummaryStore(path, small=0), "2") == "two"
    wait_for(lambda: rows(path) == {"1": "one", "2": "two"})


@pytest.mark.slow
def test_a_large_file_is_up_to_date_after_close(path: Path) -> None:
    save(SummaryStore(path), "1", "one")
    store = SummaryStore(path, small=0, rewrite_seconds=3600)
    for number in range(5):
        save(store, "2", f"text {number}")
    assert rows(path) == {"1": "one"}
    store.close()
    assert rows(path) == {"1": "one", "2": "text 4"}


def test_a_large_file_that_was_left_behind_is_recovered(path: Path) -> None:
    save(SummaryStore(path), "1", "one")
    crashed = SummaryStore(path, small=0, rewrite_seconds=3600)
    save(crashed, "2", "two")
    crashed.undo("1")
    assert rows(path) == {"1": "one"}
    recovered = SummaryStore(path)
    assert rows(path) == {"2": "two"}
    assert len(recovered) == 1


def test_a_recovery_that_fails_is_told_to_the_log_and_not_to_who_opens(
    path: Path, log: BufferingHandler
) -> None:
    save(SummaryStore(path), "1", "one")
    path.unlink()
    store = SummaryStore(path, disk=FaultyDisk({0: "ENOSPC"}), rewrite_seconds=3600)
    assert text_of(store, "1") == "one"
    assert "behind its history: The disk is full" in logged(log)
    store.close()
    assert rows(path) == {"1": "one"}


@pytest.mark.slow
def test_a_background_failure_is_tried_again(path: Path, log: BufferingHandler) -> None:
    save(SummaryStore(path), "1", "one")
    store = SummaryStore(
        path, small=0, rewrite_seconds=0.02, disk=FaultyDisk({5: "ENOSPC", 10: "EIO"})
    )
    save(store, "2", "Confidential")
    wait_for(lambda: rows(path) == {"1": "one", "2": "Confidential"})
    store.close()
    assert "behind its history" in logged(log)
    assert "Confidential" not in logged(log)


# How a summary came about.


def test_several_summaries_are_saved_by_one_write(path: Path) -> None:
    store, origin = SummaryStore(path), Origin(how="generated", model="phi")
    save(store, "2", "before")
    saved = store.save_all([Unsaved(id, "Ann", f"text {id}", origin) for id in ("1", "2", "3")])
    assert [one.replaced for one in saved] == [False, True, False]
    assert rows(path) == {"1": "text 1", "2": "text 2", "3": "text 3"}
    assert store.undo("2").summary == "before"
    assert store.save_all([]) == []


def test_a_summary_keeps_how_it_came_about(path: Path) -> None:
    store = SummaryStore(path)
    assert store.origin("1") is None
    store.save("1", "Ann", "A", how="generated", model="phi", record="r", wording="p")
    origin = Origin(how="generated", model="phi", record="r", wording="p")
    assert store.origin(" 1 ") == SummaryStore(path).origin("1") == origin
    save(store, "1", "mine")
    assert store.origin("1") == Origin(how="external")
    store.undo("1")
    assert store.origin("1") == origin
    store.undo("1")
    assert store.origin("1") is None


def test_a_text_that_was_typed_into_the_file_is_nobodys(path: Path) -> None:
    store = SummaryStore(path)
    store.save("1", "Ann", "A", how="generated", model="phi")
    path.write_text(f"{HEADER}\n1,Ann,typed\n")
    assert store.origin("1") == Origin(how="external")
