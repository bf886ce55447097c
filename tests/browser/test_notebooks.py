"""Run All on each notebook that the project ships, as a reader would."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from server.models.fetch import weights_path
from tests.browser.form_page import FormPage
from tests.browser.jupyter_page import Lab, NotebookPage, jupyterlab
from tests.running import free_port

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
EMBEDDED = [
    pytest.param(path, id=path.stem[:2], marks=[] if path is NOTEBOOKS[0] else [pytest.mark.long])
    for path in NOTEBOOKS
]
"""The others take a minute and a half with the embedded model."""
ERRORS = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.widgets;
  const outputs = cells.flatMap((cell) => cell.model.outputs?.toJSON() ?? []);
  return outputs.filter((output) => output.output_type === "error").map((output) => output.evalue);
}"""


@pytest.fixture(scope="module")
def embedded_lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab whose notebooks stream from the model that comes with the package."""
    if not weights_path(os.environ).is_file():
        pytest.skip("the weights are missing: python -m server fetch-model")
    settings = {"MCP_KERNEL_TOOLS_MODEL": "embedded", "MCP_KERNEL_TOOLS_PORT": "0"}
    with jupyterlab(tmp_path_factory.mktemp("lab"), free_port(), settings) as lab:
        yield lab


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_every_cell_of_the_notebook_runs(
    path: Path, context: BrowserContext, lab: Lab, artifacts: Path
) -> None:
    run_all(path, context, lab, artifacts / f"{path.stem}.png")


@pytest.mark.model
@pytest.mark.parametrize("path", EMBEDDED)
def test_every_cell_runs_with_the_model_that_the_package_brings(
    path: Path, context: BrowserContext, embedded_lab: Lab, artifacts: Path
) -> None:
    run_all(path, context, embedded_lab, artifacts / f"{path.stem}_embedded.png")


def run_all(path: Path, context: BrowserContext, lab: Lab, screenshot: Path) -> None:
    """Open the notebook, run all of its cells, and use the form of the first."""
    shutil.copy(path, lab.folder / path.name)
    with context.new_page() as page:
        notebook = NotebookPage(lab, page)
        notebook.open(path.name)
        notebook.clear_outputs()
        notebook.run_all()
        try:
            assert notebook.page.evaluate(ERRORS) == []
            if path.stem.startswith("01"):
                summarize(notebook)
        finally:
            notebook.page.screenshot(path=screenshot)
            notebook.shut_kernel_down()


def summarize(notebook: NotebookPage) -> None:
    """The form at the end of the first notebook answers."""
    form = FormPage(notebook.page.locator(".jp-CodeCell").last)
    form.search("diabetes")
    form.matches.get_by_role("option").first.click()
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Saved in", timeout=60_000)
    expect(form.table.get_by_text("new", exact=True)).to_be_visible()
