"""Checks of numbers: vital signs, age, dates, durations, counts, and every other number."""

from collections.abc import Iterator
from datetime import timedelta

from .notices import Notice, near
from .quantities import Quantity, same_date
from .record import Analysis, Known, Record

_SUGAR = frozenset(
    {"sugar", "glucose", "bg", "bgl", "glycemia", "fbs", "rbs", "fbg", "cbg", "sugars", "glycaemia"}
)
_PRESSURE = frozenset({"pressure", "bp", "sbp", "dbp", "systolic", "diastolic", "pressures"})
_MMOL = 18.016
"""mg/dL in one mmol/L of glucose: its molar mass, 180.16 g/mol, over ten."""

_FUTURE = frozenset(
    {"next", "upcoming", "will", "scheduled", "due", "future", "planned", "forthcoming"}
)
_VISIT = frozenset(
    "visit visited seen attended appointment encounter review reviewed consultation clinic evaluated assessed examined visits checkup check saw last recent".split()
)
_EVENT = frozenset(
    "since diagnosed onset began started born birth operated admitted prescribed quit stopped hospitalized".split()
)
_TARGET = frozenset(
    "medications medication medicines drugs meds prescriptions drug medicine tablets".split()
)
_COUNTED: dict[str, str] = {
    **dict.fromkeys(
        "medication medications medicine medicines drug drugs meds prescription prescriptions".split(),
        "medications",
    ),
    **dict.fromkeys(
        "condition conditions diagnosis diagnoses disease diseases comorbidities illnesses disorders disorder problem problems".split(),
        "conditions",
    ),
    **dict.fromkeys("symptom symptoms complaint complaints".split(), "symptoms"),
    **dict.fromkeys("allergy allergies allergen allergens".split(), "allergies"),
    **dict.fromkeys("relative relatives".split(), "family"),
}
_QUALIFIERS = frozenset(
    "current known recorded listed documented regular prescribed different other main presenting established diagnosed active existing separate reported drug medical ongoing daily oral".split()
)


def measures(found: Analysis, record: Record, used: set[int]) -> Iterator[Notice]:
    """A notice for each quantity that is not part of a dose."""
    for quantity in found.quantities:
        if not used.isdisjoint(quantity.tokens):
            continue
        notice = _measure(found, record, quantity)
        if notice:
            yield notice


