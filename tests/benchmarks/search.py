"""The search and the saved summaries: what `bench_data` measures, as lines of the table.

    python -m tests.benchmarks.search

The floor of the search is what people would write by hand: `str.contains` of pandas over every text
column. Saving has no floor but its own size: it is measured at ten times the rows as well.
"""

import tempfile
from pathlib import Path

from tests.benchmarks import bench_data
from tests.benchmarks.machine import machine
from tests.benchmarks.measurement import Measurement

PART = "Search and store"
PANDAS, OURS = "pandas str.contains", "ours"
SEARCH = "search, p50 ms CPU"
STORE = {
    "save one": "summaries: save one, p50 ms CPU",
    "read one": "summaries: read one, p50 ms CPU",
    "list a page": "summaries: list a page, p50 ms CPU",
}


def measure(sizes: tuple[int, ...] = (1_000, 10_000, 100_000)) -> list[Measurement]:
    """Medians of many searches and saves at each size, in CPU time."""
    done: list[Measurement] = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            figures = bench_data._of_size(rows, Path(folder), Path(folder))
            done += [_search(rows, figures), *_store(rows, figures["saved summaries"])]
    return done


def _search(rows: int, figures: dict[str, bench_data.Figures]) -> Measurement:
    what = f"a search among {rows:,} patients"
    done = Measurement(PART, what, "ms CPU", PANDAS, size=rows, headline=rows >= 100_000)
    done.add(PANDAS, {"value": figures[PANDAS][SEARCH]})
    done.add(OURS, {"value": figures["next start"][SEARCH]})
    return done


def _store(rows: int, figures: bench_data.Figures) -> list[Measurement]:
    done = []
    for what, name in STORE.items():
        line = Measurement(PART, f"{what}, {rows:,} saved summaries", "ms CPU", OURS, size=rows)
        line.add(OURS, {"value": figures[name]})
        done.append(line)
    return done


if __name__ == "__main__":
    print(machine())
    for measured in measure():
        print(f"\n{measured}")
