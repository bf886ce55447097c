from tests.benchmarks.measurement import Measurement
from tests.benchmarks.report import table


def measured(*rates: float) -> Measurement:
    found = Measurement("Tokens", "full speed", "tokens/s", "bare", headline=True)
    for rate in rates:
        found.add("bare", {"value": 100.0})
        found.add("ours", {"value": rate})
    return found


def shown(now: Measurement, before: Measurement) -> str:
    part = {"machine": "2 cores, load 0.1", "before": [before.as_json()]}
    return table({"tokens": part}, [now]).splitlines()[-1]


def test_a_line_has_floor_ours_and_the_ratio_with_its_spread() -> None:
    line = shown(measured(80, 90, 95), measured(90))
    assert line.startswith("| full speed, tokens/s | 100 (bare) | 90 | 0.90 (0.80–0.95) |")


def test_two_runs_that_differ_are_both_shown() -> None:
    assert "the run before" not in shown(measured(90), measured(80))
    assert "0.90 (0.90–0.90); the run before 0.60" in shown(measured(90), measured(60))
