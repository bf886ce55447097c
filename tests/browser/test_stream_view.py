"""The view without a form: wherever text comes from, it lands in its own place."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.jupyter_page import Lab, NotebookPage

VIEWS = """
import asyncio, threading, time
import ipywidgets
from mcp_kernel_tools.stream_view import StreamView

def words(name):
    return [f"{name}{number} " for number in range(40)]

def fill(view, name):
    view.start()
    for word in words(name):
        view.write(word)
        time.sleep(0.02)
    view.finish()

async def fill_slowly(view, name):
    view.start()
    for word in words(name):
        view.write(word)
        await asyncio.sleep(0.02)
    view.finish()

cell, thread, task, button = (StreamView(name) for name in ("Cell", "Thread", "Task", "Button"))
start = ipywidgets.Button(description="Start")
start.on_click(lambda _: fill(button, "button"))
"""
CELLS = [
    VIEWS,
    "cell",
    "thread",
    "task",
    "display(start)\nbutton",
    "fill(cell, 'cell')",
    "threading.Thread(target=fill, args=(thread, 'thread')).start()",
    "running = asyncio.create_task(fill_slowly(task, 'task'))",
    "task._live._number += 1\ntask.write('after a gap')\ntask.finish('Cut.')",
]
CELL, THREAD, TASK, BUTTON, GAP = 1, 2, 3, 4, 8


@pytest.fixture(scope="module")
def opened(lab: Lab, notebook: NotebookPage) -> NotebookPage:
    lab.write("views.ipynb", *CELLS)
    notebook.open("views.ipynb")
    for cell in range(BUTTON + 1):
        notebook.run_cell(cell)
    return notebook


def region(notebook: NotebookPage, cell: int, name: str) -> Locator:
    return notebook.output(cell).get_by_role("region", name=name)


def text(name: str) -> str:
    return "".join(f"{name}{number} " for number in range(40))


def test_text_from_a_cell_lands_in_the_cell_of_its_view(opened: NotebookPage) -> None:
    opened.run_cell(5)
    expect(region(opened, CELL, "Cell")).to_contain_text("cell39")
    assert region(opened, CELL, "Cell").text_content() == text("cell")


def test_text_from_a_thread_lands_in_the_cell_of_its_view(opened: NotebookPage) -> None:
    opened.run_cell(6)
    expect(region(opened, THREAD, "Thread")).to_contain_text("thread39")
    assert region(opened, THREAD, "Thread").text_content() == text("thread")


def test_text_from_a_task_lands_in_the_cell_of_its_view(opened: NotebookPage) -> None:
    opened.run_cell(7)
    expect(region(opened, TASK, "Task")).to_contain_text("task39")
    assert region(opened, TASK, "Task").text_content() == text("task")


def test_text_from_a_button_lands_in_the_cell_of_its_view(opened: NotebookPage) -> None:
    opened.output(BUTTON).get_by_role("button", name="Start").click()
    expect(region(opened, BUTTON, "Button")).to_contain_text("button39")
    assert region(opened, BUTTON, "Button").text_content() == text("button")


def test_a_message_that_was_lost_is_asked_for_again(opened: NotebookPage) -> None:
    opened.run_cell(GAP)
    expect(region(opened, TASK, "Task")).to_contain_text("after a gap")
    assert region(opened, TASK, "Task").text_content() == text("task") + "after a gap"
    expect(opened.output(TASK).locator(".mkt-stream-note")).to_have_text("Cut.")


def test_the_notebook_file_holds_each_text_in_its_own_cell(opened: NotebookPage, lab: Lab) -> None:
    opened.save()
    cells = lab.read("views.ipynb").cells
    texts = [cells[cell].outputs[-1].data["text/plain"] for cell in (CELL, THREAD, BUTTON)]
    assert texts == [text("cell"), text("thread"), text("button")]
    assert cells[TASK].outputs[-1].data["text/plain"].endswith("after a gap\n[Cut.]")


def test_a_page_that_is_loaded_anew_shows_the_text(opened: NotebookPage) -> None:
    opened.open("views.ipynb")
    expect(region(opened, CELL, "Cell")).to_contain_text("cell39")
    assert region(opened, CELL, "Cell").text_content() == text("cell")
    expect(opened.output(CELL).locator(".mkt-saved")).to_be_hidden()
