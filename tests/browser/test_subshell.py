"""Clicks while a cell is busy, where JupyterLab is told to use no subshells."""

import json
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.form_page import FormPage
from tests.browser.jupyter_page import Lab, NotebookPage
from tests.running import RunningServer

FORM, BUSY = 1, 2
SETTING = "lab/api/settings/@jupyterlab/apputils-extension:kernels-settings"


def set_up(lab: Lab, subshells: str) -> None:
    body = json.dumps({"raw": json.dumps({"commsOverSubshells": subshells})}).encode()
    request = urllib.request.Request(f"{lab.url}/{SETTING}", body, method="PUT")
    urllib.request.urlopen(request).close()


@pytest.fixture(scope="module")
def opened(lab: Lab, server: RunningServer, notebook: NotebookPage) -> Iterator[NotebookPage]:
    lab.write(
        "subshell.ipynb",
        "from mcp_kernel_tools import SummaryForm, SyncClient\n"
        f"client = SyncClient({server.url!r}, token={server.token!r})",
        "form = SummaryForm(client)\nform",
        "import time\nend = time.time() + 3\nwhile time.time() < end: pass",
    )
    set_up(lab, "disabled")
    notebook.open("subshell.ipynb")
    notebook.run_cell(0)
    notebook.run_cell(FORM)
    yield notebook
    set_up(lab, "perCommTarget")


def test_the_form_says_that_clicks_wait_for_a_busy_cell(opened: NotebookPage) -> None:
    form = FormPage(opened.output(FORM))
    hint = form.area.get_by_text("While a cell runs, a click here waits")
    expect(hint).to_be_hidden()
    form.choose(42)
    expect(hint).to_be_visible()


def test_the_text_grows_all_the_same_and_the_click_comes_after_the_cell(
    opened: NotebookPage,
) -> None:
    form = FormPage(opened.output(FORM))
    form.button("Summarize").click()
    form.wait_for_text(50)
    opened.start_cell(BUSY)
    form.wait_for_text(len(form.text) + 500)
    form.stop()
