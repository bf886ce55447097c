"""Checks of judgements of a vital sign: high, normal, low, well or poorly controlled."""

from collections.abc import Iterator
from typing import Literal

from .claims import Verdict
from .notices import Notice, topics
from .record import Analysis, Record

Vital = Literal["pressure", "sugar", ""]

LEVELS = {
    **dict.fromkeys("high elevated raised increased above hypertensive".split(), "high"),
    **dict.fromkeys(
        "normal acceptable healthy fine normotensive reassuring satisfactory".split(), "normal"
    ),
    **dict.fromkeys("low reduced decreased below".split(), "low"),
}
CONTROL = {"good control": "normal", "near target": "normal", "poor control": "high"}
"""Keys of the lexicon that judge a value, and the level that they mean."""
_OTHERWISE = {"normal": "poor control", "high": "good control"}
"""For each level the key that says otherwise."""
_WITH_NORMAL = frozenset("above below outside over under exceeds exceed beyond than not".split())
_VITALS: dict[str, Vital] = {
    **dict.fromkeys(
        "pressure bp systolic diastolic hypertension hypertensive htn reading readings".split(),
        "pressure",
    ),
    **dict.fromkeys(
        "sugar glucose diabetes diabetic glycemic glycaemic glycemia t2dm".split(), "sugar"
    ),
}
_OTHERS = frozenset("ldl cholesterol lipids psa hemoglobin kidney kidneys".split())
"""What is measured too, and judged by the notes alone."""
_OF_ANOTHER_KIND = frozenset("eye intraocular ocular target".split())
_NO_READING = frozenset(
    "tablet tablets pill pills medication medications medicine medicines".split()
)
"""After "blood pressure" these say that no reading is meant."""
_THAN_DUE = frozenset("one we normal target goal ideal desired recommended optimal it i is".split())
_REACH = 13


def levels(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    """A notice for each word that judges the blood pressure or the blood sugar of the record."""
    plain = [token.plain for token in found.tokens]
    for mention in found.mentions:
        if level := CONTROL.get(mention.key):
            yield _judged(found, record, mention.start, mention.end, level, mention.key)
    for at, word in enumerate(plain):
        level = LEVELS.get(word) or _compared(plain, at)
        if not level or at in used or plain[at + 1 : at + 2] == ["with"]:
            continue  # "getting on fine with her tablets"
        if level == "normal" and set(plain[max(0, at - 3) : at]) & _WITH_NORMAL:
            yield Notice(at, at + 1, "vital", "neutral")
        elif _vital(plain, at) and not _is_of_a_note(found, record, at):
            yield _judged(found, record, at, at + 1, level)


def _is_of_a_note(found: Analysis, record: Record, at: int) -> bool:
    """ "Feeling is reduced in his feet", beside his diabetes: a line of the notes says so."""
    said = topics(found, at) - {found.tokens[at].stem}
    stem = found.tokens[at].stem
    return any(
        stem in line.stems and said & line.content
        for line in record.spoken
        if line.field == "notes"
    )


def _compared(plain: list[str], at: int) -> str | None:
    """ "Higher than it should be" is high; "higher than last year" says something else."""
    due = plain[at + 1 : at + 2] == ["than"] and bool(_THAN_DUE & {*plain[at + 2 : at + 4]})
    return {"higher": "high", "lower": "low"}.get(plain[at]) if due else None


def _judged(
    found: Analysis, record: Record, start: int, end: int, level: str, control: str = ""
) -> Notice:
    plain = [token.plain for token in found.tokens]
    clause = found.context.clause
    own = [word if clause[at] == clause[start] else "" for at, word in enumerate(plain)]
    vital = _vital(own, start) or ("" if control else _vital(plain, start))
    for entry in record.entries:
        if control and entry.key == control and _about(vital, plain, start) & _words(entry.text):
            return Notice(start, end, "vital", "supported", entry.field, entry.text)
        if control and entry.key == _OTHERWISE[level] and vital and _of(vital) & _words(entry.text):
            denied = found.context.polarity[start] == "absent"
            verdict: Verdict = "supported" if denied else "contradicted"
            return Notice(start, end, "vital", verdict, entry.field, entry.text)
    fitting = _fitting(record, vital)
    if not fitting:
        return Notice(start, end, "vital", "unsupported")
    denied = found.context.polarity[start] == "absent"
    field = "blood_pressure" if vital == "pressure" else "blood_sugar"
    verdict = "supported" if (level in fitting) != denied else "contradicted"
    return Notice(start, end, "vital", verdict, field, getattr(record.patient, field))


def _about(vital: Vital, plain: list[str], at: int) -> set[str]:
    """The words that a line of the record must share to speak of the same thing."""
    if vital:
        return _of(vital)
    return set(plain[max(0, at - _REACH) : at + _REACH]) - {"is", "the", "her", "his", "and", "a"}


def _of(vital: Vital) -> set[str]:
    return {word for word, kind in _VITALS.items() if kind == vital}


def _words(text: str) -> set[str]:
    return set(text.lower().split())


def _vital(plain: list[str], at: int) -> Vital:
    """The vital sign that stands closest to a word."""
    for distance in range(_REACH):
        for i in (at - distance, at + distance):
            if not 0 <= i < len(plain) or _NO_READING & {*plain[i + 1 : i + 2]}:
                continue
            if plain[i] in _OTHERS:
                return ""
            if vital := _VITALS.get(plain[i]):
                return "" if i and plain[i - 1] in _OF_ANOTHER_KIND else vital
    return ""


def is_high_sugar(record: Record) -> bool:
    """Whether the blood sugar of the record is high, and not near the limit."""
    fitting = _fitting(record, "sugar")
    return "high" in fitting and "normal" not in fitting


def _fitting(record: Record, vital: Vital) -> set[str]:
    """The levels that fit a value; near a limit more than one does.

    Limits: blood pressure ACC/AHA 2017 (130/80) and ESC/ESH 2018 (140/90); glucose ADA (fasting 70
    to 99 mg/dL is normal, below 70 low, 140 and more at any time high).
    """
    field = "blood_pressure" if vital == "pressure" else "blood_sugar"
    values = next((k.quantity.values for k in record.known if k.field == field), ())
    if vital == "pressure" and len(values) == 2:
        systolic, diastolic = values
        high, normal = systolic >= 120 or diastolic >= 80, systolic < 140 and diastolic < 90
        low = systolic < 100 or diastolic < 60
    elif vital == "sugar" and values:
        sugar = values[0] * (18.016 if values[0] < 35 else 1)
        high, normal, low = sugar >= 100, 70 <= sugar < 140, sugar < 75
    else:
        return set()
    return {name for name, fits in (("high", high), ("normal", normal), ("low", low)) if fits}
