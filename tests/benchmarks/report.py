"""The README's table and plot, from what the benchmarks wrote last.

    python -m tests.benchmarks.report [--check]

`--check` writes nothing and fails when the README shows other figures than were measured last.
"""

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.measurement import Measurement

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / ".artifacts" / "benchmarks.json"
README = ROOT / "README.md"
PLOT = Path(__file__).with_name("growth.svg")
BEGIN = "<!-- python -m tests.benchmarks.report writes this -->"
END = "<!-- to here -->"
DIFFERENT = 0.2
"""Two runs whose ratios differ by more than this share are both shown."""

HEADER = """\
| what | floor | ours | ours / floor | aim | instead |
| --- | --- | --- | --- | --- | --- |"""


def main(arguments: tuple[str, ...] = ()) -> int:
    results: dict[str, Any] = json.loads(RESULTS.read_text())
    measured = [
        Measurement.from_json(said) for part in results.values() for said in part["measurements"]
    ]
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    written = f"{before}{BEGIN}\n{table(results, measured)}\n{END}{after}"
    if "--check" in arguments:
        return int(written != text)
    README.write_text(written, encoding="utf-8")
    from tests.benchmarks.growth_plot import draw  # half a second of matplotlib, for this alone

    draw(measured, PLOT)
    return 0


def table(results: dict[str, Any], measured: list[Measurement]) -> str:
    """The lines that have an aim, and those that say so; the rest is in the JSON file."""
    earlier = _before(results)
    lines = [
        _line(each, earlier.get((each.part, each.what)))
        for each in measured
        if each.aim or each.headline
    ]
    where = sorted({part["machine"].partition(", load")[0] for part in results.values()})
    loads = sorted(float(part["machine"].rpartition("load ")[2]) for part in results.values())
    seen = f"Measured on {'; '.join(where)}; load before each part {loads[0]} to {loads[-1]}."
    return "\n".join([seen, "", HEADER, *lines])


def _before(results: dict[str, Any]) -> dict[tuple[str, str], Measurement]:
    """The measurements of the run before, by part and by what was measured."""
    said = (each for part in results.values() for each in part.get("before", []))
    return {(each.part, each.what): each for each in map(Measurement.from_json, said)}


def _ratio(measured: Measurement, before: Measurement | None) -> str:
    """Ours in units of the floor, with the spread; and the run before, where it says otherwise."""
    ratios = measured.ratios(_ours(measured))
    if not ratios:
        return ""
    said = f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"
    earlier = before.ratios(_ours(before)) if before else []
    if earlier and abs(median(ratios) / median(earlier) - 1) > DIFFERENT:
        return f"{said}; the run before {median(earlier):.2f}"
    return said


def _ours(measured: Measurement) -> str:
    return next(side for side in measured.rounds if side.startswith("ours"))


def _line(measured: Measurement, before: Measurement | None = None) -> str:
    ours = _ours(measured)
    others = [
        f"{side} {_figure(measured.median(side))}"
        for side in measured.rounds
        if side not in (measured.floor, ours)
    ]
    reached = {True: "", False: " **missed**", None: ""}[measured.reached()]
    floor = f"{_figure(measured.median(measured.floor))} ({measured.floor})"
    cells = [
        f"{measured.what}, {measured.unit}",
        floor,
        _figure(measured.median(ours)),
        _ratio(measured, before),
        f"{measured.aim}{reached}" if measured.aim else "",
        ", ".join(others),
    ]
    return f"| {' | '.join(cells)} |"


def _figure(number: float) -> str:
    """Three figures that say something; what never ended is no number."""
    if number == float("inf"):
        return "not whole"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
