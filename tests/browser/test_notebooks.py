"""Run All on each notebook that the project ships, as a reader would."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.form_page import FormPage
from tests.browser.jupyter_page import Lab, NotebookPage

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
ERRORS = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.widgets;
  const outputs = cells.flatMap((cell) => cell.model.outputs?.toJSON() ?? []);
  return outputs.filter((output) => output.output_type === "error").map((output) => output.evalue);
}"""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_every_cell_of_the_notebook_runs(
    path: Path, context: BrowserContext, lab: Lab, artifacts: Path
) -> None:
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
            notebook.page.screenshot(path=artifacts / f"{path.stem}.png")
            notebook.shut_kernel_down()


def summarize(notebook: NotebookPage) -> None:
    """The form at the end of the first notebook answers."""
    form = FormPage(notebook.page.locator(".jp-CodeCell").last)
    form.search("diabetes")
    form.matches.get_by_role("option").first.click()
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Saved in", timeout=30_000)
    expect(form.table.get_by_text("new", exact=True)).to_be_visible()
