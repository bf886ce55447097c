from types import SimpleNamespace

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.magics import complete
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.wire_panel import WirePanel
from tests.front_end import front_end


@pytest.fixture
def shell(shell: InteractiveShell) -> InteractiveShell:
    """A shell that has loaded the extension, as `%load_ext mcp_kernel_tools` does."""
    shell.run_line_magic("load_ext", "mcp_kernel_tools")
    return shell


def test_goes_the_whole_way_in_one_line_commands(
    shell: InteractiveShell, own_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    found = shell.run_line_magic("mcp", "search Janet Lee")
    assert isinstance(found, pd.DataFrame)
    assert "25" in set(found["patient_id"])
    shell.run_line_magic("mcp", "summarize 25")
    shell.run_line_magic("mcp", "save 25")
    shell.run_line_magic("mcp", "status")
    told = capsys.readouterr().out
    assert "Janet Lee has numb limbs, swollen legs and joint pain.\n" in told
    assert "Saved the summary of Janet Lee (ID 25).\n" in told
    assert f"{own_server.url} (PID {own_server.pid})\nrecorded: ready" in told
    with SyncClient(own_server) as client:
        client.undo_summary(25)


def test_shows_tools_frames_and_the_servers_log(
    shell: InteractiveShell, own_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        "disease_keyword"
        in shell.run_line_magic("mcp", "tools").loc["search_patients_by_disease", "arguments"]
    )
    with front_end():
        assert isinstance(shell.run_line_magic("mcp", "log"), WirePanel)
    shell.run_line_magic("mcp", "log --server")
    assert "MCP server ready at" in capsys.readouterr().out


def test_says_how_it_is_used(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("", "help"):
        shell.run_line_magic("mcp", line)
        told = capsys.readouterr().out
        for command in ("start", "status", "stop", "tools", "search", "summarize", "save", "log"):
            assert f"%mcp {command}" in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("summarize 'no such'", "ToolFailed: There is no patient with the id 'no such'"),
        ("summarize 27", "SummaryIncomplete: "),
        ("save 24", "%mcp summarize 24"),
        ("dance", "invalid choice: 'dance'"),
        ("search", "required"),
        ("search 'open", "No closing quotation"),
        ("start --port x", "invalid int value"),
    ],
)
def test_a_failure_is_one_readable_line(
    shell: InteractiveShell, own_server: Server, line: str, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        shell.run_line_magic("mcp", line)
    assert said in str(caught.value)


def test_says_what_to_do_without_a_server(shell: InteractiveShell) -> None:
    with pytest.raises(UsageError, match=r"No server runs. Start one: %mcp start"):
        shell.run_line_magic("mcp", "status")
    shell.run_line_magic("mcp", "stop")


@pytest.mark.slow
def test_completes_commands_and_their_flags(shell: InteractiveShell) -> None:
    assert "summarize" in complete(shell, SimpleNamespace(line="%mcp su", symbol="su"))
    assert "--model" in complete(shell, SimpleNamespace(line="%mcp start --m", symbol="--m"))
    assert complete(shell, SimpleNamespace(line="%mcp search d", symbol="d")) == []
    with provisionalcompleter():
        offered = {found.text for found in shell.Completer.completions("%mcp su", 7)}
    assert "summarize" in offered


@pytest.mark.slow
def test_starts_and_stops_a_server(
    shell: InteractiveShell, recording: object, capsys: pytest.CaptureFixture[str]
) -> None:
    server = shell.run_line_magic("mcp", f"start --port 0 --model replay:{recording}")
    assert server.running
    shell.run_line_magic("mcp", "status")
    shell.run_line_magic("mcp", "stop")
    assert not server.running
    with pytest.raises(UsageError, match="No server runs"):
        shell.run_line_magic("mcp", "status")
