"""The form on a page, found as a screen reader finds it: by roles and accessible names."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from mcp_kernel_tools.save_question import DELIBERATE

SAMPLE = """(region) => {
  const lengths = [];
  let done = false;
  const look = () => {
    const length = region.textContent.length;
    if (length !== lengths.at(-1)) lengths.push(length);
    if (!done) requestAnimationFrame(look);
  };
  look();
  window.stopSampling = () => {
    done = true;
    return lengths;
  };
}"""


@dataclass
class FormPage:
    """The form in the output of one cell."""

    area: Locator

    @property
    def keyword(self) -> Locator:
        return self.area.get_by_role("textbox", name="Keyword")

    @property
    def matches(self) -> Locator:
        return self.area.get_by_role("listbox", name="Matches")

    @property
    def record(self) -> Locator:
        return self.area.get_by_role("region", name="Record")

    @property
    def summary(self) -> Locator:
        return self.area.get_by_role("region", name="Summary")

    @property
    def log(self) -> Locator:
        return self.summary.get_by_role("log")

    @property
    def edit(self) -> Locator:
        return self.area.get_by_role("textbox", name="Edit summary")

    @property
    def status(self) -> Locator:
        return self.area.get_by_role("status", name="Status")

    @property
    def table(self) -> Locator:
        return self.area.get_by_role("table", name="Saved summaries")

    @property
    def to_check(self) -> Locator:
        return self.area.get_by_role("region", name="To check")

    def mark(self, words: str) -> Locator:
        """The button of one mark."""
        return self.to_check.get_by_role("button", name=words)

    @property
    def save_when_complete(self) -> Locator:
        return self.area.get_by_role("checkbox", name="Save when complete")

    def button(self, name: str) -> Locator:
        return self.area.get_by_role("button", name=name)

    def search(self, keyword: str) -> None:
        """Type the keyword and wait for its matches."""
        self.keyword.fill("")
        self.keyword.press_sequentially(keyword)
        expect(self.status).to_contain_text(f"“{keyword}”")

    def choose(self, patient_id: int, keyword: str = "diabetes") -> None:
        """Search, and pick the patient with a click."""
        self.search(keyword)
        self.matches.get_by_role("option", name=f"(ID {patient_id})").click()
        expect(self.record).to_contain_text(f"ID {patient_id}")
        expect(self.button("Summarize")).to_be_enabled()

    def summarize(self, patient_id: int) -> None:
        self.choose(patient_id)
        self.button("Summarize").click()
        expect(self.button("Stop")).to_be_enabled()

    def save_anyway(self) -> None:
        """Answer the question of a text that the record contradicts."""
        expect(self.status).to_contain_text("Not saved:")
        self.area.page.wait_for_timeout(1000 * DELIBERATE)  # sooner it is a double click
        self.button("Save anyway").press("Enter")
        expect(self.status).to_contain_text("Saved in")

    def stop(self) -> None:
        self.button("Stop").click()
        expect(self.status).to_contain_text("Incomplete, not saved.")

    def wait_for_text(self, characters: int, seconds: float = 30) -> None:
        """Until the summary has so many characters."""
        long_enough = re.compile(rf"^[\s\S]{{{characters},}}$")
        expect(self.summary).to_have_text(long_enough, timeout=1000 * seconds)

    @property
    def text(self) -> str:
        """The summary exactly as it stands in the page."""
        return self.summary.text_content() or ""

    def start_sampling(self) -> None:
        """Note the length of the text in every frame that the browser paints."""
        self.summary.evaluate(SAMPLE)

    def stop_sampling(self) -> list[int]:
        lengths: list[int] = self.area.page.evaluate("() => window.stopSampling()")
        return lengths