def _measure(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    match quantity.kind:
        case "date":
            return _date(found, record, quantity)
        case "age":
            return _age(found, record, quantity)
        case "pressure" | "systolic" | "diastolic":
            return _pressure(record, quantity)
        case "amount":
            return _amount(found, record, quantity)
        case "duration":
            return _duration(found, record, quantity)
        case "schedule":
            return _schedule(record, quantity)
        case "period":
            return _period(record, quantity)
        case _:
            return _number(found, record, quantity)


def _say(
    quantity: Quantity,
    kind: str,
    verdict: str,
    known: Known | None = None,
    field: str = "",
    evidence: str = "",
) -> Notice:
    if known:
        field, evidence = known.field, known.text
    return Notice(quantity.tokens.start, quantity.tokens.stop, kind, verdict, field, evidence)  # type: ignore[arg-type]


def _matching(record: Record, kind: str) -> list[Known]:
    return [known for known in record.known if known.quantity.kind == kind]


def _within(quantity: Quantity, known: float, said: float, *, slack: float) -> bool:
    """Whether a number that is said fits the one that is known: "over 140" fits 150."""
    if "over" in quantity.tags:
        return said <= known <= said * 1.25
    if "under" in quantity.tags:
        return said * 0.8 <= known <= said
    if "about" in quantity.tags:
        return abs(known - said) <= max(slack * known, 1e-9)
    return abs(known - said) < 1e-6


def _date(found: Analysis, record: Record, quantity: Quantity) -> Notice:
    where = quantity.tokens
    for known in _matching(record, "date"):
        year, month, day = map(int, known.quantity.values)
        if not (year and month and day):
            agrees = quantity.values == known.quantity.values
        else:
            from datetime import date

            agrees = same_date(quantity, date(year, month, day))
        if agrees:
            future = near(found, where, _FUTURE, before=8) and known.field == "last_visit"
            event = near(found, where, _EVENT, before=4) and not near(
                found, where, _VISIT, before=8
            )
            return _say(
                quantity,
                "date",
                "contradicted" if future else "unsupported" if event else "supported",
                known,
            )
    visit = record.visit
    if visit:
        for known in _matching(record, "duration"):
            if known.quantity.values:
                sign = 1 if "future" in known.quantity.tags else -1
                day_ = visit + timedelta(days=sign * known.quantity.values[0])
                if (not quantity.values[2] or abs((day_ - visit).days) < 40) and same_date(
                    quantity, day_
                ):
                    return _say(quantity, "date", "supported", known)
        if record.facts.age is not None and near(
            found, where, frozenset({"born", "birth"}), before=4
        ):
            if (
                visit.year - record.facts.age - 1
                <= quantity.values[0]
                <= visit.year - record.facts.age
            ):
                return _say(quantity, "date", "supported", None, "age", record.patient.age)
        return _say(quantity, "date", "contradicted", None, "last_visit", record.patient.last_visit)
    return _say(quantity, "date", "unsupported")


def _age(found: Analysis, record: Record, quantity: Quantity) -> Notice:
    age = record.facts.age
    low, high = quantity.values
    if found.context.relation[quantity.tokens.start]:
        known = next(
            (
                k
                for k in record.known
                if k.field in ("family_history", "notes") and low in k.quantity.values
            ),
            None,
        )
        return _say(quantity, "age", "supported" if known else "unsupported", known)
    if age is None:
        return _say(quantity, "age", "unsupported")
    fits = low <= age <= high if low != high else _within(quantity, age, low, slack=0.04)
    return _say(
        quantity, "age", "supported" if fits else "contradicted", None, "age", record.patient.age
    )


def _pressure(record: Record, quantity: Quantity) -> Notice:
    pick = {"pressure": slice(0, 2), "systolic": slice(0, 1), "diastolic": slice(1, 2)}[
        quantity.kind
    ]
    known = _matching(record, "pressure")
    for fact in known:
        values = fact.quantity.values[pick]
        if all(
            _within(quantity, k, s, slack=0.04)
            for k, s in zip(values, quantity.values, strict=True)
        ):
            return _say(quantity, "vital", "supported", fact)
    return _say(
        quantity, "vital", "contradicted" if known else "unsupported", next(iter(known), None)
    )


def _label(found: Analysis, quantity: Quantity) -> str:
    """Which vital sign a number stands for, by the words around it."""
    word = near(found, quantity.tokens, _SUGAR | _PRESSURE, before=9, after=4)
    return "sugar" if word in _SUGAR else "pressure" if word else ""


def _sugar(record: Record, quantity: Quantity) -> Notice | None:
    """The blood sugar, in mg/dL or mmol/L."""
    known = next((k for k in record.known if k.field == "blood_sugar" and k.quantity.values), None)
    if not known:
        return None
    value, said = known.quantity.values[0], quantity.values[0]
    unit = known.quantity.unit or ("mg/dl" if value > 35 else "mmol/l")
    if quantity.unit in ("mg/dl", "mmol/l") and quantity.unit != unit:
        said = said * _MMOL if quantity.unit == "mmol/l" else said / _MMOL
        fits = abs(said - value) <= 0.06 * (_MMOL if unit == "mg/dl" else 1)
    else:
        fits = quantity.unit in ("", unit, "mg") and _within(quantity, value, said, slack=0.05)
        if quantity.unit == "mg":
            fits = False
    return _say(quantity, "vital", "supported" if fits else "contradicted", known)


def _amount(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    label = _label(found, quantity)
    if quantity.unit in ("mg/dl", "mmol/l") and label != "pressure":
        notice = _sugar(record, quantity)
        if notice and (notice.verdict == "supported" or label == "sugar"):
            return notice
    for known in _matching(record, "amount"):
        same = known.quantity.unit == quantity.unit
        if (
            same
            and known.field != "medications"
            and known.field != "blood_sugar"
            and known.quantity.values == quantity.values
        ):
            return _say(quantity, "number", "supported", known)
        if same and known.field == "medications" and known.quantity.values == quantity.values:
            return _say(quantity, "dose", "supported", known)
    for known in _matching(record, "plain"):
        if known.quantity.values == quantity.values and quantity.unit in (
            "bpm",
            "tablet",
            "pillow",
            "block",
        ):
            return _say(quantity, "number", "supported", known)
    if (
        quantity.unit == "mmhg"
        and label == "pressure"
        and (p := next(iter(_matching(record, "pressure")), None))
    ):
        fits = quantity.values[0] in p.quantity.values
        return _say(quantity, "vital", "supported" if fits else "contradicted", p)
    kind = "dose" if quantity.unit in ("mg", "unit", "puff") else "number"
    return _say(quantity, kind, "unsupported")


def _duration(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    said = quantity.values
    age = record.facts.age
    known = _matching(record, "duration")
    if quantity.unit in ("year", "yr") and age and said and abs(said[0] / 365.25 - age) < 0.01:
        return _say(quantity, "age", "supported", None, "age", record.patient.age)
    if not said:
        same = next((k for k in known if k.quantity.unit[:3] == quantity.unit[:3]), None)
        return _say(quantity, "duration", "supported" if same else "unsupported", same)
    for fact in known:
        if _same_duration(quantity, fact.quantity):
            return _say(quantity, "duration", "supported", fact)
    future = [k for k in known if "future" in k.quantity.tags]
    if found.context.advice and "past" not in quantity.tags and not future:
        return None
    against = next(iter(future), None) if "future" in quantity.tags else next(iter(known), None)
    return _say(quantity, "duration", "contradicted" if against else "unsupported", against)


def _same_duration(said: Quantity, known: Quantity) -> bool:
    ways = {"past", "future"}
    if (said.tags & ways) and (known.tags & ways) and not said.tags & known.tags & ways:
        return False
    if not known.values:
        return said.unit == known.unit
    slack = 0.02 if said.unit[:3] == known.unit[:3] else 0.09
    if said.tags & {"about", "over", "under"}:
        slack = 0.17
    middle = sum(said.values) / 2
    return (
        said.values[0] <= known.values[0] * (1 + slack)
        and known.values[0] * (1 - slack) <= said.values[1]
        and (
            said.values[0] != said.values[1]
            or abs(middle - known.values[0]) <= slack * known.values[0]
        )
    )


def _schedule(record: Record, quantity: Quantity) -> Notice | None:
    for known in _matching(record, "schedule"):
        if quantity.values and known.quantity.values:
            if (
                abs(quantity.values[0] - known.quantity.values[0])
                <= 0.04 * known.quantity.values[0]
            ):
                return _say(quantity, "number", "supported", known)
        elif not quantity.values and quantity.tags <= known.quantity.tags:
            return _say(quantity, "number", "supported", known)
        elif quantity.tags == {"bedtime"} and "night" in record.stems:
            return None
    if not quantity.values and all(
        tag.rstrip("s") in record.stems or tag in record.stems for tag in quantity.tags
    ):
        return None
    if quantity.tags == {"bedtime"} and ("night" in record.stems or "bedtim" in record.stems):
        return None
    return _say(quantity, "duration" if quantity.tags else "number", "unsupported")


def _period(record: Record, quantity: Quantity) -> Notice:
    said = f" {quantity.text} "
    if any(said in line for line in record.lines):
        return _say(quantity, "duration", "supported", None, "notes", record.facts.notes)
    return _say(quantity, "duration", "unsupported")


def _number(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    value = quantity.values[0]
    counted = _count(found, record, quantity)
    if counted is not None:
        return counted
    if value == 1:
        return None
    label = _label(found, quantity)
    if label == "sugar" and value > 2 and (notice := _sugar(record, quantity)):
        return notice
    if (
        label == "pressure"
        and (p := next(iter(_matching(record, "pressure")), None))
        and value > 40
    ):
        return _say(
            quantity, "vital", "supported" if value in p.quantity.values else "contradicted", p
        )
    if record.facts.age == value and not found.context.relation[quantity.tokens.start]:
        return _say(quantity, "age", "supported", None, "age", record.patient.age)
    if record.patient.patient_id == f"{value:g}" and near(
        found,
        quantity.tokens,
        frozenset({"id", "patient", "number", "mrn", "record", "#", "no"}),
        before=3,
    ):
        return _say(quantity, "number", "supported", None, "patient_id", record.patient.patient_id)
    for known in record.known:
        if value in known.quantity.values and known.quantity.kind in ("plain", "amount"):
            return _say(quantity, "number", "supported", known)
    if _is_age(found, quantity):
        return _say(quantity, "age", "contradicted", None, "age", record.patient.age)
    return _say(quantity, "number", "unsupported")


def _is_age(found: Analysis, quantity: Quantity) -> bool:
    """A number in commas after the name: "Janet Lee, 62, …"."""
    before, after = quantity.tokens.start - 1, quantity.tokens.stop
    return (
        before > 0
        and found.tokens[before].text in ",("
        and after < len(found.tokens)
        and found.tokens[after].text in ",)"
    )


def _count(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    """ "Three medications": the number of items in a list of the record."""
    at, qualified = quantity.tokens.stop, False
    while at < min(len(found.tokens), quantity.tokens.stop + 4):
        word = found.tokens[at].plain
        if field := _COUNTED.get(word):
            items = record.facts.family if field == "family" else getattr(record.facts, field).items
            right = len(items) == quantity.values[0] or (
                qualified and quantity.values[0] <= len(items)
            )
            return _say(
                quantity,
                "number",
                "supported" if right else "contradicted",
                None,
                field,
                ", ".join(map(str, items))
                if field != "family"
                else record.facts.family[0].condition
                if items
                else "",
            )
        if word not in _QUALIFIERS:
            qualified = True
        if not found.tokens[at].is_word:
            break
        at += 1
    return None
