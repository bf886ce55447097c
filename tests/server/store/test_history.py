"""The log of writes: what is added stays, what was cut is nobody's."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.store.csv_format import storable
from server.store.disk import Disk
from server.store.history import (
    Brief,
    Entry,
    History,
    _brief,
    brief,
    checksum,
    decode,
    encode,
)

TEXTS = st.text().map(storable)


def entry(patient_id: str = "25", summary: str | None = "text", **more: object) -> Entry:
    fields = {
        "patient_id": patient_id,
        "name": "Ann",
        "crc": checksum("Ann", summary or ""),
        "how": "generated",
        "time": "2026-05-28T20:26:40.250+00:00",
        "summary": summary,
    }
    return Entry(**(fields | more))  # type: ignore[arg-type]  # the fields of an entry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def opened(path: Path, *, thorough: bool = False) -> History:
    return History(path, Disk(), thorough=thorough)


def ids(history: History) -> list[str]:
    return [news.patient_id for news in history.news()]


def test_what_is_added_is_read_by_others_once(path: Path) -> None:
    writer, reader = opened(path), opened(path)
    writer.append([entry("1"), entry("2")])
    assert reader.changed()
    assert ids(reader) == ["1", "2"]
    assert not reader.changed()
    list(writer.news())
    writer.append([entry("3")])
    assert ids(reader) == ["3"]
    assert not writer.changed()


def test_an_entry_is_found_where_it_begins(path: Path) -> None:
    history = opened(path)
    first, second = history.append([entry("1", "é\n"), entry("2")])
    assert history.entry(first.at).summary == "é\n"
    assert history.entry(second.at).patient_id == "2"
    assert second.at == len(encode(entry("1", "é\n")))
    with pytest.raises(ValueError, match=r"Expecting value|Extra data"):
        history.entry(second.at + 1)


def test_a_line_is_json_that_names_what_happened_first(path: Path) -> None:
    history = opened(path)
    history.append([entry(model="phi", previous=7)])
    line = json.loads(path.read_text(encoding="utf-8"))
    assert list(line)[:4] == ["patient_id", "name", "crc", "how"]
    assert (line["model"], line["previous"], line["summary"]) == ("phi", 7, "text")


def test_the_end_that_was_cut_is_ignored_and_then_taken_away(path: Path) -> None:
    opened(path).append([entry("1")])
    whole = path.read_bytes()
    path.write_bytes(whole + encode(entry("2"))[:-1])
    history = opened(path)
    assert ids(history) == ["1"]
    history.append([entry("3")])
    assert path.read_bytes() == whole + encode(entry("3"))


def test_what_takes_the_place_of_a_cut_end_is_read_though_it_is_as_long(path: Path) -> None:
    reader = opened(path)
    opened(path).append([entry("1")])
    whole = path.read_bytes()
    path.write_bytes(whole + b"x" * len(encode(entry("2"))))
    assert ids(reader) == ["1"]
    writer = opened(path)
    list(writer.news())
    writer.append([entry("2")])
    assert reader.changed()
    assert ids(reader) == ["2"]


def test_a_line_that_never_reached_the_disk_is_not_damage(path: Path) -> None:
    line = encode(entry("2"))
    path.write_bytes(encode(entry("1")) + b"\0" * 30 + line[30:] + encode(entry("3")))
    history = opened(path)
    assert ids(history) == ["1", "3"]
    assert (history.cut, history.damaged, history.entries) == (1, {}, 2)


def test_a_damaged_line_is_passed_over_and_named(path: Path) -> None:
    damaged = encode(entry("2")).replace(b"text", b"tezt")
    path.write_bytes(encode(entry("1")) + damaged + b"[]\n" + encode(entry("3")))
    history = opened(path)
    assert ids(history) == ["1", "3"]
    start = len(encode(entry("1")))
    assert history.damaged == {start: len(damaged), start + len(damaged): 3}


def test_damaged_lines_are_put_aside_and_the_others_stay_where_they_are(path: Path) -> None:
    damaged = encode(entry("2")).replace(b"text", b"tezt")
    path.write_bytes(encode(entry("1")) + damaged + encode(entry("3")))
    history = opened(path)
    before = list(history.news())
    history.set_aside(path.with_name("damaged.jsonl"))
    assert path.with_name("damaged.jsonl").read_bytes() == damaged
    again = opened(path, thorough=True)
    assert list(again.news()) == before
    assert again.damaged == {}


def test_another_file_in_its_place_is_noticed(path: Path) -> None:
    history = opened(path)
    assert not history.replaced()
    history.append([entry("1"), entry("2")])
    other = path.with_name("other")
    opened(other).append([entry("3")])
    other.replace(path)
    assert history.replaced()
    history.forget()
    assert ids(history) == ["3"]


def test_a_history_that_lost_its_end_is_noticed(path: Path) -> None:
    history = opened(path)
    history.append([entry("1"), entry("2")])
    path.write_bytes(encode(entry("1")))
    assert history.replaced()


def test_a_history_that_is_missing_is_empty(path: Path) -> None:
    history = opened(path)
    assert not history.changed()
    assert ids(history) == []
    assert not path.exists()


@pytest.mark.slow
@given(TEXTS, TEXTS, st.sampled_from(["generated", "undone"]), st.none() | st.integers(0, 10**12))
def test_the_quick_look_at_a_line_agrees_with_the_thorough_one(
    patient_id: str, name: str, how: str, restored: int | None
) -> None:
    line = encode(
        entry(patient_id, None, name=name, how=how, restored=restored, found_in_file=bool(restored))
    )
    assert _brief(7, line) == brief(7, decode(line))


def test_fields_of_another_version_are_passed_over(path: Path) -> None:
    line = encode(entry()).replace(b'"model":null', b'"mood":"good"')
    assert decode(line) == entry()


@given(TEXTS, TEXTS, TEXTS)
def test_any_entry_makes_the_round_trip_in_one_line(patient_id: str, name: str, text: str) -> None:
    written = entry(patient_id, text, name=name, crc=checksum(name, text))
    line = encode(written)
    assert line.count(b"\n") == 1
    assert decode(line) == written


@pytest.mark.slow
def test_a_large_history_is_read_by_its_first_fields(path: Path) -> None:
    long = "numb, " * 1000
    entries = [entry(str(number), long) for number in range(200)]
    entries[7] = entry('seven "7"', long)
    path.write_bytes(b"".join(map(encode, entries)))
    found = list(opened(path).news())
    assert path.stat().st_size > 1 << 20
    assert found == list(opened(path, thorough=True).news())
    assert found[7].patient_id == 'seven "7"'
    assert found[8] == Brief(
        at=found[7].at + len(encode(entries[7])),
        patient_id="8",
        name="Ann",
        crc=checksum("Ann", long),
        removed=False,
        found_in_file=False,
    )
