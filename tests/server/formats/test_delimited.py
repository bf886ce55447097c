"""CSV files as they come out of spreadsheets, databases and editors."""

from pathlib import Path

import pytest

from server.errors import PatientsUnreadable
from server.formats.delimited import read
from server.formats.report import LoadReport, silent


def rows(path: Path) -> list[list[str]]:
    frame = read(path, LoadReport(), silent)
    return [list(frame.columns), *frame.to_numpy().tolist()]


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_seen_in_the_header(tmp_path: Path, delimiter: str) -> None:
    path = written(tmp_path, f"id{delimiter}name\n1{delimiter}Ada\n")
    assert rows(path) == [["id", "name"], ["1", "Ada"]]


def test_a_comma_inside_quotes_does_not_make_a_column(tmp_path: Path) -> None:
    assert rows(written(tmp_path, 'id;"name, first"\n1;"Lee, Ada; B"\n')) == [
        ["id", "name, first"],
        ["1", "Lee, Ada; B"],
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_line_ends_do_not_matter(tmp_path: Path, line_end: str) -> None:
    path = written(tmp_path, f"\ufeffid,name{line_end}1,Zoë{line_end}")
    assert rows(path) == [["id", "name"], ["1", "Zoë"]]


def test_a_cell_may_hold_lines_and_quotes_and_the_last_line_may_lack_its_end(
    tmp_path: Path,
) -> None:
    assert rows(written(tmp_path, 'id,notes\n1,"one\ntwo ""three"""\n2,x')) == [
        ["id", "notes"],
        ["1", 'one\ntwo "three"'],
        ["2", "x"],
    ]


def test_a_header_with_a_line_break_in_a_name_is_one_header(tmp_path: Path) -> None:
    assert rows(written(tmp_path, 'id,"blood\npressure"\n1,120/80\n')) == [
        ["id", "blood\npressure"],
        ["1", "120/80"],
    ]


def test_blank_lines_before_the_header_and_between_rows_are_no_rows(tmp_path: Path) -> None:
    assert rows(written(tmp_path, "\n\nid,name\n1,Ada\n\n2,Bob\n")) == [
        ["id", "name"],
        ["1", "Ada"],
        ["2", "Bob"],
    ]


def test_no_column_is_lost_to_an_empty_or_repeated_name(tmp_path: Path) -> None:
    assert rows(written(tmp_path, "id,,x,x\n1,a,b,c\n"))[0] == ["id", "column 2", "x", "x (2)"]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_named_so(tmp_path: Path, content: str) -> None:
    with pytest.raises(PatientsUnreadable, match="is empty"):
        rows(written(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [
        "id,name\n1,Zoë\n".encode("latin-1"),
        "id,name\n1,Zoë\n".encode("utf-16"),
        b"id,name\n" + b"1,Ada\n" * 10_000 + b"2,Zo\xeb\n",
    ],
    ids=["Latin-1", "UTF-16", "late in the file"],
)
def test_another_encoding_is_named_so(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PatientsUnreadable, match="not UTF-8"):
        rows(written(tmp_path, content))


def test_a_row_of_another_length_is_an_error_that_quotes_nothing_of_it(tmp_path: Path) -> None:
    with pytest.raises(PatientsUnreadable, match="3 cells where the header has 2") as failure:
        rows(written(tmp_path, "id,name\n1,Ada\n2,Lee,Janet\n"))
    assert "Janet" not in str(failure.value)
    assert failure.value.__cause__ is None
