import re

import pytest

from mcp_kernel_tools.demo import Watch, run_demo
from mcp_kernel_tools.errors import SummaryIncomplete, ToolFailed
from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.sync import SyncClient


def test_streams_saves_and_says_what_it_took(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    with SyncClient(server) as client:
        run_demo(client, "25", start_seconds=1.5)
        told = capsys.readouterr().out
        run_demo(client, "25", start_seconds=None)
        again = capsys.readouterr().out
        assert client.get_patient_summary(25)["summary"] == client.last_summary.text  # type: ignore[union-attr]
        client.undo_summary(25)
        client.undo_summary(25)
    assert "Patient 25: Janet Lee" in told
    assert "swollen legs and joint pain.\n" in told
    for line in (
        r"model +recorded \(the model's own end\)",
        r"text +written freely by the model",
        r"server +1\.50 s, model loaded",
        r"first token +\d+\.\d\d s",
        r"total +\d+\.\d\d s",
        r"tokens +10",
        r"network per token +\d+\.\d\d ms p50, \d+\.\d\d ms p95 \(half of a ping, \d+ pings\)",
        r"CSV write +\d+\.\d ms",
    ):
        assert re.search(line, told), line
    assert "ran already" in again
    assert "in place of an earlier one" in again


def test_says_when_the_model_was_stopped_by_its_limit(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    with SyncClient(server) as client:
        run_demo(client, "28", start_seconds=None)
        client.undo_summary(28)
    told = capsys.readouterr().out
    assert "its token limit" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("patient_id", "error"), [("no such", ToolFailed), ("27", SummaryIncomplete)]
)
def test_saves_nothing_when_a_step_fails(
    server: Server, patient_id: str, error: type[Exception]
) -> None:
    with SyncClient(server) as client:
        before = client.server_status()["summaries"]
        with pytest.raises(error):
            run_demo(client, patient_id, start_seconds=None)
        assert client.server_status()["summaries"] == before


def test_half_of_a_ping_is_the_way_of_a_token(server: Server) -> None:
    with SyncClient(server) as client:
        watch = Watch(client, pings=[0.001, 0.002, 0.010])
    assert (watch.network(0.5), watch.network(0.95)) == (1.0, 5.0)
