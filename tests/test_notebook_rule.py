import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import notebook_rule
from tests.notebook_rule import CHECKOUT, WIDGET_VIEW, cleaned, tidied

COMMITTED = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))


def notebook(*outputs: dict[str, Any]) -> dict[str, Any]:
    cell = {
        "cell_type": "code",
        "execution_count": 7,
        "id": "one",
        "metadata": {"execution": {"iopub.execute_input": "2026-11-22T10:00:00Z"}},
        "outputs": list(outputs),
        "source": ["start_server(port=8765)"],
    }
    widgets: dict[str, Any] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    metadata = {"widgets": widgets}
    return {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def tidied_cell(*outputs: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = json.loads(tidied(json.dumps(notebook(*outputs))))["cells"][0]
    return cell


def test_results_stay_and_the_traces_of_the_run_go() -> None:
    result = {
        "output_type": "execute_result",
        "execution_count": 7,
        "data": {"text/plain": ["25 patients\n", "88 tokens"], "image/png": "aG9tZS90bXAv"},
        "metadata": {},
    }
    cell = tidied_cell(result)
    assert cell["outputs"] == [{**result, "execution_count": None}]
    assert cell["execution_count"] is None
    assert cell["metadata"] == {}


def test_a_widget_leaves_its_text_and_nothing_that_needs_a_kernel() -> None:
    view = {"model_id": "abc", "version_major": 2, "version_minor": 0}
    shown = {"text/plain": "Output()", WIDGET_VIEW: view}
    cell = tidied_cell({"output_type": "display_data", "data": shown, "metadata": {}})
    assert cell["outputs"][0]["data"] == {"text/plain": "Output()"}
    assert json.loads(tidied(json.dumps(notebook())))["metadata"] == {}


def test_what_the_author_typed_stays() -> None:
    assert tidied_cell()["source"] == ["start_server(port=8765)"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("File /home/ada/lab/data/patients.csv, line 3", "File …/patients.csv, line 3"),
        ("/Users/ada", "…/"),
        (r"C:\Users\ada\lab\patients.csv", "…/patients.csv"),
        (r'{"path": "C:\\Users\\ada\\patients.csv"}', '{"path": "…/patients.csv"}'),
        ("File ~/lab/form.py:12, in f()", "File …/form.py:12, in f()"),
        ("/var/folders/x1/T/ipykernel_77/1.py", "…/1.py"),
        (f"in {CHECKOUT}/data/patients.csv", "in …/patients.csv"),
        (f"in {CHECKOUT}", "in …/"),
        (
            "ready at ws://127.0.0.1:43211/mcp (PID 812, 200",
            "ready at ws://127.0.0.1:PORT/mcp (PID N, 200",
        ),
        ("http://[::1]:8765 or localhost:8888", "http://[::1]:PORT or localhost:PORT"),
        ("port=43211, pid=5", "port=PORT, pid=N"),
        ('{"pid": 5, "port": 43211}', '{"pid": N, "port": PORT}'),
        ("?token=0a1b2c3d4e5f60718293a4b5c6d7e8f9", "?token=TOKEN"),
        ("Bearer Zk3-xY_0a1b2c3d4e5f60718293a4b5c6d7e8f9", "Bearer TOKEN"),
    ],
)
def test_what_belongs_to_one_machine_is_masked(text: str, wanted: str) -> None:
    assert cleaned(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "150/94, 85 mg/dL",
        "POST /api/generate",
        "ws at /mcp and /health",
        '{"type": "stream_token", "token": "gastroenterologically", "position": 45}',
        "Streaming complete (88 tokens, 443 chars)",
        "the support 12 patients and/or families/groups",
        "data/patients.csv",
        "2026-11-22T10:00:00",
    ],
)
def test_what_people_came_to_read_is_not(text: str) -> None:
    assert cleaned(text) == text


@given(st.text("/home~\\:.tokenprid127= 0ac-\n"))
def test_a_second_time_changes_nothing(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)


def test_checking_tells_and_mending_mends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.ipynb"
    path.write_text(json.dumps(notebook()), encoding="utf-8")
    before = path.read_text(encoding="utf-8")

    assert notebook_rule.main(["--check", str(path)]) == 1
    assert "one.ipynb holds" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8") == before

    assert notebook_rule.main([str(path)]) == 1
    assert notebook_rule.main(["--check", str(path)]) == 0


@pytest.mark.slow
def test_mending_writes_what_jupyterlab_would_write(tmp_path: Path) -> None:
    import nbformat  # takes seconds

    path = tmp_path / "one.ipynb"
    path.write_text(json.dumps(notebook()), encoding="utf-8")
    notebook_rule.main([str(path)])
    saved = path.read_text(encoding="utf-8")
    assert nbformat.writes(nbformat.reads(saved, as_version=4)) + "\n" == saved


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_the_committed_notebooks_follow_the_rule(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == tidied(text)
