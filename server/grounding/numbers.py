"""Checks of numbers: age, blood pressure, blood sugar, amounts, counts, and every other number."""

from .claims import Kind
from .lexicon import lexicon
from .notices import Notice, near, noted
from .quantity import Quantity
from .record import Analysis, Known, Record, Spoken

_MG_PER_MMOL = 18.016
"""mg/dL in one mmol/L of glucose: its molar mass, 180.16 g/mol, over ten."""

_SUGAR = frozenset("sugar sugars glucose bg bgl bm bms glycemia glycaemia fbs rbs fbg cbg".split())
_PRESSURE = frozenset("pressure pressures bp sbp dbp systolic diastolic".split())
_IDENTITY = frozenset("id patient number mrn record # no".split())
_COUNTED = {
    word: field
    for field, words in {
        "medications": (
            "medication medications medicine medicines drug drugs meds prescription prescriptions"
        ),
        "conditions": (
            "condition conditions diagnosis diagnoses disease diseases comorbidities illnesses "
            "disorders problems issues concerns"
        ),
        "symptoms": "symptom symptoms complaint complaints",
        "allergies": "allergy allergies allergen allergens sensitivity sensitivities",
    }.items()
    for word in words.split()
}
_QUALIFIERS = frozenset(
    "current known recorded listed documented regular prescribed different other main presenting "
    "established diagnosed active existing separate reported drug medical ongoing health daily "
    "chronic long standing longstanding key principal major term".split()
)
_VERBS = frozenset("he she has have had is are takes".split())
_COUNT_REACH = 4
_TIMES = frozenset({"x", "times", "trips"})
_NUMBERED = frozenset("stage type grade day week step phase number".split())
_LEAST_MG_PER_DL = 20
"""Whole numbers below count something: "two episodes of low sugar"."""


