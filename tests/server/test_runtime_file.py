import json
import os
import sys
from pathlib import Path

import pytest

from server.runtime_file import announced, runtime_folder


def test_a_running_server_is_announced_to_its_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "runtime"
    with announced(folder, {"url": "ws://127.0.0.1:1/mcp", "token": "secret"}) as path:
        assert json.loads(path.read_text())["token"] == "secret"
        assert path.name == f"server-{os.getpid()}.json"
        assert path.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.iterdir()) == []


def test_a_file_that_a_crash_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / f"server-{os.getpid()}.json").write_text("old")
    with announced(tmp_path, {"pid": 1}) as path:
        assert json.loads(path.read_text()) == {"pid": 1}


def test_the_folder_can_be_named(tmp_path: Path) -> None:
    assert runtime_folder({"MCP_KERNEL_TOOLS_RUNTIME": str(tmp_path)}) == tmp_path
    assert runtime_folder({}).parts[-2:] == ("mcp-kernel-tools", "runtime")


POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and owners are POSIX's")


@POSIX
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770, 0o720])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(PermissionError, match="chmod 700"), announced(tmp_path, {}):
        pass
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_a_folder_of_another_user_is_refused_by_whatever_name(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 65534, 65534)
    ours.symlink_to(theirs)
    for folder in (theirs, ours):
        with pytest.raises(PermissionError), announced(folder, {}):
            pass


@POSIX
@pytest.mark.parametrize("suffix", [".json", ".new"])
def test_a_link_that_lies_in_wait_is_replaced_and_not_followed(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / "target"
    target.write_text("untouched")
    (tmp_path / f"server-{os.getpid()}{suffix}").symlink_to(target)
    with announced(tmp_path, {"token": "secret"}) as path:
        assert not path.is_symlink()
        assert path.stat().st_mode & 0o777 == 0o600
    assert target.read_text() == "untouched"
