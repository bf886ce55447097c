"""Cells, rows, and how a file is cut into them."""

import csv
import io
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.errors import StoreFailed
from server.store import csv_format
from server.store.csv_format import COLUMNS, NEW, Layout, Text, escape, read, storable, unescape
from server.store.history import checksum
from server.store.refusals import Malformed

NASTY = st.text(st.sampled_from("'=+-@\t\r\n\",a1.\uff1d\uff0b\uff0d\uff20 "))
ANY = st.text().map(storable)


@pytest.mark.slow
@given(NASTY | ANY)
@example("'-5")
@example("-5")
@example("''=")
def test_escaping_is_undone_exactly(text: str) -> None:
    assert unescape(escape(text)) == text


@pytest.mark.slow
@given(NASTY | ANY, NASTY | ANY)
def test_different_texts_have_different_cells(first: str, second: str) -> None:
    assert (first == second) == (escape(first) == escape(second))


@pytest.mark.parametrize("start", "=+-@\t\r\n＝＋－＠")
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(start: str) -> None:
    assert escape(f"{start}cmd") == f"'{start}cmd"
    assert escape(f"'{start}cmd") == f"''{start}cmd"


@pytest.mark.parametrize(
    "text", ["", "-5", "+4.25", "-0", "numb", "'quoted'", "it's", "a=b", "’=x"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize("text", ["-5\n", "-٣", "-5.", "--5", "-1e5"])
def test_what_only_resembles_a_number_is_escaped(text: str) -> None:
    assert escape(text) == f"'{text}"


def test_storable_texts_are_utf8_without_nul() -> None:
    assert storable("a\0b\udfffc\U0001f600") == "a\ufffdb\ufffdc\U0001f600"


@pytest.mark.slow
@given(NASTY | ANY, NASTY | ANY, NASTY | ANY, st.sampled_from(["\n", "\r\n"]))
def test_a_row_makes_the_round_trip(id: str, name: str, summary: str, line_end: str) -> None:
    layout = Layout(b"", ("summary", "further", "patient_id", "name"), line_end)
    row = layout.new_row(id, Text(name, summary))
    assert layout.text(row) == (name, summary)
    changed = layout.changed_row(row, Text("other", "text"))
    assert layout.cells(changed) == ["text", "", escape(id), "other"]


def cut(data: bytes) -> tuple[Layout, csv_format.Rows]:
    return read(io.BytesIO(data))


HEADER = b"patient_id,name,summary\r\n"


def test_a_file_is_cut_into_rows() -> None:
    data = HEADER + b'1,Ann,x\r\n" 2 ","Bo ""B""","a\r\nb"\r\n\r\n\'=3,\'+,"\'-\n"\r\n'
    layout, rows = cut(data)
    assert (layout.head, layout.columns, layout.line_end) == (HEADER, COLUMNS, "\r\n")
    assert rows.ids == ["1", "2", "", "=3"]
    assert rows.names == ["Ann", 'Bo "B"', "", "+"]
    assert rows.crcs[1] == checksum('Bo "B"', "a\r\nb")
    assert rows.crcs[3] == checksum("+", "-\n")
    assert [data[a:b] for a, b in zip(rows.starts, rows.starts[1:], strict=False)] == [
        b"1,Ann,x\r\n",
        b'" 2 ","Bo ""B""","a\r\nb"\r\n',
        b"\r\n",
        b"'=3,'+,\"'-\n\"\r\n",
    ]
    assert not rows.open_end


def test_a_last_row_without_a_line_end_is_noticed() -> None:
    layout, rows = cut(b"patient_id,name,summary\n1,Ann,x")
    assert (rows.ids, rows.open_end, layout.line_end) == (["1"], True, "\n")


def test_a_header_without_a_line_end_gets_one() -> None:
    layout, rows = cut(HEADER.strip())
    assert (layout.head, rows.ids) == (HEADER, [])


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\r\n"])
def test_an_empty_file_gets_the_header_of_a_new_one(data: bytes) -> None:
    assert cut(data)[0] == NEW


def test_the_header_may_be_quoted_and_spaced_and_have_a_byte_order_mark() -> None:
    layout, rows = cut('\ufeff"patient_id", name ,"a, ""b""",summary\n1,Ann,x,y\n'.encode())
    assert layout.columns == ("patient_id", "name", 'a, "b"', "summary")
    assert rows.names == ["Ann"]


CELLS: Any = st.lists(
    st.tuples(*[st.text(st.sampled_from("ab\"',\r\n =é"), max_size=5)] * 4), max_size=8
)


@pytest.mark.slow
@settings(max_examples=300)
@given(
    CELLS,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.booleans(),
    st.integers(1, 40),
)
def test_rows_are_cut_as_the_csv_module_reads_them(
    cells: list[tuple[str, ...]], line_end: str, quoting: Any, open_end: bool, block: int
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(
        written, lineterminator="\r\n" if line_end == "\r\n" else "\n", quoting=quoting
    )
    writer.writerow(["name", "patient_id", "more", "summary"])
    if quoting == csv.QUOTE_MINIMAL:  # which leaves a bare CR unquoted where rows end with LF
        cells = [tuple(cell.replace("\r", "") for cell in row) for row in cells]
    writer.writerows(cells)
    text = written.getvalue()
    if open_end:
        text = text.removesuffix(line_end)
    read_by_csv = list(csv.reader(io.StringIO(text, newline="")))[1:]
    layout, rows = read(SmallReads(text.encode(), block))
    data = text.encode()
    assert [
        layout.cells(data[a:b]) for a, b in zip(rows.starts, rows.starts[1:], strict=False)
    ] == (read_by_csv)
    assert rows.ids == [unescape(row[1]).strip() for row in read_by_csv]
    assert rows.crcs == [checksum(unescape(row[0]), unescape(row[3])) for row in read_by_csv]


class SmallReads(io.BytesIO):
    """Gives the header and then a few bytes at a time, so that rows are cut across blocks."""

    def __init__(self, data: bytes, block: int) -> None:
        super().__init__(data)
        self.block = block

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.block if self.tell() else 60)


@pytest.mark.parametrize(
    ("rest", "row"),
    [
        (b"1,Ann\n", 2),
        (b"1,Ann,x\n2,Bo,x,y\n", 3),
        (b'1,Ann,"x\n2,Bo,y\n', 2),
        (b'1,Ann,"x"y\n', 2),
        (b'1,Ann,x\n2,Bo,y\n3,"Cy"z,w\n', 4),
    ],
)
def test_a_malformed_row_is_named(rest: bytes, row: int) -> None:
    data = b"patient_id,name,summary\n" + rest
    with pytest.raises(Malformed, match=f"Row {row} ") as failed:
        cut(data)
    before = data[: failed.value.at]
    assert before.count(b"\n") == row - 1
    assert len(cut(before)[1].ids) == row - 2


def test_an_inch_mark_in_a_plain_cell_is_a_character() -> None:
    _, rows = cut(HEADER + b'1,Ann,5" nail\r\n2,Bo,x\r\n')
    assert rows.ids == ["1", "2"]
    assert rows.crcs[0] == checksum("Ann", '5" nail')


@pytest.mark.parametrize("row", [b"1,Zo\xeb,x\n", b"1,Ann,na\xefve\n", b"\xe9,Ann,x\n"])
def test_what_is_not_utf8_is_refused(row: bytes) -> None:
    with pytest.raises(Malformed, match="not UTF-8"):
        cut(HEADER + row)


def test_missing_columns_are_named() -> None:
    with pytest.raises(StoreFailed, match="no column name and no column summary") as failed:
        cut(b"patient_id,Name\n1,Ann\n")
    assert "patient_id, name, summary" in failed.value.next


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"\xef\xbb\xbfpatient_id;name;summary\r\n", "semicolons"),
        (b'"patient_id";"name";"summary"\r', "semicolons"),
        (b"patient_id\tname\tsummary\tchecked by", "tabs"),
    ],
)
def test_another_sign_between_the_cells_is_named(header: bytes, name: str) -> None:
    with pytest.raises(StoreFailed, match=f"separated by {name}, not by commas") as failed:
        cut(header)
    assert "with commas" in failed.value.next


def test_a_long_cell_is_read() -> None:
    _, rows = cut(HEADER + b"1,Ann," + b"x" * 2_000_000)
    assert rows.crcs == [checksum("Ann", "x" * 2_000_000)]
