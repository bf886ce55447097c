import json

import pandas as pd
import pytest

from mcp_kernel_tools.wire_log import WireLog


def streamed(log: WireLog, request: int, *positions: int) -> None:
    log.add("sent", "tools/call", json.dumps({"id": request, "method": "tools/call"}))
    for position in positions:
        frame = {"type": "stream_token", "token": "x", "position": position, "id": request}
        log.add("received", "stream_token", json.dumps(frame))
    log.add("received", "response", json.dumps({"id": request, "result": {}}))


def test_keeps_the_newest_frames() -> None:
    log = WireLog(3)
    for number in range(5):
        log.add("sent", f"{number}", "{}")
    assert [frame.kind for frame in log.frames()] == ["2", "3", "4"]
    assert [frame.number for frame in log.frames(after=4)] == [5]
    assert len(log) == 3
    log.clear()
    assert len(log) == 0


def test_is_a_dataframe_on_demand() -> None:
    log = WireLog(10)
    log.add("sent", "initialize", "{}")
    log.add("received", "response", '"é"')
    table = log.to_frame()
    assert list(table) == ["time", "direction", "kind", "bytes", "text"]
    assert list(table["bytes"]) == [2, 4]
    assert list(table["direction"]) == ["sent", "received"]
    assert abs((pd.Timestamp.now("UTC") - table["time"][0]).total_seconds()) < 60


def test_an_empty_log_is_an_empty_dataframe_of_the_same_columns() -> None:
    assert list(WireLog(10).to_frame()) == ["time", "direction", "kind", "bytes", "text"]


def test_calls_whoever_listens() -> None:
    log, heard = WireLog(10), []
    log.on_frame(lambda: heard.append(len(log)))
    log.add("sent", "ping", "{}")
    assert heard == [1]


def test_finds_the_stream_that_came_last_among_others() -> None:
    log = WireLog(100)
    streamed(log, 1, 1, 2)
    streamed(log, 2, 3, 4, 5)
    log.add("sent", "tools/call", json.dumps({"id": 3}))
    stream = log.last_stream()
    assert [characters for _, characters in stream] == [3, 4, 5]
    assert all(seconds >= 0 for seconds, _ in stream)


def test_says_what_to_do_when_there_is_no_stream() -> None:
    log = WireLog(2)
    with pytest.raises(ValueError, match="generate a summary first"):
        log.timeline()
    streamed(log, 1, 1, 2)  # its request is forgotten
    with pytest.raises(ValueError, match="no whole stream"):
        log.last_stream()


@pytest.mark.slow  # imports matplotlib
def test_plots_the_growing_text_and_the_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    log = WireLog(100)
    streamed(log, 1, 1, 2, 3)
    figure = log.timeline()
    text, gaps = figure.axes
    assert "3 token frames" in text.get_title()
    assert "gap" in gaps.get_ylabel()
    assert len(gaps.patches) == 2
