"""The form through the life of a kernel and of a notebook file."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import STREAMS
from tests.browser.form_page import FormPage
from tests.browser.jupyter_page import Lab, NotebookPage

FORM = 1
SUMMARY = "".join(STREAMS[11][0]).strip()


@pytest.fixture(scope="module")
def opened(lab: Lab, model: str, notebook: NotebookPage) -> NotebookPage:
    """A notebook with a server of its own."""
    lab.write(
        "kernel.ipynb",
        "from mcp_kernel_tools import SummaryForm, SyncClient, start_server\n"
        f"server = start_server(model={model!r}, summaries='kernel.csv', port=0)\n"
        "client = SyncClient(server)",
        "form = SummaryForm(client)\nform",
        "print(server.pid)",
    )
    notebook.open("kernel.ipynb")
    notebook.run_all()
    return notebook


def summarize(form: FormPage) -> None:
    form.choose(11)
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Saved in")
    assert form.text == SUMMARY


def test_run_all_leaves_a_form_that_works(opened: NotebookPage) -> None:
    summarize(FormPage(opened.output(FORM)))


def test_running_the_cells_again_leaves_a_form_that_works(opened: NotebookPage) -> None:
    first = opened.output(2).inner_text()
    opened.run_all()
    summarize(FormPage(opened.output(FORM)))
    assert opened.output(2).inner_text() == first, "another server was started"


def test_after_a_restart_of_the_kernel_run_all_leaves_a_form_that_works(
    opened: NotebookPage,
) -> None:
    opened.restart_kernel()
    opened.run_all()
    summarize(FormPage(opened.output(FORM)))


def test_a_page_loaded_in_the_middle_of_a_stream_shows_all_of_it(opened: NotebookPage) -> None:
    form = FormPage(opened.output(FORM))
    form.summarize(42)
    form.wait_for_text(200)
    opened.save()
    opened.open("kernel.ipynb")
    form.wait_for_text(400)
    form.stop()
    words = form.text.split()
    assert words[:-1] == [f"word{number}" for number in range(len(words) - 1)]


def test_a_notebook_that_is_opened_without_its_kernel_shows_the_text(
    opened: NotebookPage, lab: Lab, artifacts: Path
) -> None:
    opened.run_cell(FORM)
    summarize(FormPage(opened.output(FORM)))
    opened.save()
    opened.shut_kernel_down()
    opened.open("kernel.ipynb")
    area = opened.output(FORM)
    expect(area.locator(".mkt-saved")).to_be_visible()
    expect(area).to_contain_text(SUMMARY[-60:])
    # First "Loading widget...", then the line that says it cannot be shown: which is hidden.
    expect(area.locator(".jupyter-widgets")).to_be_hidden()
    expect(area).not_to_contain_text("widget", use_inner_text=True)
    area.screenshot(path=artifacts / "reopened.png")
    notebook = lab.read("kernel.ipynb")
    assert notebook.cells[FORM].outputs[-1].data["text/plain"] == SUMMARY
    assert "widgets" not in notebook.metadata


def test_nbconvert_shows_the_text(opened: NotebookPage, lab: Lab) -> None:
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "kernel.ipynb"]
    subprocess.run(command, cwd=lab.folder, check=True, capture_output=True)
    page = (lab.folder / "kernel.html").read_text()
    assert re.search(re.escape(SUMMARY[:60]), page)
