import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from mcp_kernel_tools import launcher
from mcp_kernel_tools.errors import BadArgument, KernelToolsError, ServerNotRunning
from mcp_kernel_tools.launcher import Server, find_server, server_command, start_server
from mcp_kernel_tools.sync import SyncClient

pytestmark = pytest.mark.slow

Start = Callable[..., Server]

KERNEL = """
import signal
import sys
from mcp_kernel_tools import start_server
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs in background
server = start_server(model=sys.argv[1], port=int(sys.argv[2]))
try:
    print(server.pid, server.url, flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    print("interrupted", server.running, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def kernel() -> Iterator[None]:
    """A kernel that has started no server yet, and leaves none."""
    yield
    if launcher._own:
        launcher._own.stop()
    launcher._own = None


@pytest.fixture
def start(recording: Path) -> Start:
    """`start_server` with the recorded model and a free port."""

    def start(**arguments: Any) -> Server:
        return start_server(**{"model": f"replay:{recording}", "port": 0, **arguments})

    return start


@pytest.fixture
def other_kernel(recording: Path) -> Iterator[Callable[[int], subprocess.Popen[str]]]:
    """Another process that calls `start_server`; its first line says its server's PID and URL."""
    kernels: list[subprocess.Popen[str]] = []

    def begin(port: int = 0) -> subprocess.Popen[str]:
        kernels.append(
            subprocess.Popen(
                [sys.executable, "-c", KERNEL, f"replay:{recording}", str(port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return kernels[-1]

    yield begin
    for kernel in kernels:
        kernel.kill()
        kernel.communicate()


@pytest.fixture
def by_hand(recording: Path) -> Iterator[subprocess.Popen[str]]:
    """A server that somebody started in a terminal."""
    command, environment = server_command()
    flags = ["--model", f"replay:{recording}", "--port", "0"]
    process = subprocess.Popen(
        [*command, *flags], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert "MCP server ready" in process.stdout.readline()
    yield process
    process.terminate()
    process.communicate()


def its_server(kernel: subprocess.Popen[str]) -> tuple[int, str]:
    assert kernel.stdout
    for line in kernel.stdout:
        if line.split()[0].isdigit():
            pid, url = line.split()
            return int(pid), url
    raise AssertionError("the kernel's server did not start")


def test_a_cell_that_is_run_fifty_times_leaves_one_server(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    server = start()
    told = capsys.readouterr().out
    assert "MCP server ready at ws://127.0.0.1:" in told
    assert "The model is ready" in told
    before = len(psutil.Process().children())
    slowest = 0.0
    for _ in range(50):
        began = time.perf_counter()
        assert start() is server
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 0.1
    assert len(psutil.Process().children()) == before
    assert server.running
    assert capsys.readouterr().out == ""


def test_clients_follow_a_server_that_restarts_because_its_arguments_changed(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = start()
    with SyncClient(server) as client:
        assert client.server_status()["patients"] == 200
        first = server.pid
        few = tmp_path / "few.csv"
        few.write_text("patient_id,name\n7,Ann Other\n")
        assert start(patients=few) is server
        assert "The server restarts: other patients." in capsys.readouterr().out
        assert server.pid != first
        assert client.get_patient(7)["name"] == "Ann Other"
    assert not psutil.pid_exists(first)


def test_a_changed_file_is_read_again_and_said(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = tmp_path / "few.csv"
    few.write_text("patient_id,name,Dx\n7,Ann Other,gout\n,Nobody,\n")
    server = start(patients=few)
    told = capsys.readouterr().out
    assert "1 rows without a patient id were left out" in told
    assert "not recognised, kept as they are: Dx" in told
    first = server.pid
    few.write_text("patient_id,name\n7,Ann Changed\n")
    assert start(patients=few) is server
    assert "The server restarts: the file of patients has changed." in capsys.readouterr().out
    assert server.pid != first
    with SyncClient(server) as client:
        assert client.get_patient(7)["name"] == "Ann Changed"
        few.write_text("patient_id,name\n7,Ann Again\n")
        server.restart()
        restarted = server.pid
        assert start(patients=few).pid == restarted
        assert client.get_patient(7)["name"] == "Ann Again"


def test_a_dataframe_serves_like_a_file_and_leaves_none_behind(
    start: Start, tmp_path: Path
) -> None:
    patients = pd.DataFrame({"patient_id": ["007", "8"], "name": ["Ann, B.", 'C "D"']})
    server = start(patients=patients)
    runtime = Path(os.environ["MCP_KERNEL_TOOLS_RUNTIME"])
    assert not list(runtime.glob("*.csv"))
    with SyncClient(server) as client:
        assert list(client.read_patients()["patient_id"]) == ["007", "8"]
        assert start(patients=patients.copy()).pid == (first := server.pid)
        patients.loc[0, "name"] = "Changed"
        assert start(patients=patients).pid != first
        assert client.get_patient("007")["name"] == "Changed"


def test_stops_and_starts_again(start: Start) -> None:
    server = start()
    server.stop()
    assert not server.running
    assert "not running" in repr(server)
    server.restart()
    assert server.running
    assert server.log_path
    assert server.log_path.stat().st_mode & 0o777 == 0o600
    with SyncClient(server) as client:
        assert client.ping() > 0


def test_a_server_that_ends_at_its_start_is_told_in_its_own_words(
    start: Start, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(ServerNotRunning) as caught:
        start(patients=empty)
    assert "patient table is empty" in str(caught.value)
    assert "whole log" in caught.value.next
    assert start().running


def test_a_path_that_is_mistyped_costs_no_server(start: Start, tmp_path: Path) -> None:
    server = start()
    first = server.pid
    with pytest.raises(BadArgument, match=r"'typo\.csv' was not found in /"):
        start(patients="typo.csv")
    assert server.pid == first
    assert start() is server
    with SyncClient(server) as client:
        assert client.ping() > 0


def test_uses_a_server_that_was_started_by_hand_and_leaves_it_running(
    by_hand: subprocess.Popen[str], start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    server = start()
    assert server.pid == by_hand.pid
    found = find_server()
    assert found is not None
    assert found.pid == by_hand.pid
    server.stop()
    assert by_hand.poll() is None
    assert "keeps running" in capsys.readouterr().out
    with pytest.raises(KernelToolsError, match="started elsewhere"):
        server.restart()
    with SyncClient(server) as client:
        assert client.ping() > 0


def test_leaves_a_server_of_other_patients_alone(
    by_hand: subprocess.Popen[str], start: Start, tmp_path: Path
) -> None:
    few = tmp_path / "few.csv"
    few.write_text("patient_id,name\n7,Ann Other\n")
    assert start(patients=few).pid != by_hand.pid
    assert find_server(model="another") is launcher._own


def test_two_kernels_have_two_servers_and_the_second_the_next_port(
    other_kernel: Callable[..., subprocess.Popen[str]], start: Start
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    theirs, url = its_server(other_kernel(port))
    assert f":{port}/" in url
    ours = start(port=port)
    assert ours.pid != theirs
    assert ours.url != url
    assert f"port {port} was taken" in ours.log()
    assert find_server() is ours


@pytest.mark.skipif(sys.platform != "linux", reason="waits for a process that is no child")
def test_a_server_is_gone_within_a_second_when_its_kernel_is_killed(
    other_kernel: Callable[..., subprocess.Popen[str]],
) -> None:
    kernel = other_kernel()
    server, _ = its_server(kernel)
    kernel.kill()
    ended, _, _ = select.select([os.pidfd_open(server)], [], [], 1)
    assert ended


def test_a_server_that_was_started_on_a_thread_outlives_the_thread_and_not_the_process(
    start: Start,
) -> None:
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert launcher._own
    with SyncClient(launcher._own) as client:
        assert client.ping() > 0
    assert launcher._own.running


def test_a_server_survives_the_interrupt_of_its_kernel(
    other_kernel: Callable[..., subprocess.Popen[str]],
) -> None:
    kernel = other_kernel()
    its_server(kernel)
    os.killpg(kernel.pid, signal.SIGINT)
    assert kernel.stdout
    assert kernel.stdout.readline() == "interrupted True\n"


def test_a_start_that_is_interrupted_goes_on_when_the_cell_is_run_again(start: Start) -> None:
    def interrupt() -> None:
        while not (launcher._own and launcher._own._process):
            pass
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        start()
    assert launcher._own
    assert launcher._own._process
    began = launcher._own._process.pid
    assert start().pid == began


def test_two_threads_that_start_it_at_once_share_one_server(start: Start) -> None:
    pids: set[int] = set()
    threads = [threading.Thread(target=lambda: pids.add(start().pid)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 1


def test_writes_nothing_where_others_can(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    monkeypatch.setenv("MCP_KERNEL_TOOLS_RUNTIME", str(tmp_path))
    with pytest.raises(ServerNotRunning, match=r"others can write there too.*chmod 700"):
        start(patients=pd.DataFrame({"patient_id": ["1"]}))
    assert list(tmp_path.iterdir()) == []


def test_says_which_folder_it_cannot_write(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MCP_KERNEL_TOOLS_RUNTIME", str(tmp_path / "file" / "below"))
    with pytest.raises(ServerNotRunning, match=r"cannot be used .*MCP_KERNEL_TOOLS_RUNTIME"):
        start()


def test_removes_what_kernels_that_are_gone_have_left(start: Start) -> None:
    runtime = Path(os.environ["MCP_KERNEL_TOOLS_RUNTIME"])
    runtime.mkdir(parents=True)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = runtime / f"patients-{dead.pid}.csv"
    left.write_text("patient_id\n1\n")
    start()
    assert not left.exists()
