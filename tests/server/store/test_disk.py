"""The operations by which a summary reaches the disk."""

import os
import stat
from pathlib import Path

import pytest

from server.store.disk import Disk


class OneByteDisk(Disk):
    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        return super().write(descriptor, data[:1])


def test_short_writes_are_continued(tmp_path: Path) -> None:
    disk = OneByteDisk()
    descriptor = disk.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    disk.write_all(descriptor, b"one\r\ntwo\n\x1a\0")
    disk.sync(descriptor)
    disk.close(descriptor)
    assert (tmp_path / "file").read_bytes() == b"one\r\ntwo\n\x1a\0"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_new_files_are_their_owners_alone(tmp_path: Path) -> None:
    disk = Disk()
    disk.close(disk.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT))
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_folders_are_made_with_their_parents(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    Disk().make_folder(folder)
    Disk().make_folder(folder)
    assert folder.is_dir()


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    Disk().remove(tmp_path / "file")


def test_a_file_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    Disk().replace(tmp_path / "new", tmp_path / "old")
    Disk().sync_folder(tmp_path)
    assert (tmp_path / "old").read_text() == "new"
