"""Checks of times: dates, durations, schedules, and words such as "yesterday"."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from .claims import Verdict
from .dates import as_dates, same_date
from .notices import Notice, near, noted, shares, topics
from .numbers import known_age
from .people import YEARS
from .quantity import DAYS, Quantity
from .record import Analysis, Known, Record, Spoken
from .schedules import SAYS_TAG
from .topic import is_said_of

_FUTURE = frozenset("next upcoming will scheduled due future planned forthcoming".split())
_VISIT = frozenset(
    "visit visited visits seen saw attended appointment encounter review reviewed consultation "
    "clinic evaluated assessed examined checkup check last recent".split()
)
_EVENT = frozenset(
    "since diagnosed onset began started born birth operated admitted prescribed quit stopped "
    "hospitalized".split()
)
_PLANS = tuple(
    frozenset(words.split())
    for words in (
        "lab labs bloods test tests bloodwork repeat laboratory",
        "pressure bp recheck rechecked sugar glucose",
        "follow followup followed return see seen visit appointment review reviewed back again",
    )
)
"""The kinds of plan, by the words that tell them apart."""
_SAID_BEFORE = dict.fromkeys(
    (
        "the day before",
        "the previous day",
        "the day prior",
        "the day preceding",
        "the preceding day",
        *(f"{one} day {before}" for one in ("a", "1") for before in ("earlier", "before")),
    ),
    "yesterday",
)
"""What the day of the visit called "yesterday" has another name afterwards."""
_MONTHS = frozenset(
    "january february march april may june july august september october november december".split()
)
_RETURNS = frozenset("return returns back again review reviewed recheck repeat seen up".split())
_WAYS = frozenset({"past", "future"})
_YEAR = 365.25


def time(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    """What the record says of a date, a duration, a schedule or a word for a time."""
    match quantity.kind:
        case "date":
            return _date(found, record, quantity)
        case "duration":
            return _duration(found, record, quantity)
        case "schedule":
            return _schedule(found, record, quantity)
        case _:
            return _period(found, record, quantity)


def _date(found: Analysis, record: Record, quantity: Quantity) -> Notice:
    same = [known for known in record.quantities("date") if _is_same(quantity, known.quantity)]
    verdicts = {_of_known_date(found, quantity, known): known for known in reversed(same)}
    for verdict in ("supported", "contradicted", "unsupported"):
        if known := verdicts.get(verdict):
            return noted(quantity, "date", verdict, known)
    for day, known in _reckoned(record):
        if same_date(quantity, day):
            return noted(quantity, "date", "supported", known)
    if _is_birth(found, record, quantity):
        return noted(quantity, "date", "supported", known_age(record))
    if line := _in_such_a_month(found, record, quantity):
        return noted(quantity, "date", "supported", Known(quantity, line.field, line.text))
    visits = [known for known in record.known if known.field == "last_visit"]
    if visits and _is_visit(found, quantity):
        return noted(quantity, "date", "contradicted", visits[0])
    return noted(quantity, "date", "unsupported")


def _is_same(said: Quantity, known: Quantity) -> bool:
    whole = as_dates(known)
    return any(same_date(said, day) for day in whole) or (
        not whole and _agree(said.values, known.values)
    )


def _agree(said: tuple[float, ...], known: tuple[float, ...]) -> bool:
    """Year, month and day, where both name them; "mid-October 2025" is in "October"."""
    both = [(one, other) for one, other in zip(said, known, strict=True) if one and other]
    same = bool(both) and all(one == other for one, other in both)
    return same and bool(said[0]) == bool(known[0])


def _in_such_a_month(found: Analysis, record: Record, quantity: Quantity) -> Spoken | None:
    """The line that has a month which is said without a year or a day: "worst in April"."""
    year, _, day = quantity.values
    months = {found.tokens[at].plain for at in quantity.tokens} & _MONTHS
    lines = (line for line in record.spoken if months & line.words)
    return None if year or day else next(lines, None)


def _is_visit(found: Analysis, quantity: Quantity) -> bool:
    """Whether a date is said of a visit; what happened "in 2019" the last visit does not deny."""
    return bool(near(found, quantity.tokens, _VISIT | _FUTURE, before=8, after=4))


def _of_known_date(found: Analysis, quantity: Quantity, known: Known) -> Verdict:
    """The date of the last visit is no date of a next one, nor of anything that began."""
    where = quantity.tokens
    if known.field != "last_visit":
        return "supported"
    if near(found, where, _FUTURE, before=8):
        return "contradicted"
    began = near(found, where, _EVENT, before=4) and not near(found, where, _VISIT, before=8)
    return "unsupported" if began else "supported"


def _reckoned(record: Record) -> Iterator[tuple[date, Known]]:
    """Dates that follow: four weeks after the last visit, two weeks before it."""
    if record.visit is None:
        return
    for known in record.quantities("duration"):
        for days in known.quantity.values[:1]:
            way = 1 if "future" in known.quantity.tags else -1
            yield record.visit + timedelta(days=way * days), known


def _is_birth(found: Analysis, record: Record, quantity: Quantity) -> bool:
    if not (record.visit and record.facts.age is not None):
        return False
    youngest = record.visit.year - record.facts.age
    born = near(found, quantity.tokens, frozenset({"born", "birth"}), before=4)
    return bool(born) and quantity.values[0] in (youngest, youngest - 1)


def _duration(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    if _looks_back(found, quantity):
        quantity = replace(quantity, tags=quantity.tags - {"future"} | {"past"})
    age = known_age(record)
    if age and quantity.values and quantity.values[0] == age.quantity.values[0] * _YEAR:
        return noted(quantity, "age", "supported", age)
    known = record.quantities("duration")
    as_long = [k for k in known if _lasts_as_long(quantity, k.quantity)]
    if same := next((k for k in as_long if _is_of_the_same(found, record, quantity, k)), None):
        return noted(quantity, "duration", "supported", same)
    if current := _current(record, quantity) or _counted(record, quantity):
        return noted(quantity, "duration", "supported", current)
    schedules = record.quantities("schedule")
    if again := next((k for k in schedules if _is_every(found, record, quantity, k)), None):
        return noted(quantity, "duration", "supported", again)
    if as_long:
        return noted(quantity, "duration", "unsupported", as_long[0])
    future = [k for k in known if "future" in k.quantity.tags]
    if "past" not in quantity.tags and found.context.advice:
        future = [k for k in future if _is_same_plan(found, k)]
        if not future:
            return None  # "follow up in 4-6 weeks" is advice
    against = future if "future" in quantity.tags else known
    return noted(quantity, "duration", "contradicted" if against else "unsupported", *against[:1])


def _looks_back(found: Analysis, quantity: Quantity) -> bool:
    """ "No seizure in six months" is of the months past; "not better in a week" is not."""
    at, clause = quantity.tokens.start, found.context.clause
    if _RETURNS & {token.plain for token in found.tokens[max(0, at - 2) : at]}:
        return False  # "with no fever she is to return in seven months"
    return found.tokens[at].plain == "in" and any(
        found.context.polarity[m.start] == "absent" and clause[m.start] == clause[at]
        for m in found.mentions
        if m.start < at and "," not in {token.text for token in found.tokens[m.end : at]}
    )


def _is_of_the_same(found: Analysis, record: Record, said: Quantity, known: Known) -> bool:
    """Whether two times are of one thing: 12 weeks of back pain are no 12 weeks without a cough."""
    if known.field == "age" or "future" in said.tags | known.quantity.tags:
        return True  # a plan may be told in any words
    return is_said_of(found, said.tokens, record, known.text, known.quantity.tokens)


def _current(record: Record, said: Quantity) -> Known | None:
    """The line with "this week" or "last month" that "in the past week", "month" may mean."""
    if "past" not in said.tags or said.values[:1] != (DAYS.get(said.unit),):
        return None
    periods = (f" this {said.unit} ", f" last {said.unit} ")
    lines = (line for line in record.spoken if any(p in f" {line.line} " for p in periods))
    return next((Known(said, line.field, line.text) for line in lines), None)


def _counted(record: Record, said: Quantity) -> Known | None:
    """The line with "week 8 of 12" that "eight weeks into" or "a 12-week course" may mean."""
    days = DAYS.get(said.unit)
    if not days or not said.values:
        return None
    count = f"{said.values[0] / days:g}"
    place = re.compile(rf"\b{said.unit} (?:\d+ of )?{count}(?![\w.])")
    lines = (line for line in record.spoken if place.search(line.line))
    return next((Known(said, line.field, line.text) for line in lines), None)


def _is_same_plan(found: Analysis, known: Known) -> bool:
    """Whether advice is of what the record plans: laboratory tests are no visit."""
    said = {token.plain for token in found.tokens}
    planned = set(known.text.lower().replace("-", " ").split())
    return any(said & words and planned & words for words in _PLANS)


def _lasts_as_long(said: Quantity, known: Quantity) -> bool:
    ways = said.tags & _WAYS, known.tags & _WAYS
    if all(ways) and ways[0] != ways[1]:
        return False
    if not said.values or not known.values:
        return said.unit[:2] == known.unit[:2]
    slack = 0.02 if said.unit[:2] == known.unit[:2] else 0.09  # 12 weeks are three months
    slack = 0.2 if said.tags & {"about", "over", "under"} else slack
    low, high = said.values
    days = known.values[0]
    return low * (1 - slack) <= days <= high * (1 + slack)


def _names(line: Spoken, period: str) -> bool:
    """Whether a line has the word for a time, or another for the same years: "as a child"."""
    years = next((own for own in YEARS if period in own), frozenset())
    return f" {period} " in f" {line.line} " or not years.isdisjoint(line.stems)


def _schedule(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    """How often something other than a drug of the record happens."""
    spoken_of = topics(found, quantity.tokens.start)
    known = [k for k in record.quantities("schedule") if _is_as_often(quantity, k.quantity)]
    closest = [k for k in known if shares(spoken_of, record.stems_of(k.text))]
    if not any(found.context.takes) and not any(m.is_drug for m in found.mentions):
        known = [k for k in known if k.field != "medications"]
    noted_of = [k for k in record.quantities("schedule") if k.field == "notes"]
    other = [k for k in noted_of if shares(spoken_of, record.stems_of(k.text))]
    if quantity.values and other and not closest:
        return noted(quantity, "number", "contradicted", other[0])
    if closest or known:
        return noted(quantity, "number", "supported", (closest or known)[0])
    spelled = {word for tag in quantity.tags for word in SAYS_TAG[tag].split()}
    if any(spelled & line.words and not line.denies for line in record.spoken):
        return None  # "morning stiffness" is no schedule; `opposites` looks at such words
    return noted(quantity, "duration" if quantity.tags else "number", "unsupported")


def _is_as_often(said: Quantity, known: Quantity) -> bool:
    if said.values and known.values:
        return abs(said.values[0] - known.values[0]) <= 0.09 * known.values[0]
    return not said.values and said.tags <= known.tags


def _is_every(found: Analysis, record: Record, quantity: Quantity, known: Known) -> bool:
    """ "Cycles of 45 days" where the record says "every 45 days"."""
    is_drug = known.field == "medications"
    if is_drug and not topics(found, quantity.tokens.start) & record.stems_of(known.text):
        return False
    rates = known.quantity.values
    return bool(rates and quantity.values) and abs(rates[0] * quantity.values[0] - 1) < 0.09


def _period(found: Analysis, record: Record, quantity: Quantity) -> Notice | None:
    if quantity.text == "today":
        return None  # the day of the visit
    text = _SAID_BEFORE.get(quantity.text, quantity.text)
    text = text.replace("previous ", "last ")
    if quantity.unit == "visit":
        text = "last visit"
    named = [line for line in record.spoken if _names(line, text)]
    if not named:
        return noted(quantity, "duration", "unsupported")
    same = next((x for x in named if is_said_of(found, quantity.tokens, record, x.text)), None)
    line = same or named[0]
    known = Known(quantity, line.field, line.text)
    return noted(quantity, "duration", "supported" if same else "unsupported", known)
