"""Checks of judgements of a vital sign: high, normal, low, controlled."""

from collections.abc import Iterator

from .notices import Notice
from .record import Analysis, Record

_HIGH = frozenset("high elevated raised increased above hypertensive".split())
_NORMAL = frozenset("normal acceptable healthy fine unremarkable normotensive reassuring satisfactory".split())
_LOW = frozenset("low reduced decreased below".split())
_PRESSURE = frozenset({"pressure", "bp", "systolic", "diastolic", "hypertension"})
_SUGAR = frozenset({"sugar", "glucose", "diabetes", "glycemic", "glycaemic"})


def levels(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    """A notice for each word that judges the blood pressure or the blood sugar of the record."""
    plain = [t.plain for t in found.tokens]
    for at, word in enumerate(plain):
        level = "high" if word in _HIGH else "normal" if word in _NORMAL else "low" if word in _LOW else ""
        if not level or at in used or word == "below" and "target" in plain:
            continue
        vital = _vital(plain, at)
        if not vital:
            continue
        denied = found.context.polarity[at] == "absent"
        fits = level in _levels(record, vital)
        if not _levels(record, vital):
            yield Notice(at, at + 1, "vital", "unsupported")
            continue
        field = "blood_pressure" if vital == "pressure" else "blood_sugar"
        right = fits != denied
        yield Notice(at, at + 1, "vital", "supported" if right else "contradicted", field, getattr(record.patient, field))


def _vital(plain: list[str], at: int) -> str:
    for distance in range(1, 10):
        for i in (at - distance, at + distance):
            if 0 <= i < len(plain):
                if plain[i] in _PRESSURE:
                    return "pressure"
                if plain[i] in _SUGAR:
                    return "sugar"
    return ""


def _levels(record: Record, vital: str) -> set[str]:
    """The words that fit a value; near a limit more than one does.

    Limits: blood pressure ACC/AHA 2017 and ESC/ESH 2018, glucose ADA (fasting 70-99, random < 140).
    """
    for known in record.known:
        values = known.quantity.values
        if vital == "pressure" and known.field == "blood_pressure" and known.quantity.kind == "pressure":
            high, low = values
            return (
                ({"high"} if high >= 120 or low >= 80 else set())
                | ({"normal"} if high < 140 and low < 90 and high >= 90 else set())
                | ({"low"} if high < 100 or low < 60 else set())
            )
        if vital == "sugar" and known.field == "blood_sugar" and values:
            sugar = values[0] * (18.016 if values[0] < 35 else 1)
            return (
                ({"high"} if sugar >= 100 else set())
                | ({"normal"} if 70 <= sugar < 140 else set())
                | ({"low"} if sugar < 75 else set())
            )
    return set()
