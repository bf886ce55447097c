"""Checks of doses: is each amount and schedule the one that the record gives for its drug?"""

from collections.abc import Iterator

from .lexicon import lexicon
from .notices import Notice
from .quantity import Quantity
from .record import Analysis, Medicine, Record
from .tokens import tokenize

_DAY = 1.0
_PER_BEDTIME = frozenset({"bedtime", "evening"})


def doses(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each amount and each schedule that belongs to a drug of the record."""
    for medicine, own in _assigned(found, record):
        total = _is_daily_total(medicine, own)
        for quantity in own:
            right = total or _fits(quantity, medicine) or _is_noted(quantity, found, record)
            yield Notice(
                quantity.tokens.start,
                quantity.tokens.stop,
                "dose",
                "supported" if right else "contradicted",
                "medications",
                medicine.text,
            )


def _is_noted(quantity: Quantity, found: Analysis, record: Record) -> bool:
    """ "Uses the rescue inhaler once a week": a schedule that the notes give, in such words."""
    said = {token.stem for token in found.tokens if token.is_word} - lexicon().plain
    return any(
        known.field == "notes"
        and (known.quantity.kind, known.quantity.values) == ("schedule", quantity.values)
        and known.quantity.tags == quantity.tags
        and said & {token.stem for token in tokenize(known.text)}
        for known in record.known
    )


def _assigned(found: Analysis, record: Record) -> Iterator[tuple[Medicine, list[Quantity]]]:
    """Each drug that is mentioned, with the amounts and schedules said of it."""
    implies = lexicon().implies
    drugs = [m for m in found.mentions if m.is_drug]
    parts = [
        q
        for q in found.quantities
        if q.kind in ("amount", "schedule")
        and q.unit in ("", "mg", "unit", "puff", "tablet", "drop", "%", "ml")
    ]
    owners: dict[int, list[Quantity]] = {}
    for quantity in parts:
        if (owner := _owner(found, drugs, quantity)) is not None:
            owners.setdefault(owner, []).append(quantity)
    for number, own in owners.items():
        for medicine in record.medicines:
            if implies(medicine.key, drugs[number].key) and not (
                drugs[number].key.startswith("class:")
                and not any(_fits(q, medicine) for q in own)
                and any(
                    implies(m.key, drugs[number].key) and all(_fits(q, m) for q in own)
                    for m in record.medicines
                )
            ):
                yield medicine, own
                break


def _owner(found: Analysis, drugs: list, quantity: Quantity) -> int | None:  # type: ignore[type-arg]
    """The drug that a quantity is said of: one right behind it, else the last one before it."""
    start, stop = quantity.tokens.start, quantity.tokens.stop
    before = max((n for n, d in enumerate(drugs) if d.end <= start), default=None)
    after = min((n for n, d in enumerate(drugs) if d.start >= stop), default=None)
    if after is not None:
        between = [t.plain for t in found.tokens[stop : drugs[after].start]]
        link = {
            "of",
            "dose",
            "doses",
            "tablets",
            "tablet",
            "daily",
            "a",
            "-",
            "once",
            "twice",
            "oral",
            "the",
            "her",
            "his",
        }
        if set(between) <= link | {
            t
            for q in found.quantities
            if q.tokens.start >= stop
            for i in q.tokens
            for t in [found.tokens[i].plain]
        }:
            touching = before is not None and drugs[before].end == start
            if not touching and not _continues(found, drugs, before, start):
                return after
    if before is None:
        return None
    if any(t.text in ";" for t in found.tokens[drugs[before].end : start]):
        return None
    return before


def _continues(found: Analysis, drugs: list, before: int | None, start: int) -> bool:  # type: ignore[type-arg]
    """ "Lisinopril 20 mg once daily, acetaminophen": "once daily" is still the first drug's."""
    if before is None:
        return False
    between = found.tokens[drugs[before].end : start]
    return (
        bool(between)
        and not any(t.plain in (",", "and", "with", "plus", "while", "but") for t in between)
        and any(t.is_number for t in between)
    )


def _fits(quantity: Quantity, medicine: Medicine) -> bool:
    if quantity.kind == "amount":
        return _is_amount(quantity, medicine)
    rate = medicine.rate or (
        _DAY if medicine.tags & _PER_BEDTIME or "morning" in medicine.tags else None
    )
    if quantity.values:
        return rate is not None and abs(quantity.values[0] - rate) < 0.04 * rate
    said = set(quantity.tags)
    if medicine.tags & _PER_BEDTIME:
        said -= _PER_BEDTIME
    return said <= medicine.tags


def _is_amount(quantity: Quantity, medicine: Medicine) -> bool:
    same = [a for a in medicine.amounts if a.unit == quantity.unit]
    if not same and quantity.unit in ("tablet", "puff", "drop"):
        return quantity.values == (1.0,)
    return any(_close(a.values, quantity.values) for a in same)


def _close(known: tuple[float, ...], said: tuple[float, ...]) -> bool:
    return len(known) == len(said) and all(
        abs(k - s) <= 1e-6 * max(1, k) for k, s in zip(known, said, strict=True)
    )


def _is_daily_total(medicine: Medicine, own: list[Quantity]) -> bool:
    """ "2,000 mg a day" of a drug that is taken as 1,000 mg twice a day."""
    amounts = [q for q in own if q.kind == "amount"]
    rates = [q.values[0] for q in own if q.kind == "schedule" and q.values]
    if not medicine.rate or medicine.rate == _DAY or len(amounts) != 1 or rates != [_DAY]:
        return False
    return any(
        a.unit == amounts[0].unit
        and _close(tuple(v * (medicine.rate or 0) for v in a.values), amounts[0].values)
        for a in medicine.amounts
    )
