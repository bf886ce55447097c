"""How long Run All takes until the form of a notebook can be used.

    python -m tests.benchmarks.notebook_start

The notebook is the README's three lines. The floor is a notebook whose one cell shows an empty text
field of ipywidgets.
"""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.machine import machine
from tests.benchmarks.measurement import Aim, Figures, Measurement
from tests.browser.jupyter_page import Lab, NotebookPage, jupyterlab, launch
from tests.running import free_port, recording

FLOOR, OURS, EMBEDDED = "a text field", "ours", "ours, embedded model"
FORM = """from mcp_kernel_tools import SummaryForm, SyncClient, start_server
client = SyncClient(start_server({model}))
SummaryForm(client)"""
FIELD = "import ipywidgets\nipywidgets.Text(description='Keyword')"


def until_usable(lab: Lab, page: Page, code: str) -> Figures:
    """Seconds from Run All, in a kernel that has just started, to a field that takes a keyword."""
    lab.write("start.ipynb", code)
    notebook = NotebookPage(lab, page)
    notebook.open("start.ipynb")
    start = time.perf_counter()
    notebook.command("runmenu:run-all")
    notebook.output(0).get_by_role("textbox").first.wait_for()
    seconds = time.perf_counter() - start
    notebook.shut_kernel_down()
    return {"value": seconds}


def measure(rounds: int = 3) -> list[Measurement]:
    """Each round has a kernel, a server and a model of its own; the first round does not count."""
    what = "Run All to a usable form"
    done = Measurement("Start", what, "s", FLOOR, aim=Aim(OURS, "value", at_most=5))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        replay = recording(Path(folder) / "model.jsonl", ["Well."])
        cells = {
            FLOOR: FIELD,
            OURS: FORM.format(model=f"model={replay!r}"),
            EMBEDDED: FORM.format(model="model='embedded'"),
        }
        settings = {
            "MCP_KERNEL_TOOLS_PORT": "0",
            "MCP_KERNEL_TOOLS_SUMMARIES": f"{folder}/summaries.csv",
            "MCP_KERNEL_TOOLS_RUNTIME": f"{folder}/runtime",
        }
        with jupyterlab(Path(folder), free_port(), settings) as lab:
            page = browser.new_page(viewport={"width": 1300, "height": 1300})
            for number in range(rounds + 1):
                for side, code in cells.items():
                    figures = until_usable(lab, page, code)
                    if number:
                        done.add(side, figures)
        browser.close()
    return [done]


if __name__ == "__main__":
    print(machine())
    for measured in measure():
        print(measured)
