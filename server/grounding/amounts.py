"""Amounts: numbers with a unit, such as doses and laboratory values."""

import re

from .quantity import ABOUT, NUMBER, Quantity, Reader, closeness, reader

_MILLIGRAMS = {
    **dict.fromkeys(("mg", "milligram", "milligrams"), 1.0),
    **dict.fromkeys(("mcg", "µg", "μg", "ug", "microgram", "micrograms"), 0.001),
    **dict.fromkeys(("g", "gm", "gram", "grams"), 1000.0),
}
_UNITS = {
    "ml": "ml milliliter milliliters millilitre millilitres cc",
    "liter": "l liter liters litre litres",
    "unit": "u iu unit units",
    "puff": "puff puffs inhalation inhalations",
    "tablet": "tablet tablets tab tabs pill pills capsule capsules",
    "drop": "drop drops",
    "%": "% percent",
    "kg": "kg kilo kilos kilogram kilograms",
    "lb": "lb lbs pound pounds",
    "bpm": "bpm",
    "cm": "cm",
    "mmhg": "mmhg",
}
_PHRASES = {
    "beats per minute": "bpm",
    "beats a minute": "bpm",
    "/ min": "bpm",
    "mm hg": "mmhg",
    "mg / dl": "mg/dl",
    "mg per dl": "mg/dl",
    "mg per deciliter": "mg/dl",
    "milligrams per deciliter": "mg/dl",
    "milligrams per decilitre": "mg/dl",
    "mmol / l": "mmol/l",
    "mmol per liter": "mmol/l",
    "mmol per litre": "mmol/l",
    "mmol": "mmol/l",
}
_NAMES = _PHRASES | {word: unit for unit, words in _UNITS.items() for word in words.split()}
_ALL = "|".join(re.escape(n) for n in sorted([*_NAMES, *_MILLIGRAMS], key=len, reverse=True))


def _amount(match: re.Match[str], where: range) -> Quantity:
    values = tuple(map(float, re.findall(NUMBER, match["values"])))
    factor = _MILLIGRAMS.get(match["unit"])
    if factor:
        values = tuple(round(value * factor, 6) for value in values)
    unit = "mg" if factor else _NAMES[match["unit"]]
    return Quantity("amount", values, where, match[0], unit, closeness(match))


AMOUNTS: tuple[Reader, ...] = (
    reader(rf"{ABOUT}(?P<values>{NUMBER}(?: ?[-/] ?{NUMBER})?) ?(?P<unit>{_ALL})", _amount),
)
