import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mcp_kernel_tools.errors import BadArgument
from mcp_kernel_tools.running import RunningServer
from mcp_kernel_tools.server_arguments import ServerArguments
from server.settings import Settings


def arguments(environ: dict[str, str] | None = None, **given: Any) -> ServerArguments:
    names = ("patients", "summaries", "model", "port", "columns")
    return ServerArguments.of(
        **{**dict.fromkeys(names), **given},
        environ={} if environ is None else environ,
    )


def running(of: ServerArguments, **other: Any) -> RunningServer:
    facts: dict[str, Any] = {
        "url": "ws://127.0.0.1:1/mcp",
        "token": "t",
        "pid": 1,
        "parent_pid": None,
        "patients": of.patients,
        "patients_version": of.patients_version,
        "summaries": of.summaries,
        "model": of.model,
        "columns": of.columns,
        "started": "",
    }
    return RunningServer(**facts | other)


def test_the_defaults_are_those_of_the_server() -> None:
    ours, theirs = arguments(), Settings()
    assert Path(ours.patients) == theirs.patients.resolve()
    assert Path(ours.summaries) == theirs.summaries.resolve()
    assert (ours.model, ours.port) == (theirs.model, theirs.port)


def test_what_is_left_out_comes_from_the_environment() -> None:
    environ = {
        "MCP_KERNEL_TOOLS_PATIENTS": "some.csv",
        "MCP_KERNEL_TOOLS_SUMMARIES": "out.csv",
        "MCP_KERNEL_TOOLS_MODEL": "embedded",
        "MCP_KERNEL_TOOLS_PORT": "0",
        "MCP_KERNEL_TOOLS_COLUMNS": '{"patient_id": "MRN"}',
    }
    told = arguments(environ)
    assert told.patients == str(Path("some.csv").resolve())
    assert told.summaries == str(Path("out.csv").resolve())
    assert (told.model, told.port, told.columns) == ("embedded", 0, {"patient_id": "MRN"})
    assert arguments(environ, model="auto", port=1).model == "auto"


@pytest.mark.parametrize("name", ["PORT", "COLUMNS"])
def test_names_a_variable_that_it_cannot_read(name: str) -> None:
    with pytest.raises(ValueError, match=f"MCP_KERNEL_TOOLS_{name}='x': it takes a"):
        arguments({f"MCP_KERNEL_TOOLS_{name}": "x"})


def test_equal_calls_are_equal_also_with_equal_dataframes() -> None:
    table = pd.DataFrame({"patient_id": ["1"]})
    assert arguments(patients=table) == arguments(patients=table.copy())
    assert arguments(patients="a.csv") == arguments(patients=Path("a.csv").absolute())


def test_a_file_that_is_not_there_is_named_as_given_with_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadArgument) as caught:
        arguments(patients="typo.csv").refuse_missing()
    assert f"'typo.csv' was not found in {tmp_path.resolve()};" in str(caught.value)
    (tmp_path / "typo.csv").touch()
    arguments(patients="typo.csv").refuse_missing()
    arguments(patients=pd.DataFrame({"patient_id": ["1"]})).refuse_missing()


@pytest.mark.parametrize("patients", [[1], {"patient_id": ["1"]}, pd.Series(["1"]), 7, b"p.csv"])
def test_patients_of_another_kind_are_told_which_are_taken(patients: object) -> None:
    with pytest.raises(BadArgument, match=r"path of a file or folder, or a pandas DataFrame") as no:
        arguments(patients=patients)
    assert f"are a {type(patients).__name__};" in str(no.value)


@pytest.mark.parametrize("port", [99999, -1, "8765"])
def test_what_is_no_port_is_told_which_there_are(port: Any) -> None:
    with pytest.raises(BadArgument, match=r"a port from 0 .* to 65535"):
        arguments(port=port)


def test_a_variable_that_is_no_port_is_named() -> None:
    with pytest.raises(ValueError, match=r"MCP_KERNEL_TOOLS_PORT='99999': it takes a port"):
        arguments({"MCP_KERNEL_TOOLS_PORT": "99999"})


def test_says_in_words_what_changed() -> None:
    before, after = arguments(), arguments(model="embedded", patients="a.csv", port=1)
    assert before.changes(before) == []
    assert before.changes(after) == ["other patients", "model auto → embedded", "port 8765 → 1"]


def test_a_file_that_has_changed_makes_other_arguments(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("patient_id\n1\n")
    before = arguments(patients=path)
    assert before == arguments(patients=path) == before.renewed()
    path.write_text("patient_id\n1\n2\n")
    assert before.changes(arguments(patients=path)) == ["the file of patients has changed"]
    assert before.changes(before.renewed()) == ["the file of patients has changed"]
    assert before.changes(arguments(patients="b.csv")) == ["other patients"]
    table = arguments(patients=pd.DataFrame({"patient_id": ["1"]}))
    assert table.renewed() == table


def test_the_flags_are_the_servers() -> None:
    flags = arguments(patients="a.csv", model="embedded", columns={"name": "N"}).flags("b.csv")
    assert flags[flags.index("--patients") + 1] == "b.csv"
    assert flags[flags.index("--model") + 1] == "embedded"
    assert json.loads(flags[flags.index("--columns") + 1]) == {"name": "N"}
    assert "--columns" not in arguments().flags("b.csv")


def test_a_running_server_serves_only_the_same() -> None:
    wanted = arguments()
    assert wanted.served_by(running(wanted))
    assert wanted.served_by(running(wanted, patients_version=None))
    assert not wanted.served_by(running(wanted, patients_version="x"))
    for other in ({"patients": "x"}, {"summaries": "x"}, {"model": "x"}, {"columns": {"a": "b"}}):
        assert not wanted.served_by(running(wanted, **other))


def test_several_models_and_a_cluster_are_passed_on() -> None:
    several = arguments(model="auto", models=["ollama:phi", "auto"], cluster="local")
    flags = several.flags("b.csv")
    assert flags[flags.index("--model") + 1] == "auto,ollama:phi"
    assert flags[flags.index("--cluster") + 1] == "local"
    assert arguments(models=["embedded", "auto"]).model == "embedded,auto"
    assert "--cluster" not in arguments().flags("b.csv")
    assert several.served_by(running(several, cluster="local"))
    assert not several.served_by(running(several))
    assert arguments({"MCP_KERNEL_TOOLS_CLUSTER": "local"}).cluster == "local"
