from pathlib import Path

import pytest

from mcp_kernel_tools.errors import KernelToolsError
from mcp_kernel_tools.id_file import read_ids


def ids(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "ids"
    path.write_text(text, encoding="utf-8")
    return read_ids(path)


@pytest.mark.parametrize(
    "text",
    [
        "name,patient_id\nJanet,25\nJerry, 11 \nNobody,\n",
        "\ufeffPatient;MRN\r\nJanet;25\r\nJerry;11\r\n",
        "Patient\tPatient ID\nJanet\t25\nJerry\t11\n",
        "patient;id\nJanet;25\nJerry;11\n",
        'id,notes\n25,"two\nlines"\n11,\n',
        "\nmrn\n25\n11\n",
    ],
)
def test_a_table_is_read_by_its_column_of_ids(tmp_path: Path, text: str) -> None:
    assert ids(tmp_path, text) == ["25", "11"]


@pytest.mark.parametrize(
    "text", ["25\n\n11\n", "25,11", "25;11\r\n", "25 11", " 25\t11 ", '"25", "11",\n']
)
def test_without_a_header_every_word_is_an_id(tmp_path: Path, text: str) -> None:
    assert ids(tmp_path, text) == ["25", "11"]


@pytest.mark.parametrize("content", [b"", b"patient_id\n", b"\xff\xfe\x00"])
def test_a_file_without_ids_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(content)
    with pytest.raises(KernelToolsError, match=r"ids\.csv"):
        read_ids(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KernelToolsError, match=r"none\.csv cannot be read \(FileNotFoundError"):
        read_ids(tmp_path / "none.csv")
