from mcp_kernel_tools.cohort_panel import NotebookBar
from mcp_kernel_tools.cohort_run import CohortProgress


def test_the_widgets_show_how_far_it_is() -> None:
    bar = NotebookBar()
    bar.show(CohortProgress(3, 8, "3 of 8 patients: 3 done"))
    assert (bar.bar.value, bar.bar.max) == (3, 8)
    assert bar.words.value.startswith("3 of 8 patients: 3 done · ")
    bar.end("8 of 8 \x1b")
    assert bar.words.value == "8 of 8 ␛"
