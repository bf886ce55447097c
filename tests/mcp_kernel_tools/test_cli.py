import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_kernel_tools.cli import main
from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.sync import SyncClient


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mcp_kernel_tools", *arguments]


def test_the_demo_uses_the_server_that_runs(
    own_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--patient", "28"]) == 0
    told = capsys.readouterr().out
    assert f"Using the server that runs already at {own_server.url}" in told
    assert "CSV write" in told
    assert own_server.running
    with SyncClient(own_server) as client:
        client.undo_summary(28)


def test_the_demo_tells_what_crosses_the_wire_when_it_is_asked_to(
    own_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--patient", "25", "--verbose"]) == 0
    told = capsys.readouterr().out
    assert told.count("joint pain.\n[🔄 Streaming] Tokens complete") == 1
    with SyncClient(own_server) as client:
        client.undo_summary(25)


def test_a_failure_is_one_line_and_the_exit_code_one(
    own_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--patient", "no such"]) == 1
    told = capsys.readouterr().err
    assert "There is no patient with the id 'no such'" in told
    assert told.count("\n") == 1


@pytest.mark.slow
def test_a_server_that_does_not_start_is_told_in_its_own_words() -> None:
    done = subprocess.run(
        command("chat"),
        env={**os.environ, "MCP_KERNEL_TOOLS_MODEL": "replay:no such file"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "The server ended while it started" in done.stderr


def test_says_which_commands_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    for name in ("demo", "chat", "fetch-model"):
        assert name in told


@pytest.mark.parametrize("name", ["demo", "chat", "cohort"])
def test_each_command_says_how_to_bring_a_table_of_ones_own(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    told = capsys.readouterr().out
    assert "MCP_KERNEL_TOOLS_PATIENTS" in told
    assert "MCP_KERNEL_TOOLS_SUMMARIES" in told


@pytest.mark.slow
def test_the_demo_starts_a_server_and_leaves_none(recording: Path) -> None:
    done = subprocess.run(
        command("demo", "--model", f"replay:{recording}"),
        env={**os.environ, "MCP_KERNEL_TOOLS_PORT": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "MCP server ready at" in done.stdout
    assert "model loaded" in done.stdout
    assert "\x1b" not in done.stdout
    assert not list(Path(os.environ["MCP_KERNEL_TOOLS_RUNTIME"]).glob("server-*.json"))
    assert "Janet Lee has numb" in Path(os.environ["MCP_KERNEL_TOOLS_SUMMARIES"]).read_text()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there a closed pipe is another error")
@pytest.mark.parametrize("more", [(), ("--verbose",)])
def test_a_reader_that_leaves_ends_the_demo_quietly(recording: Path, more: tuple[str, ...]) -> None:
    with subprocess.Popen(
        command("demo", "--model", f"replay:{recording}", *more),
        env={**os.environ, "MCP_KERNEL_TOOLS_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout
        assert demo.stderr
        while not demo.stdout.readline().startswith("Patient 25"):
            pass
        demo.stdout.close()
        assert demo.stderr.read() == ""
    assert demo.returncode == 141
    assert not list(Path(os.environ["MCP_KERNEL_TOOLS_RUNTIME"]).glob("server-*.json"))


@pytest.mark.slow
def test_the_chat_reads_a_walk_from_its_input(recording: Path) -> None:
    done = subprocess.run(
        command("chat", "--model", f"replay:{recording}"),
        env={**os.environ, "MCP_KERNEL_TOOLS_PORT": "0"},
        input="Janet Lee\n1\ny\nquit\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Which one, 1 to 1 (b goes back, quit leaves): 1\n" in done.stdout
    assert "Saved." in done.stdout


@pytest.mark.slow
def test_an_interrupt_ends_the_demo_and_its_server(recording: Path) -> None:
    demo = subprocess.Popen(
        command("demo", "--patient", "26", "--model", f"replay:{recording}"),
        env={**os.environ, "MCP_KERNEL_TOOLS_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout
    while "Endless" not in demo.stdout.read(16):
        pass
    demo.send_signal(signal.SIGINT)
    demo.communicate()
    assert demo.returncode == 130
    assert not list(Path(os.environ["MCP_KERNEL_TOOLS_RUNTIME"]).glob("server-*.json"))


@pytest.mark.slow
def test_fetching_the_model_is_the_servers_work(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.write_text("a file where a folder should be")
    done = subprocess.run(
        command("fetch-model"),
        env={**os.environ, "MCP_KERNEL_TOOLS_WEIGHTS": str(weights / "below")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "mcp-kernel-tools:" in done.stderr
