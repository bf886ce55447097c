import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.running import (
    RunningServer,
    process_exists,
    running_servers,
    runtime_file,
    runtime_folder,
    version_of,
)
from server.runtime_file import announced
from server.runtime_file import runtime_folder as folder_of_the_server
from server.runtime_file import version_of as version_at_the_server


def facts(**given: Any) -> dict[str, Any]:
    return {
        "url": "ws://127.0.0.1:1/mcp",
        "token": "secret",
        "pid": os.getpid(),
        "parent_pid": None,
        "patients": "/p.csv",
        "summaries": "/s.csv",
        "model": "auto",
        "columns": None,
        "started": "2026-11-22T12:00:00+00:00",
        "something newer": 1,
    } | given


def test_looks_where_servers_say_that_they_run() -> None:
    for environ in ({}, {"MCP_KERNEL_TOOLS_RUNTIME": "/somewhere"}):
        assert runtime_folder(environ) == folder_of_the_server(environ)


def test_reads_what_a_server_announces(tmp_path: Path) -> None:
    with announced(tmp_path, facts()) as path:
        assert path == runtime_file(tmp_path, os.getpid())
        server = RunningServer.read(path)
    assert server
    assert (server.token, server.model) == ("secret", "auto")
    assert RunningServer.read(path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1}'])
def test_passes_over_a_file_that_is_not_whole(tmp_path: Path, text: str) -> None:
    path = tmp_path / "server-1.json"
    path.write_text(text)
    assert RunningServer.read(path) is None
    assert list(running_servers(tmp_path)) == []


def test_finds_the_servers_that_answer_the_newest_first(server: Server, tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    announcements = [
        facts(url=server.url, pid=os.getpid(), started="1"),
        facts(url=server.url, pid=server.pid, started="2"),
        facts(url=server.url, pid=dead.pid, started="3"),  # its process is gone
        facts(url="ws://127.0.0.1:1/mcp", pid=os.getppid(), started="4"),  # nothing answers
    ]
    for said in announcements:
        runtime_file(tmp_path, said["pid"]).write_text(json.dumps(said))
    assert [found.started for found in running_servers(tmp_path)] == ["2", "1"]


def test_believes_nothing_where_others_can_write(server: Server, tmp_path: Path) -> None:
    runtime_file(tmp_path, server.pid).write_text(json.dumps(facts(url=server.url, pid=server.pid)))
    assert len(list(running_servers(tmp_path))) == 1
    tmp_path.chmod(0o777)
    assert list(running_servers(tmp_path)) == []


def test_asks_a_server_for_its_health(server: Server) -> None:
    known = RunningServer(**{k: v for k, v in facts(url=server.url).items() if k[0:4] != "some"})
    health = known.health()
    assert health
    assert health["model"]["state"] == "ready"


@pytest.mark.slow
def test_knows_which_processes_exist() -> None:
    assert process_exists(os.getpid())
    assert process_exists(1)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    assert not process_exists(dead.pid)


def test_tells_a_changed_file_as_the_server_does(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    assert version_of(path) == version_at_the_server(path) == ""
    assert version_of(tmp_path) == version_at_the_server(tmp_path) == ""
    path.write_text("patient_id\n1\n")
    before = version_of(path)
    assert before == version_at_the_server(path)
    os.utime(path, ns=(0, 1))
    assert before != version_of(path) == version_at_the_server(path)