def number(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    """What the record says of a quantity that is neither a time nor part of a dose."""
    match quantity.kind:
        case "age":
            return _age(found, record, quantity)
        case "pressure" | "systolic" | "diastolic":
            if found.context.relation[quantity.tokens.start] not in ("", "family"):
                return noted(quantity, "family", "contradicted")
            return _pressure(record, quantity)
        case "amount":
            return _amount(found, record, quantity)
        case _:
            return _plain(found, record, quantity)


def known_age(record: Record) -> Known | None:
    """The age as a quantity of the record."""
    age = record.facts.age
    if age is None:
        return None
    return Known(Quantity("age", (age, age), range(0), ""), "age", record.patient.age)


def _fits(quantity: Quantity, known: float, said: float, *, slack: float) -> bool:
    """Whether a number that is said fits the one that is known: "over 140" fits 150."""
    if "over" in quantity.tags:
        return said <= known <= said * 1.25
    if "under" in quantity.tags:
        return said * 0.8 <= known <= said
    return abs(known - said) <= (slack * known if "about" in quantity.tags else 1e-6)


def _age(found: Analysis, record: Record, quantity: Quantity) -> Notice:
    low, high = quantity.values
    at = quantity.tokens.start
    here = [token.plain for token in found.tokens[at - 1 : at]] == ["this"]
    if found.context.relation[at] not in ("", "family") and not here:
        same = (k for k in record.known if k.field == "family_history" and low in k.quantity.values)
        known = next(same, None)
        return noted(quantity, "age", "supported" if known else "unsupported", known)
    known = known_age(record)
    if known is None:
        return noted(quantity, "age", "unsupported")
    age = known.quantity.values[0]
    fits = low <= age <= high if low < high else _fits(quantity, age, low, slack=0.04)
    return noted(quantity, "age", "supported" if fits else "contradicted", known)


def _pressure(record: Record, quantity: Quantity) -> Notice:
    halves = {"systolic": slice(0, 1), "diastolic": slice(1, 2)}.get(quantity.kind, slice(0, 2))
    known = record.quantities("pressure")
    for fact in known:
        pairs = zip(fact.quantity.values[halves], quantity.values, strict=True)
        if all(_fits(quantity, value, said, slack=0.04) for value, said in pairs):
            return noted(quantity, "vital", "supported", fact)
    return noted(quantity, "vital", "contradicted" if known else "unsupported", _first(known))


def _first(known: list[Known]) -> Known | None:
    return known[0] if known else None


def _label(found: Analysis, quantity: Quantity) -> str:
    """Which vital sign a number stands for, by the words around it."""
    word = near(found, quantity.tokens, _SUGAR | _PRESSURE, before=9, after=4)
    return "sugar" if word in _SUGAR else "pressure" if word else ""


def _sugar(record: Record, quantity: Quantity) -> Notice | None:
    """The blood sugar, in mg/dL or mmol/L; None where the record has none."""
    facts = [k for k in record.known if k.field == "blood_sugar" and k.quantity.values]
    if not facts:
        return None
    value, said = facts[0].quantity.values[0], quantity.values[0]
    unit = facts[0].quantity.unit or ("mg/dl" if value > 35 else "mmol/l")
    if quantity.unit in ("", unit):
        fits = _fits(quantity, value, said, slack=0.05)
    elif {quantity.unit, unit} == {"mg/dl", "mmol/l"}:
        said *= _MG_PER_MMOL if unit == "mg/dl" else 1 / _MG_PER_MMOL
        fits = abs(said - value) <= 0.06 * (_MG_PER_MMOL if unit == "mg/dl" else 1)
    else:
        fits = False
    return noted(quantity, "vital", "supported" if fits else "contradicted", facts[0])


def _amount(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    label = _label(found, quantity)
    of_pressure = near(found, quantity.tokens, _SUGAR | _PRESSURE, before=9) in _PRESSURE
    if quantity.unit in ("mg/dl", "mmol/l") and not of_pressure:
        notice = _sugar(record, quantity)
        if notice and (notice.verdict == "supported" or label == "sugar"):
            return notice
    if quantity.unit == "mmhg" and (known := _first(record.quantities("pressure"))):
        fits = quantity.values[0] in known.quantity.values
        return noted(quantity, "vital", "supported" if fits else "contradicted", known)
    same = [k for k in record.known if _is_same_amount(k, quantity)]
    kind: Kind = "dose" if quantity.unit in ("mg", "unit", "puff") else "number"
    return noted(quantity, kind, "supported" if same else "unsupported", _first(same))


def _is_same_amount(known: Known, quantity: Quantity) -> bool:
    fact = known.quantity
    if known.field == "blood_sugar" or fact.values != quantity.values:
        return False
    exact = fact.values != tuple(map(int, fact.values))  # "Wt 81.5": no other 81.5 is about
    unitless = fact.kind == "plain" and (
        quantity.unit in ("bpm", "tablet")
        or known.field == "other"  # a column "weight_kg"
        or (exact and known.field == "notes")
    )
    return unitless or (fact.kind == "amount" and fact.unit == quantity.unit)


def _plain(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    value = quantity.values[0]
    if counted := _count(found, record, quantity):
        return counted
    if value == 1 or _is_of_a_list(found, quantity):
        return None  # "one of her medications"
    age = known_age(record)
    if age and value == age.quantity.values[0] and _in_commas(found, quantity):
        return noted(quantity, "age", "supported", age)
    label = _label(found, quantity)
    is_count = value < _LEAST_MG_PER_DL and value.is_integer()
    if label == "sugar" and not is_count and (notice := _sugar(record, quantity)):
        return notice
    if label == "pressure" and value > 40 and (known := _first(record.quantities("pressure"))):
        fits = value in known.quantity.values
        return noted(quantity, "vital", "supported" if fits else "contradicted", known)
    if (
        age
        and value == age.quantity.values[0]
        and not found.context.relation[quantity.tokens.start]
    ):
        return noted(quantity, "age", "supported", age)
    if _is_identity(found, record, quantity):
        return noted(quantity, "number", "supported", Known(quantity, "patient_id", f"{value:g}"))
    if line := _in_these_words(found, record, quantity):
        fits = _is_of_the_same(found, line, quantity)
        source = Known(quantity, line.field, line.text)
        return noted(quantity, "number", "supported" if fits else "contradicted", source)
    times = near(found, quantity.tokens, _TIMES, before=1, after=1)
    same = [k for k in record.known if _is_same_number(k, value)]
    same += [k for k in record.quantities("schedule") if times and _is_so_often(k, value)]
    if same:
        return noted(quantity, "number", "supported", same[0])
    if _in_commas(found, quantity):
        return noted(quantity, "age", "contradicted" if age else "unsupported", age)
    return noted(quantity, "number", "unsupported")


def _is_of_a_list(found: Analysis, quantity: Quantity) -> bool:
    """ "1) Latex, 2) bee stings"."""
    at, end = quantity.tokens.start, quantity.tokens.stop
    closed = [token.text for token in found.tokens[end : end + 1]] == [")"]
    return closed and "(" not in {token.text for token in found.tokens[max(0, at - 6) : at]}


def _is_same_number(known: Known, value: float) -> bool:
    counts = known.quantity.kind == "plain" or (
        known.quantity.kind == "amount" and known.field != "medications"
    )
    return counts and value in known.quantity.values


def _in_these_words(found: Analysis, record: Record, quantity: Quantity) -> Spoken | None:
    """ "Stage 3", "day 3", where a line of the record says so."""
    before = found.tokens[quantity.tokens.start - 1].plain
    said = f" {before} {quantity.values[0]:g} "
    lines = (line for line in record.spoken if said in f" {line.line} ")
    return next(lines, None) if before in _NUMBERED else None


def _is_of_the_same(found: Analysis, line: Spoken, quantity: Quantity) -> bool:
    """Whether a line has what a number qualifies: not "type 2 gout" beside type 2 diabetes."""
    after = quantity.tokens.stop
    named = [m.key for m in found.mentions if m.start == after and not m.is_drug]
    known = [mention.key for mention in line.found.mentions]
    return not named or any(lexicon().implies(k, key) for k in known for key in named)


def _is_so_often(known: Known, times: float) -> bool:
    """ "Up x2" where the notes say "twice a night"."""
    return known.field == "notes" and known.quantity.values == (times,)


def _is_identity(found: Analysis, record: Record, quantity: Quantity) -> bool:
    same = record.patient.patient_id == f"{quantity.values[0]:g}"
    return same and bool(near(found, quantity.tokens, _IDENTITY, before=3))


def _in_commas(found: Analysis, quantity: Quantity) -> bool:
    """Where an age stands after a name: "Janet Lee, 62, …"."""
    around = (
        found.tokens[max(0, quantity.tokens.start - 1)],
        found.tokens[min(len(found.tokens) - 1, quantity.tokens.stop)],
    )
    return around[0].text in ",(" and around[1].text in ",)"


def _count(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    """ "Three medications": the number of items in a list of the record."""
    qualified = False
    if counted := _count_of_class(found, record, quantity):
        return counted
    for at in range(quantity.tokens.stop, len(found.tokens))[:_COUNT_REACH]:
        token = found.tokens[at]
        if token.text == "-":
            continue
        if field := _COUNTED.get(token.plain):
            following = found.tokens[at + 1 : at + 2]
            qualified = qualified or any(t.plain in ("for", "against", "of") for t in following)
            items = getattr(record.facts, field).items
            said = quantity.values[0]
            fits = said == len(items) or (qualified and said <= len(items))
            known = Known(quantity, field, ", ".join(items))
            return noted(quantity, "number", "supported" if fits else "contradicted", known)
        if not token.is_word or token.plain in _VERBS:
            return None
        qualified = qualified or token.plain not in _QUALIFIERS
    return None


def _count_of_class(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    """ "Two SGLT2 inhibitors": the number of drugs of one class in the record."""
    after = quantity.tokens.stop
    if {token.plain for token in found.tokens[after - 2 : after - 1]} & _NUMBERED:
        return None  # "day 3 antibiotics"
    named = (m for m in found.mentions if m.start == after and m.key.startswith("class:"))
    for mention in named:
        own = [m.text for m in record.medicines if lexicon().implies(m.key, mention.key)]
        if own:
            fits = quantity.values[0] == len(own)
            known = Known(quantity, "medications", ", ".join(own))
            return noted(quantity, "number", "supported" if fits else "contradicted", known)
    return None
