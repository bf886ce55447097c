"""axe-core (npm) on the form, in the light and the dark theme, and the screenshots to look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from mcp_kernel_tools.save_question import DELIBERATE
from tests.browser import axe
from tests.browser.form_page import FormPage
from tests.browser.jupyter_page import Lab, NotebookPage
from tests.running import RunningServer

FORM = 1
WIDE, NARROW = 1300, 620
"""Pixels of the window; with the side bar closed."""


def serious(form: FormPage) -> list[str]:
    return axe.serious(form.area.locator(".mkt-form"))


@pytest.fixture(scope="module")
def opened(lab: Lab, server: RunningServer, notebook: NotebookPage) -> Iterator[NotebookPage]:
    lab.write(
        "accessible.ipynb",
        "from mcp_kernel_tools import SummaryForm, SyncClient\n"
        f"client = SyncClient({server.url!r}, token={server.token!r})",
        "form = SummaryForm(client)\nform",
    )
    notebook.open("accessible.ipynb")
    notebook.command("application:toggle-left-area")
    notebook.run_all()
    yield notebook
    notebook.change_theme("Light")


@pytest.fixture
def form(opened: NotebookPage) -> FormPage:
    return FormPage(opened.output(FORM))


@pytest.fixture(params=["Light", "Dark"])
def theme(request: pytest.FixtureRequest, opened: NotebookPage) -> str:
    opened.change_theme(request.param)
    return str(request.param).lower()


def photograph(form: FormPage, artifacts: Path, name: str) -> None:
    form.area.page.set_viewport_size({"width": WIDE, "height": 1300})
    form.area.screenshot(path=artifacts / f"form-{name}.png")
    form.area.page.set_viewport_size({"width": NARROW, "height": 1300})
    form.area.screenshot(path=artifacts / f"form-{name}-narrow.png")
    form.area.page.set_viewport_size({"width": WIDE, "height": 1300})


def test_axe_finds_what_is_wrong(form: FormPage) -> None:
    form.area.locator(".mkt-warning").evaluate("(text) => { text.style.color = '#ccc'; }")
    assert "color-contrast" in "".join(serious(form))
    form.area.locator(".mkt-warning").evaluate("(text) => { text.style.color = ''; }")


def test_the_empty_form_is_accessible(form: FormPage, theme: str, artifacts: Path) -> None:
    photograph(form, artifacts, f"{theme}-empty")
    assert serious(form) == []


def test_the_form_in_use_is_accessible(form: FormPage, theme: str, artifacts: Path) -> None:
    form.summarize(42)
    form.wait_for_text(900)
    photograph(form, artifacts, f"{theme}-streaming")
    assert serious(form) == []
    form.stop()
    photograph(form, artifacts, f"{theme}-stopped")


def test_the_form_with_a_summary_is_accessible(form: FormPage, theme: str, artifacts: Path) -> None:
    form.choose(11)
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Saved in")
    toggle = form.table.get_by_role("button").first
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    photograph(form, artifacts, f"{theme}-saved")
    assert serious(form) == []
    toggle.click()


def test_what_there_is_to_check_is_accessible(form: FormPage, theme: str, artifacts: Path) -> None:
    form.choose(21)
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Not saved:")
    form.mark("50 mg daily").press("Enter")
    form.to_check.locator("summary").click()
    photograph(form, artifacts, f"{theme}-contradicted")
    assert serious(form) == []
    form.area.page.wait_for_timeout(1000 * DELIBERATE)
    form.button("Save anyway").click()
    expect(form.status).to_contain_text("Saved in")


def test_a_failure_is_accessible(form: FormPage, theme: str, artifacts: Path) -> None:
    form.choose(54)
    form.button("Summarize").click()
    expect(form.status).to_contain_text("Failed.")
    photograph(form, artifacts, f"{theme}-failed")
    assert serious(form) == []
