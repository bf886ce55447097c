"""The command line: what it starts, what it refuses, and what it leaves behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.__main__ import main, parser
from tests.running import call, recording, running_server, shake_hands


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command line says when it does not start."""
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_no_token_is_refused_on_an_address_that_others_reach(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "loopback" in refused(capsys, "--no-token", "--host", "0.0.0.0", "--port", "0")


@pytest.mark.slow
def test_a_patient_table_that_is_not_there_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said = refused(capsys, "--patients", str(tmp_path / "none.csv"), "--port", "0")
    assert "not found" in said
    assert len(said.splitlines()) == 1


@pytest.mark.slow
def test_a_model_that_does_not_exist_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--model" in refused(capsys, "--model", "gpt", "--port", "0")


@pytest.mark.slow
def test_a_recording_that_cannot_be_written_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model = recording(tmp_path / "model.jsonl", ["Hello"])
    nowhere = str(tmp_path / "none" / "x.jsonl")
    said = refused(capsys, "--model", model, "--record", nowhere, "--port", "0")
    assert f"'{nowhere}' cannot be written (No such file or directory)" in said
    assert len(said.splitlines()) == 1


@pytest.mark.slow
def test_a_remote_model_is_refused_without_the_flag(capsys: pytest.CaptureFixture[str]) -> None:
    model = "openai:big@https://models.example"
    assert "--allow-remote-model" in refused(capsys, "--model", model, "--port", "0")


def test_a_bad_variable_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_KERNEL_TOOLS_PORT", "many")
    assert "MCP_KERNEL_TOOLS_PORT" in refused(capsys)


@pytest.mark.parametrize("port", ["99999", "-1", "many"])
def test_what_is_no_port_is_one_line(capsys: pytest.CaptureFixture[str], port: str) -> None:
    with pytest.raises(SystemExit):
        main(["--port", port])
    said = capsys.readouterr().err
    assert f"argument --port: '{port}': it takes a port from 0" in said.splitlines()[-1]


def test_a_variable_that_is_no_port_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_KERNEL_TOOLS_PORT", "99999")
    assert "MCP_KERNEL_TOOLS_PORT='99999': it takes a port" in refused(capsys)


def test_columns_that_are_no_object_are_told_how_to_write_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--columns", "[1]"])
    assert "write a JSON object such as" in capsys.readouterr().err


def test_every_flag_of_the_design_is_known() -> None:
    known = parser().format_help()
    for name in ("host", "port", "patients", "summaries", "stdio", "model", "record", "columns"):
        assert f"--{name}" in known
    for name in ("no-token", "allow-origin", "allow-host", "allow-remote-model"):
        assert f"--{name}" in known
    assert "fetch-model" in known
    assert "MCP_KERNEL_TOOLS_TOKEN" in known
    assert "MCP_KERNEL_TOOLS_GRAMMAR" in known


@pytest.mark.slow
async def test_without_a_token_on_loopback_any_program_is_served(tmp_path: Path) -> None:
    model = recording(tmp_path / "model.jsonl", ["Hello", "."])
    with running_server(tmp_path, "--model", model, "--no-token") as server:
        assert server.token is None
        async with server.connect() as connection:
            await shake_hands(connection, "2024-11-05")
            result, _ = await call(connection, 1, "generate_summary", patient_id="25")
            text = result["content"][0]["text"]
            await call(connection, 2, "update_patient_summary", patient_id=25, summary=text)
        assert "Hello." in server.summaries.read_text(encoding="utf-8-sig")


@pytest.mark.slow
def test_a_port_that_is_taken_is_passed_over_and_said(tmp_path: Path) -> None:
    model = recording(tmp_path / "model.jsonl", ["Hello"])
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with running_server(first, "--model", model) as one:
        port = one.url.split(":")[2].split("/")[0]
        with running_server(second, "--model", model, "--port", port) as two:
            assert two.url != one.url
            assert f"port {port} was taken" in two.ready_line
            assert "taken" not in one.ready_line


@pytest.mark.slow
def test_the_ready_line_tells_what_was_left_out_and_not_recognised(tmp_path: Path) -> None:
    model = recording(tmp_path / "model.jsonl", ["Hello"])
    table = tmp_path / "p.csv"
    table.write_text("MRN,Dx,\u65e5\u672c\n7,asthma,\n,gout,\n", encoding="utf-8")
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    flags = ("--model", model, "--patients", str(table))
    with running_server(tmp_path, *flags, environ=ascii_only) as server:
        assert "1 patients, model: scripted" in server.ready_line
        assert "; 1 rows without a patient id were left out" in server.ready_line
        assert "; not recognised, kept as they are: Dx, \\u65e5" in server.ready_line


@pytest.mark.slow
def test_a_server_leaves_no_runtime_file_and_prints_no_token(tmp_path: Path) -> None:
    model = recording(tmp_path / "model.jsonl", ["Hello"])
    with running_server(tmp_path, "--model", model) as server:
        assert server.ready_line.startswith(f"MCP server ready at {server.url} (PID ")
        assert "200 patients" in server.ready_line
        assert str(server.token) not in server.ready_line
        assert server.stop() == 0
        assert list((tmp_path / "runtime").iterdir()) == []
        assert str(server.token) not in server.log()


@pytest.mark.slow
def test_the_log_has_ids_and_sizes_and_no_text_of_a_record(tmp_path: Path) -> None:
    import asyncio

    async def summarize() -> None:
        async with server.connect() as connection:
            await shake_hands(connection)
            result, _ = await call(connection, 1, "generate_summary", patient_id="25")
            summary = result["structuredContent"]["summary"]
            await call(connection, 2, "update_patient_summary", patient_id="25", summary=summary)

    words = ["Janet"] + [" word"] * 19
    model = recording(tmp_path / "model.jsonl", words, delay=0.01)  # slower than the log
    with running_server(tmp_path, "--model", model) as server:
        asyncio.run(summarize())
        server.stop()
        log = server.log()
    assert "summary of patient 25: starting with scripted" in log
    assert "Received 10 tokens (~50 chars)..." in log
    assert "Received 20 tokens (~100 chars)..." in log
    assert "Streaming complete (20 tokens, 100 chars)" in log
    assert "saved (generated, 100 chars) in" in log
    assert "Janet" not in log
    assert "word" not in log


@pytest.mark.slow
def test_the_server_stops_with_the_end_of_stdin(tmp_path: Path) -> None:
    model = recording(tmp_path / "model.jsonl", ["Hello"])
    runtime = tmp_path / "runtime"
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "--port", "0", "--model", model, "--exit-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"MCP_KERNEL_TOOLS_RUNTIME": str(runtime)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline()
        process.stdin.close()
        assert process.wait(60) == 0
    assert list(runtime.iterdir()) == []


@pytest.mark.slow
async def test_a_file_that_cannot_be_brought_up_to_date_is_one_line_at_the_end(
    tmp_path: Path,
) -> None:
    model = recording(tmp_path / "model.jsonl", ["Hello"])
    with running_server(tmp_path, "--model", model) as server:
        async with server.connect() as connection:
            await shake_hands(connection)
            server.summaries.unlink(missing_ok=True)
            server.summaries.mkdir()  # nothing can be put in its place
            arguments = {"patient_id": 25, "summary": "Text."}
            result, _ = await call(connection, 1, "update_patient_summary", **arguments)
            assert result["structuredContent"]["error"]["kind"] == "store"
        assert server.stop() == 0
        assert "exception" not in server.log()
        (line,) = [line for line in server.log().splitlines() if "the summaries:" in line]
        assert "Text." not in line
