"""Every benchmark, one after the other: `make bench`.

    python -m tests.benchmarks [PART ...]

What was measured goes to .artifacts/benchmarks.json, a part at a time, so that a part can be
measured again on its own; `python -m tests.benchmarks.report` makes the README's table from it. The
figures of the run before are kept beside the new ones: the table says where the two differ.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from tests.benchmarks import browser_path, first_token, notebook_start, report, search, start
from tests.benchmarks import token_path as tokens
from tests.benchmarks.machine import machine, versions
from tests.benchmarks.measurement import Measurement

PARTS: dict[str, Callable[[], Sequence[Measurement]]] = {
    "start": lambda: asyncio.run(start.measure()),
    "notebook": notebook_start.measure,
    "tokens": lambda: asyncio.run(tokens.measure()),
    "growth": lambda: asyncio.run(tokens.grow()),
    "first": lambda: asyncio.run(first_token.measure()),
    "search": search.measure,
    "browser": browser_path.measure,
}


def main(names: Sequence[str]) -> None:
    """Measure the named parts, or all; what the others gave last time stays."""
    results: dict[str, Any] = {}
    if report.RESULTS.exists():
        results = json.loads(report.RESULTS.read_text())
    for name in names or PARTS:
        where = machine()
        print(f"\n# {name}: {where}\n{versions()}", flush=True)
        measured = PARTS[name]()
        before = results.get(name, {}).get("measurements", [])
        print("\n" + "\n\n".join(map(str, measured)), flush=True)
        results[name] = {
            "machine": where,
            "versions": versions(),
            "measurements": [each.as_json() for each in measured],
            "before": before,
        }
        report.RESULTS.parent.mkdir(exist_ok=True)
        report.RESULTS.write_text(json.dumps(results, indent=1))
    report.main()


if __name__ == "__main__":
    main(sys.argv[1:])
