import json
import os
from pathlib import Path

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
