"""From a token in the kernel to the frame of the screen in which it is shown.

    python -m tests.benchmarks.browser_path

All sides stream in cells of one notebook, in one JupyterLab and one Chromium, at 400 tokens/s. The
floor is a widget message for each token and a browser that does nothing but append it.
"""

import bisect
import json
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import CDPSession, Error, sync_playwright

from tests.benchmarks.machine import machine
from tests.benchmarks.measurement import Aim, Figures, Measurement
from tests.benchmarks.streams import WAYS, tokens
from tests.browser.jupyter_page import NotebookPage, jupyterlab, launch
from tests.running import free_port

PART = "Browser path"
FLOOR, OURS, *PEERS = WAYS
PER_SECOND = 400.0
LINEAR = (FLOOR, OURS, "HTML.value at 20 Hz")

IMPORTED, MADE, STREAMED = 0, 1, 2
"""The cell that imports, the one that shows a side, and the one that fills it."""

SET_CODE = """([cell, code]) =>
  window.jupyterapp.shell.currentWidget.content.widgets[cell].model.sharedModel.setSource(code)"""
HAS_RUN = """(cell) => window.jupyterapp.shell.currentWidget.content.widgets[cell]
  .model.executionCount !== null"""
WATCH = """([cell, selector]) => {
  const area = document.querySelectorAll(".jp-CodeCell")[cell].querySelector(".jp-Cell-outputArea");
  const shown = () =>
    [...area.querySelectorAll(selector)].reduce((sum, each) => sum + each.textContent.length, 0);
  const watch = (window.watch = { samples: [], length: 0, stopped: false });
  let changed = true;
  new MutationObserver(() => (changed = true)).observe(area, {
    subtree: true, childList: true, characterData: true,
  });
  const look = (now) => {
    if (changed) {
      changed = false;
      watch.length = shown();
      watch.samples.push([performance.timeOrigin + now, watch.length]);
    }
    if (!watch.stopped) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


@contextmanager
def notebook() -> Iterator[tuple[NotebookPage, CDPSession]]:
    """A notebook, open in JupyterLab, and what counts the time of its main thread."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        with jupyterlab(Path(folder), free_port(), {}) as lab:
            lab.write("bench.ipynb", "from tests.benchmarks.streams import *", "pass", "pass")
            page = browser.new_page(viewport={"width": 1300, "height": 1300})
            notebook = NotebookPage(lab, page)
            notebook.open("bench.ipynb")
            profiler = page.context.new_cdp_session(page)
            profiler.send("Performance.enable")
            yield notebook, profiler
            notebook.shut_kernel_down()
        browser.close()


def shown(notebook: NotebookPage, profiler: CDPSession, way: str, count: int) -> Figures:
    """One stream, in a kernel of its own: when its tokens were seen, and what it cost.

    A stream that is not whole on the screen after three times its own length has no delay, and
    infinite bytes: it did not keep up.
    """
    notebook.restart_kernel()
    notebook.clear_outputs()
    notebook.page.evaluate(SET_CODE, [MADE, f"make({way!r})"])
    notebook.page.evaluate(SET_CODE, [STREAMED, f"stream({count}, {PER_SECOND})"])
    _run(notebook, IMPORTED)
    _run(notebook, MADE)
    drawn = WAYS[way][1] if way in {FLOOR, OURS} else ".jp-OutputArea-output"
    notebook.output(MADE).locator(drawn).first.wait_for(state="attached")
    notebook.page.evaluate(WATCH, [MADE, WAYS[way][1]])
    notebook.traffic.reset()
    busy = _main_thread_seconds(profiler)
    notebook.start_cell(STREAMED)
    length, ideal = len("".join(tokens(count))), count / PER_SECOND
    with suppress(Error):
        notebook.wait_for("length => window.watch.length >= length", length, 10 + 3 * ideal)
    with suppress(Error):  # where the server dropped messages, the kernel's last one may be lost
        notebook.wait_for(HAS_RUN, STREAMED, 10)
    busy = _main_thread_seconds(profiler) - busy
    samples = notebook.page.evaluate("() => { window.watch.stopped = true; return watch.samples; }")
    passed = json.loads((notebook.lab.folder / "passed.json").read_text())
    delays = _delays(passed, samples)
    whole = bool(samples) and samples[-1][1] >= length
    return {
        "value": notebook.traffic.both_ways / length,
        "kB": notebook.traffic.both_ways / 1000,
        "frames": notebook.traffic.received + notebook.traffic.sent,
        "main thread ms": busy * 1000,
        "p50 ms": statistics.median(delays) if delays else float("inf"),
        "p95 ms": statistics.quantiles(delays, n=20)[-1] if whole else float("inf"),
    }


def _run(notebook: NotebookPage, cell: int) -> None:
    notebook.start_cell(cell)
    notebook.wait_for(HAS_RUN, cell)


def _main_thread_seconds(profiler: CDPSession) -> float:
    metrics = profiler.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _delays(
    passed: Sequence[tuple[int, float]], samples: Sequence[tuple[float, int]]
) -> list[float]:
    """Milliseconds from each token to the first frame that shows it."""
    highest, lengths = 0, []
    for _, length in samples:
        highest = max(highest, length)
        lengths.append(highest)
    places = [bisect.bisect_left(lengths, length) for length, _ in passed]
    return [
        samples[place][0] - when
        for (_, when), place in zip(passed, places, strict=True)
        if place < len(samples)
    ]


def measurements(count: int) -> tuple[Measurement, Measurement]:
    """Bytes for each byte of text, and the delay; both out of the same streams."""
    traffic = Measurement(
        PART,
        f"bytes on the kernel's websocket for each byte of text, {count:,} tokens",
        "bytes",
        FLOOR,
        aim=Aim(OURS, "value", at_most=_allowed(count)),
        size=count,
    )
    delay = Measurement(
        PART,
        f"p95 delay from token to frame, {count:,} tokens",
        "ms",
        FLOOR,
        aim=Aim(OURS, "value", at_most=100),
        size=count,
    )
    return traffic, delay


def _allowed(count: int) -> float:
    """Twice the text's own bytes and 1 kB for each update, of which there are 20 a second."""
    length = len("".join(tokens(count)))
    return round(2 + 1000 * 20 * count / PER_SECOND / length, 1)


def measure(
    sizes: Sequence[tuple[int, int]] = ((500, 3), (2_000, 1), (10_000, 1)),
) -> list[Measurement]:
    """Sizes are (tokens, rounds); a round that does not count comes before all."""
    done: list[Measurement] = []
    with notebook() as (page, profiler):
        for way in WAYS:
            shown(page, profiler, way, 50)
        for count, rounds in sizes:
            traffic, delay = measurements(count)
            for _ in range(rounds):
                for way in WAYS if count < 5_000 else LINEAR:
                    figures = shown(page, profiler, way, count)
                    traffic.add(way, figures)
                    delay.add(way, {"value": figures["p95 ms"], "p50 ms": figures["p50 ms"]})
            done += [traffic, delay]
    return done


if __name__ == "__main__":
    print(machine())
    for measured in measure():
        print(f"\n{measured}")
