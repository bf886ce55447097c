import time

import pytest

from mcp_kernel_tools.errors import SummaryIncomplete
from mcp_kernel_tools.launcher import Server
from mcp_kernel_tools.shown_stream import show_stream
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.teller import Teller


def test_shows_the_summary_as_it_comes(server: Server) -> None:
    written: list[str] = []
    came: list[None] = []
    with SyncClient(server) as client:
        teller = Teller(written.append, live=False)
        summary = show_stream(client, "25", teller, lambda: came.append(None))
    assert "".join(written).endswith(f"{summary.text}\n")
    assert came


def test_shows_what_had_come_of_a_stream_that_was_cut(server: Server) -> None:
    written: list[str] = []
    with SyncClient(server) as client, pytest.raises(SummaryIncomplete):
        show_stream(client, "27", Teller(written.append, live=False))
    assert "".join(written).endswith("It breaks off\n")


def test_counts_while_nothing_comes_and_stops_the_model_when_it_is_left(server: Server) -> None:
    def leave() -> None:
        raise KeyboardInterrupt

    with SyncClient(server) as client:
        with pytest.raises(KeyboardInterrupt):
            show_stream(client, "26", Teller(lambda _: None), leave)
        deadline = time.monotonic() + 1
        while client.server_status()["running"]:
            assert time.monotonic() < deadline


def test_leaves_the_telling_to_a_verbose_client(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    with SyncClient(server, verbose=True) as client:
        summary = show_stream(client, "25", Teller(live=True))
    assert capsys.readouterr().out.count(summary.text) == 1
