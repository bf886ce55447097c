"""One JupyterLab, one Chromium and one server for all browser tests."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.jupyter_page import INSTALL, Lab, NotebookPage, chromium, jupyterlab, launch
from tests.running import RunningServer, free_port, running_server

SENTENCE = "The patient takes metformin and feels well; blood sugar is 231 mg/dL. "
FALSE = (
    "She takes metformin 50 mg daily. She had a kidney transplant in 1999. "
    "Her allergies are not known. She follows a diet and rests a lot. Follow up soon."
)
"""Of patient 21, who takes ten times as much and has had no transplant."""
MARKED = [
    "Metformin " if n % 10 == 0 else f"token{n}. " if n % 10 == 9 else f"token{n} "
    for n in range(5000)
]
"""Sentences with more marks than a page is sent."""
HOSTILE = [
    "<img src=x onerror='window.hacked=1'>",
    "<script>window.hacked=1</script> ",
    "![x](https://example.invalid/x.png) ",
    "\x1b[31mred\x1b[0m ",
    "\u202ereversed\u202c ",
    "plain.",
]
STREAMS: dict[int, tuple[list[str], float, str | None]] = {
    11: ([f"{word} " for word in (SENTENCE * 5).split()], 0.02, "stop"),
    42: ([f"word{number} " for number in range(4000)], 0.01, "stop"),
    20: (MARKED, 0.0025, "stop"),
    21: ([f"{word} " for word in FALSE.split()], 0.06, "stop"),
    54: (["Half of ", "a sentence"], 0.02, None),
    55: (HOSTILE, 0.02, "stop"),
}
"""What the model says for a patient: tokens, seconds before each, how it ends."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium() is None:
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Shared, so that JupyterLab is loaded from the cache from the second page on."""
    with browser.new_context(viewport={"width": 1300, "height": 1300}) as context:
        yield context


@pytest.fixture(scope="session")
def lab(browser: Browser, model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    settings = {"MCP_KERNEL_TOOLS_MODEL": model, "MCP_KERNEL_TOOLS_PORT": "0"}
    with jupyterlab(tmp_path_factory.mktemp("lab"), free_port(), settings) as lab:
        yield lab


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The `--model` that says what STREAMS says."""
    lines = [{"model": "scripted", "date": "2026-01-01", "command": "a test", "any": True}]
    for patient_id, (tokens, delay, end) in STREAMS.items():
        timed = [[delay, token] for token in tokens]
        lines.append({"patient_id": str(patient_id), "tokens": timed, "finish_reason": end})
    path = tmp_path_factory.mktemp("model") / "streams.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return f"replay:{path}"


@pytest.fixture(scope="session")
def server(
    browser: Browser, model: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server"), "--model", model) as server:
        yield server


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where screenshots go; git ignores it."""
    folder = Path(__file__).parents[2] / ".artifacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
    yield page
    page.close()
    assert not errors, errors


@pytest.fixture(scope="module")
def notebook(lab: Lab, page: Page) -> Iterator[NotebookPage]:
    """The page as a notebook; its kernel ends with the module."""
    notebook = NotebookPage(lab, page)
    yield notebook
    notebook.shut_kernel_down()


@pytest.fixture
def saved(server: RunningServer) -> "SavedFile":
    return SavedFile(server.summaries)


class SavedFile:
    """The CSV file with the saved summaries."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __getitem__(self, patient_id: int) -> str | None:
        if not self.path.exists():  # nothing was saved yet
            return None
        with self.path.open(newline="", encoding="utf-8-sig") as file:
            rows = {row["patient_id"]: row["summary"] for row in csv.DictReader(file)}
        return rows.get(str(patient_id))
