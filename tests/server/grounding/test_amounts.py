import pytest

from tests.server.grounding.reading import the_quantity


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("1 g", (1000.0,), "mg"),
        ("1000 mcg", (1.0,), "mg"),
        ("25-100 mg", (25.0, 100.0), "mg"),
        ("20 units", (20.0,), "unit"),
        ("two puffs", (2.0,), "puff"),
        ("85 mg/dL", (85.0,), "mg/dl"),
        ("4.7 mmol/L", (4.7,), "mmol/l"),
        ("1%", (1.0,), "%"),
        ("78 beats per minute", (78.0,), "bpm"),
    ],
)
def test_masses_are_compared_in_milligrams(text: str, values: tuple[float, ...], unit: str) -> None:
    found = the_quantity(text)
    assert (found.values, found.unit) == (values, unit)
