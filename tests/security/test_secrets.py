"""What lies on the disk, in the list of processes and in the log, for others to find."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.running import call, recording, running_server, shake_hands
from tests.tables import Table, printed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="modes and owners are POSIX's"),
]

FORGED = "25\n12:00:00 forged"


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with printed("What others find", "where they look", "what they find") as table:
        yield table


@pytest.fixture
def generous_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


async def test_what_the_server_writes_is_its_users_alone(
    generous_umask: None, tmp_path: Path, table: Table
) -> None:
    folder = tmp_path / "served"
    folder.mkdir(mode=0o700)
    model = recording(folder / "model.jsonl", ["Hello", "."])
    with running_server(folder, "--model", model, "--record", str(folder / "new.jsonl")) as server:
        async with server.connect() as connection:
            await shake_hands(connection)
            await call(connection, 1, "generate_summary", patient_id="25")
            await call(connection, 2, "update_patient_summary", patient_id="25", summary="Hello.")
        made = [
            path for path in folder.rglob("*") if path.name not in ("model.jsonl", "server.log")
        ]
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made}
        command = " ".join(psutil.Process(server.process.pid).cmdline())
    assert {"new.jsonl", "patient_summaries.csv", "patient_summaries.history.jsonl"} <= set(modes)
    assert {mode for name, mode in modes.items() if name != "runtime"} == {0o600}
    assert modes["runtime"] == 0o700
    assert str(server.token) not in command
    table.add("runtime file, summaries, history, recording", "mode 600, whatever the umask")
    table.add("the list of processes", "no token")


@pytest.mark.parametrize(
    ("what", "mode"), [("others may write to", 0o777), ("the group may write to", 0o770)]
)
def test_a_server_does_not_start_where_others_could_pose_as_one(
    tmp_path: Path, table: Table, what: str, mode: int
) -> None:
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime").chmod(mode)
    said = refused("--model", recording(tmp_path / "m.jsonl", ["x"]), runtime=tmp_path / "runtime")
    assert "chmod 700" in said
    table.add(f"a runtime folder that {what}", "the server does not start, exit 2")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.1.evil.example", ""])
def test_no_token_is_for_this_machine_only(tmp_path: Path, table: Table, host: str) -> None:
    model = recording(tmp_path / "m.jsonl", ["x"])
    said = refused("--no-token", "--host", host, "--model", model, runtime=tmp_path / "runtime")
    assert "loopback" in said
    table.add(f"--no-token --host {host or '(empty)'}", "the server does not start, exit 2")


def refused(*flags: str, runtime: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "server", "--port", "0", *flags],
        env=os.environ | {"MCP_KERNEL_TOOLS_RUNTIME": str(runtime)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


async def test_an_id_of_the_table_forges_no_line_of_the_log(tmp_path: Path, table: Table) -> None:
    patients = tmp_path / "patients.csv"
    patients.write_text(f'patient_id,name,age\n"{FORGED}",Janet Lee,59\n')
    model = recording(tmp_path / "m.jsonl", ["Hello", "."])
    with running_server(tmp_path, "--model", model, "--patients", str(patients)) as server:
        async with server.connect() as connection:
            await shake_hands(connection)
            await call(connection, 1, "generate_summary", patient_id=FORGED)
        assert "patient 25" in server.log()
        assert not [line for line in server.log().splitlines() if line.startswith("12:00:00 f")]
        table.add("a line break in an id of the table", "one line of the log")
