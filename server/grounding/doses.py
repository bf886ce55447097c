"""Checks of doses: is each amount and schedule the one that the record gives for its drug?"""

import re
from collections.abc import Iterator, Sequence

from .claims import Verdict
from .lexicon import lexicon
from .mentions import Mention
from .notices import Notice, shares, topics
from .quantity import DAY, NUMBER, Quantity
from .record import Analysis, Medicine, Record

_APPOINTMENTS = frozenset(
    "counselling counseling sessions session appointments visits checks therapy reviews".split()
)
_UNITS = frozenset({"", "mg", "unit", "puff", "tablet", "drop", "%", "ml"})
_ONE_EACH = frozenset({"tablet", "puff", "drop"})
_LATE = frozenset({"bedtime", "evening"})
_BEFORE_A_DRUG = frozenset("of a dose doses tablet tablets - oral the her his".split())
_BEFORE_A_BARE_DOSE = frozenset("xr xl er sr cr la inhaler tablet tablets at - : ( 's".split())
"""What may stand between a drug and a dose without its unit: "bupropion XL 150"."""
_NEXT_DRUG = frozenset(", ; and with plus while but alongside besides along together".split())


def doses(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each amount and each schedule that belongs to a drug of the record."""
    for drug, own in _by_drug(found):
        medicine = _medicine(record, drug, own)
        if medicine is None:
            continue
        total = _is_daily_total(medicine, own)
        for quantity in own:
            if quantity.kind == "plain" and not medicine.amounts:
                continue
            right = total or _fits(quantity, medicine) or _is_noted(quantity, found, record)
            verdict: Verdict = "supported" if right else "contradicted"
            where = quantity.tokens
            yield Notice(where.start, where.stop, "dose", verdict, "medications", medicine.text)


def _medicine(record: Record, drug: Mention, own: Sequence[Quantity]) -> Medicine | None:
    """The drug of the record that is meant; of a class the one that the dose fits."""
    meant = [m for m in record.medicines if lexicon().implies(m.key, drug.key)]
    fitting = (m for m in meant if all(_fits(quantity, m) for quantity in own))
    return next(fitting, meant[0] if meant else None)


def _by_drug(found: Analysis) -> list[tuple[Mention, list[Quantity]]]:
    """Each drug that is mentioned, with the amounts and schedules said of it."""
    drugs = [mention for mention in found.mentions if mention.is_drug]
    own: list[list[Quantity]] = [[] for _ in drugs]
    for quantity in found.quantities:
        if quantity.kind in ("amount", "schedule") and quantity.unit in _UNITS:
            owner = _owner(found, drugs, quantity)
            if owner is not None:
                own[owner].append(quantity)
    for drug, said in zip(drugs, own, strict=True):
        said += _bare(found, drug)
    return [(drug, said) for drug, said in zip(drugs, own, strict=True) if said]


def _bare(found: Analysis, drug: Mention) -> Iterator[Quantity]:
    """The numbers right behind a drug, as in "metformin 500 BID" and "Sinemet 25-100"."""
    at = drug.end
    plain = {q.tokens.start: q for q in found.quantities if q.kind == "plain"}
    while at < len(found.tokens):
        if quantity := plain.get(at):
            yield quantity
            at = quantity.tokens.stop
        elif found.tokens[at].plain in _BEFORE_A_BARE_DOSE:
            at += 1
        else:
            return


def _owner(found: Analysis, drugs: Sequence[Mention], quantity: Quantity) -> int | None:
    """The drug that a quantity is said of: the one right behind it, else the last one before it."""
    start, stop = quantity.tokens.start, quantity.tokens.stop
    before = max((n for n, drug in enumerate(drugs) if drug.end <= start), default=None)
    if _APPOINTMENTS & {token.plain for token in found.tokens[stop : stop + 1]}:
        return None  # "sertraline 50 mg, with fortnightly counselling"
    after = min((n for n, drug in enumerate(drugs) if drug.start >= stop), default=None)
    said_before = [] if before is None else found.tokens[drugs[before].end : start]
    belongs_before = before is not None and not _NEXT_DRUG & {t.plain for t in said_before}
    if after is not None and not belongs_before and _leads_to(found, stop, drugs[after].start):
        return after
    return None if any(token.text == ";" for token in said_before) else before


def _leads_to(found: Analysis, start: int, end: int) -> bool:
    """ "20 mg of lisinopril": nothing but such words and other quantities until the drug."""
    inside = {at for quantity in found.quantities for at in quantity.tokens}
    between = (at for at in range(start, end) if at not in inside)
    return all(found.tokens[at].plain in _BEFORE_A_DRUG for at in between)


def _fits(quantity: Quantity, medicine: Medicine) -> bool:
    if quantity.kind == "amount":
        return _is_amount(quantity, medicine)
    if quantity.kind == "plain":
        return quantity.values[0] in _figures(medicine)
    if quantity.values:
        rate = medicine.rate or (DAY if medicine.tags & {*_LATE, "morning"} else 0.0)
        return abs(quantity.values[0] - rate) < 0.04 * rate
    late = _LATE if medicine.tags & _LATE else frozenset()
    return quantity.tags - late <= medicine.tags


def _is_amount(quantity: Quantity, medicine: Medicine) -> bool:
    same = [amount for amount in medicine.amounts if amount.unit == quantity.unit]
    if not same and quantity.unit in _ONE_EACH:
        return quantity.values == (1.0,)
    return any(_equal(amount.values, quantity.values) for amount in same)


def _figures(medicine: Medicine) -> set[float]:
    """The numbers of its amounts in the units of the record."""
    text = " ".join(amount.text for amount in medicine.amounts)
    return {float(figure) for figure in re.findall(NUMBER, text)}


def _equal(known: tuple[float, ...], said: tuple[float, ...]) -> bool:
    return len(known) == len(said) and all(
        abs(k - s) <= 1e-6 * max(1.0, k) for k, s in zip(known, said, strict=True)
    )


def _is_daily_total(medicine: Medicine, own: Sequence[Quantity]) -> bool:
    """ "2,000 mg a day" of a drug that is taken as 1,000 mg twice a day."""
    amounts = [quantity for quantity in own if quantity.kind == "amount"]
    rates = [
        quantity.values[0] for quantity in own if quantity.kind == "schedule" and quantity.values
    ]
    times = medicine.rate or DAY
    if times == DAY or len(amounts) != 1 or rates != [DAY]:
        return False
    totals = (
        tuple(times * v for v in a.values) for a in medicine.amounts if a.unit == amounts[0].unit
    )
    return any(_equal(total, amounts[0].values) for total in totals)


def _is_noted(quantity: Quantity, found: Analysis, record: Record) -> bool:
    """ "Uses the rescue inhaler once a week": a schedule that the notes give, in such words."""
    said = topics(found, quantity.tokens.start)
    return any(
        known.field == "notes"
        and (known.quantity.values, known.quantity.tags) == (quantity.values, quantity.tags)
        and (shares(said, record.stems_of(known.text)) or "before meals" in quantity.tags)
        for known in record.quantities("schedule")
    )
