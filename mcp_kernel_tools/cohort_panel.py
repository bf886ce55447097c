"""The bar of a cohort as widgets, below the cell that runs it."""

import ipywidgets
from IPython.display import display

from mcp_kernel_tools.cohort_bar import Pace, told
from mcp_kernel_tools.cohort_run import CohortProgress
from mcp_kernel_tools.wire import visible


class NotebookBar:
    """A bar and a line of words."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self.bar = ipywidgets.IntProgress(value=0, max=1, layout={"width": "20em"})
        self.words = ipywidgets.Label("Starting …")
        self._shown = False

    def show(self, progress: CohortProgress) -> None:
        self._pace.add(progress.done)
        self.bar.max, self.bar.value = max(progress.total, 1), progress.done
        self.words.value = told(progress, self._pace)
        self._show()

    def end(self, words: str) -> None:
        self.words.value = visible(words)
        self._show()

    def _show(self) -> None:
        if not self._shown:
            self._shown = True
            display(ipywidgets.HBox([self.bar, self.words]))  # type: ignore[no-untyped-call]
