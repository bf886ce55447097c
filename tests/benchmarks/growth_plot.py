"""How the work grows with its size: what is linear looks linear (both axes are logarithmic)."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.benchmarks.measurement import Measurement

COMMENT = "<!-- python -m tests.benchmarks.report, with matplotlib; nothing in it is random -->"

Value = Callable[[Measurement, str], float]


def draw(measured: Sequence[Measurement], path: Path) -> None:
    """Three plots side by side: the tokens, the browser, the search and the saved summaries."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "growth", "font.size": 8}):
        figure = Figure(figsize=(9.5, 3.6), layout="constrained")
        tokens, browser, rows = figure.subplots(1, 3)
        _lines(tokens, _of(measured, "Token path", "full speed"), _seconds)
        tokens.set(title="tokens from model to client", xlabel="tokens", ylabel="seconds")
        _lines(browser, _of(measured, "Browser path", "bytes"), _kilobytes)
        browser.set(title="kernel to browser", xlabel="tokens", ylabel="kB on the websocket")
        _lines(rows, _of(measured, "Search and store", "a search"), Measurement.median)
        _lines(rows, _of(measured, "Search and store", "save one"), Measurement.median, "save one")
        rows.set(title="search and save", xlabel="rows", ylabel="ms CPU")
        for axes in (tokens, browser, rows):
            axes.set(xscale="log", yscale="log")
            # Below the plot: inside, seven names would hide a line.
            axes.legend(fontsize=6, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.2))
            axes.grid(alpha=0.3)
        figure.savefig(path, metadata={"Date": None, "Creator": None})
    _comment(path)


def _of(measured: Sequence[Measurement], part: str, word: str) -> list[Measurement]:
    """By their sizes; a size that was measured twice counts once."""
    found = {each.size: each for each in measured if each.part == part and word in each.what}
    return [found[size] for size in sorted(found)]


def _lines(axes: Axes, sizes: Sequence[Measurement], value: Value, name: str = "") -> None:
    for side in dict.fromkeys(side for each in sizes for side in each.rounds):
        there = [each for each in sizes if side in each.rounds]
        points = [value(each, side) for each in there]
        if len(there) > 1:
            label = f"{side}, {name}" if name else side
            axes.plot([each.size for each in there], points, marker="o", ms=3, lw=1, label=label)


def _seconds(measured: Measurement, side: str) -> float:
    return measured.size / measured.median(side)


def _kilobytes(measured: Measurement, side: str) -> float:
    return measured.median(side, "kB")


def _comment(path: Path) -> None:
    text = re.sub(r"[ \t]+\n", "\n", path.read_text(encoding="utf-8"))
    head, line, rest = text.partition("?>\n")
    path.write_text(f"{head}{line}{COMMENT}\n{rest}", encoding="utf-8")
