"""A record, ready to be looked up: what it says, of whom, and in which field."""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .. import facts
from ..patients import Patient
from .context import Context, context, denied_closely
from .dates import as_dates
from .lexicon import lexicon
from .mentions import Mention, Names, idioms, mentions
from .quantities import quantities
from .quantity import Quantity, QuantityKind
from .scopes import Polarity
from .senses import sense
from .sentences import split
from .shorthand import written_out
from .tokens import Line, Token, fold, stem, tokenize

Said = tuple[Polarity, str]
"""Whether something is said or denied, and of which relative; empty: of the patient."""

_CELL_CHARACTERS = 2000
_NOTES_CHARACTERS = 20_000
"""Of one cell so much is read: a long JSON cell must not slow down every sentence."""

_FORMS = frozenset(
    "inhaler tablet cream ointment gel spray drops injection infusion suspension patch solution "
    "syrup xr er sr nasal eye with at every once twice three as daily weekly in was stopped".split()
)
_FIGURES = re.compile(r"[,.:]\s|\s(?:x\s?)?\d|\swas\s")
"""What is behind them is no part of a name: "orthopnoea 2 pillows"."""
_YOUNG = re.compile(
    r"\s*(\d+)\s*(?:(m(?:o|ths?|onths?)?|/12)|w(?:ks?|eeks?)?|d(?:ays?)?)\b", re.IGNORECASE
)
_NOTE = re.compile(r"\(|\s[-–—]\s|:\s")
_IMPLIED = (
    ("gets up", "a night", "frequent urination at night"),
    ("tolerates", "well", "agrees"),
    ("a relative keeps the tablets", "", "relative keeps tablets"),
)
"""What a line says that begins and ends so."""
_SHORT = 4
"""Letters of the shortest beginning that may stand for a drug's name."""
_JOINING = frozenset("in of on the a an and or at with to for by from s".split())
_FUNCTION = frozenset("a an the or and of in on at for with to any history evidence".split())
MODIFIERS = frozenset(
    "high low rais elevat increas reduc decreas poor weak heavy cold dry red hard loss gain attack "
    "old prior previou past chronic acut sever mild pain infection".split()
)
"""Stems in names of conditions that are no part of one: "high" of "high cholesterol"."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One sentence, or one line of a record, read."""

    text: str
    tokens: list[Token]
    line: Line
    mentions: list[Mention]
    quantities: list[Quantity]
    idle: set[int]
    """The tokens of turns of phrase that state nothing."""
    context: Context


def analyse(
    text: str,
    names: Names | None = None,
    subjects: frozenset[str] = frozenset(),
    *,
    addressed: bool = False,
) -> Analysis:
    """Read one sentence.

    Args:
        text: the sentence.
        names: those that only one record knows.
        subjects: the stems that mean the patient, see `context`.
        addressed: whether "your mother" is the patient, see `context`.
    """
    tokens = tokenize(text)
    line = Line(tokens)
    idle = idioms(tokens)
    named = mentions(tokens, names, idle)
    inside = {at for mention in named for at in mention.tokens} | idle
    numbers = [q for q in quantities(line) if not inside.issuperset(q.tokens)]
    said_of = context(tokens, subjects, addressed=addressed)
    return Analysis(text, tokens, line, named, numbers, idle, said_of)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that the record names. `relation` is the relative it is said of, or empty."""

    key: str
    polarity: Polarity
    relation: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Medicine:
    """A drug of the record with its amounts and its schedule, or an allergen."""

    key: str
    text: str
    amounts: tuple[Quantity, ...] = ()
    rate: float | None = None
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """A quantity of the record."""

    quantity: Quantity
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of the record, by its words."""

    field: str
    text: str
    found: Analysis
    line: str
    words: frozenset[str]
    stems: frozenset[str]
    content: frozenset[str]
    """Those stems that state something."""
    denied: frozenset[str]
    """Those stems right after a denial."""
    denies: bool
    """Whether anything in the line is denied."""


class Record:
    """All that one record says. Make it once for the many sentences of a stream."""

    def __init__(self, patient: Patient) -> None:
        self.patient = patient
        self.facts = facts.read(_shortened(patient))
        name = [token for token in tokenize(self.facts.name) if token.is_word]
        self.names = frozenset(token.plain for token in name)
        self.subjects = frozenset(token.stem for token in name) | _pronouns(self.facts.sex)
        self.medicines = [_medicine(item) for item in self.facts.medications.items]
        self.years = self.facts.age if self.facts.age is not None else _years(patient.age)
        self.allergens = [_allergen(item) for item in self.facts.allergies.items]
        self.own = self._own_names()
        self.entries: list[Entry] = []
        self.known: list[Known] = []
        self.spoken: list[Spoken] = []
        self.stems: dict[str, set[Said]] = defaultdict(set)
        for field, relation, text in self._pieces():
            self._read(field, relation, text)
        self._learn_orders()
        self.parts = self._parts()
        self.groups = frozenset(g for stem in self.stems for g in lexicon().gives.get(stem, ()))
        visits = [k.quantity for k in self.quantities("date") if k.field == "last_visit"]
        self.visit = next((day for visit in visits for day in as_dates(visit)), None)

    def quantities(self, kind: QuantityKind) -> list[Known]:
        """The quantities of one kind, in the order of the record."""
        return [known for known in self.known if known.quantity.kind == kind]

    def stems_of(self, text: str) -> frozenset[str]:
        """The stems of one line of the record."""
        return next((line.stems for line in self.spoken if line.text == text), frozenset())

    def denies(self, stem: str) -> bool:
        """Whether a line of the record that has this stem denies something."""
        return any(stem in line.stems and line.denies for line in self.spoken)

    def _own_names(self) -> Names:
        """The names that no list has: items and drugs of this record."""
        own = Names()
        families = (relative.condition for relative in self.facts.family)
        for item in (*self.facts.conditions.items, *self.facts.symptoms.items, *families):
            whole = _without_brackets(written_out(item))
            name = _FIGURES.split(whole, maxsplit=1)[0].strip()
            if name and not mentions(tokenize(whole)):
                own.phrases.add(name, f"item:{fold(name)}")
        for medicine in self.medicines:
            for start in _beginnings(medicine.text):
                own.phrases.add(start, medicine.key)
        for allergen in self.allergens:
            if allergen.key == "drug:penicillin":
                own.phrases.add("pen", allergen.key)
        for medicine in (*self.medicines, *self.allergens):
            if medicine.key.startswith("drug:own "):
                own.phrases.add(medicine.key.removeprefix("drug:own "), medicine.key)
        return own

    def _learn_orders(self) -> None:
        """All names of what the record says, with their words in any order."""
        for key in {entry.key for entry in self.entries if "@" not in entry.key}:
            names = lexicon().names.get(key) or (key.partition("item:")[2],)
            orders = (_content(name) for name in names)
            self.own.scattered += ((stems, key) for stems in orders if len(stems) > 1)

    def _parts(self) -> dict[str, set[Said]]:
        """The stems of all that a condition may be called: "prostate" for its enlargement."""
        parts: dict[str, set[Said]] = defaultdict(set)
        for entry in self.entries:
            if entry.polarity != "present":
                continue
            for key in (entry.key, *lexicon().broader.get(entry.key, ())):
                for name in lexicon().names.get(key, ()):
                    for part in _content(name) - MODIFIERS:
                        parts[part].add(("present", entry.relation))
        return parts

    def _pieces(self) -> Iterator[tuple[str, str, str]]:
        """(field, relative, text) of everything that the record says."""
        read = self.facts
        yield "name", "", read.name
        yield "gender", "", self.patient.gender
        if read.age is None:
            yield "age", "", self.patient.age
        for field in ("symptoms", "conditions", "medications", "allergies"):
            yield from ((field, "", item) for item in getattr(read, field).items)
        for field in ("blood_pressure", "blood_sugar", "last_visit"):
            yield field, "", getattr(read, field)
        for item in read.family:
            yield "family_history", item.relation.lower() or "family", item.condition
            yield "family_history", "", item.relation
        yield from (("notes", "", span.text) for span in split(read.notes))
        for column, value in read.other.items():
            for span in split(value):
                yield "other", "", f"{column}: {span.text}"

    def _read(self, field: str, relation: str, text: str) -> None:
        found = analyse(written_out(text), self.own, self.subjects)
        for mention in found.mentions:
            whom = _whom(relation, found, mention.start)
            polarity = found.context.polarity[mention.start]
            self.entries.append(Entry(mention.key, polarity, whom, field, text))
        for begins, ends, key in _IMPLIED:
            if text.lower().startswith(begins) and text.lower().rstrip(".").endswith(ends):
                self.entries.append(Entry(key, "present", relation, field, text))
        self.known += (Known(quantity, field, text) for quantity in found.quantities)
        words = [(at, token) for at, token in enumerate(found.tokens) if token.is_word]
        denied = {token.stem for at, token in words if denied_closely(found.tokens, at)}
        for at, token in words:
            said: Polarity = "absent" if token.stem in denied else "present"
            self.stems[token.stem].add((said, _whom(relation, found, at)))
        stems = frozenset(token.stem for _, token in words)
        self.spoken.append(
            Spoken(
                field,
                text,
                found,
                line=found.line.text,
                words=frozenset(sense(found.tokens, at) for at, _ in words),
                stems=stems,
                content=stems - lexicon().plain,
                denied=frozenset(denied) - _FUNCTION,
                denies=bool(denied) or bool({"absent", "past"} & {*found.context.polarity}),
            )
        )


def _whom(relation: str, found: Analysis, at: int) -> str:
    """The relative that a word of a line is said of: "father MI at 49" names him itself."""
    named = found.context.relation[at]
    return named or relation if relation in ("", "family") else relation


def _shortened(patient: Patient) -> Patient:
    """The patient with cells of bounded length."""
    fields = (item.name for item in dataclasses.fields(patient) if item.name != "other")
    cells = {name: getattr(patient, name)[:_CELL_CHARACTERS] for name in fields}
    other = {column: value[:_CELL_CHARACTERS] for column, value in patient.other.items()}
    return Patient(**cells | {"notes": patient.notes[:_NOTES_CHARACTERS]}, other=other)


def _years(age: str) -> int | None:
    """The whole years in an age that is given in months, weeks or days."""
    match = _YOUNG.match(age)
    return int(match[1]) // (12 if match[2] else 1000) if match else None


def _pronouns(sex: facts.Sex) -> frozenset[str]:
    return frozenset({"female": ["she"], "male": ["he"], "": ["she", "he", "they"]}[sex])


def _medicine(item: str) -> Medicine:
    found = analyse(written_out(item))
    schedules = [quantity for quantity in found.quantities if quantity.kind == "schedule"]
    return Medicine(
        key=_drug_key(found),
        text=item,
        amounts=tuple(quantity for quantity in found.quantities if quantity.kind == "amount"),
        rate=next((quantity.values[0] for quantity in schedules if quantity.values), None),
        tags=frozenset[str]().union(*(quantity.tags for quantity in schedules)),
    )


def _allergen(item: str) -> Medicine:
    return Medicine(_drug_key(analyse(written_out(_without_brackets(item)))), item)


def _drug_key(found: Analysis) -> str:
    """The key of the drug that an item names; its first words where no list has it."""
    if named := next((mention for mention in found.mentions if mention.is_drug), None):
        return named.key
    words: list[str] = []
    for token in found.tokens:
        if words and (not token.is_word or token.plain in _FORMS) and token.text != "-":
            break
        if token.is_word:
            words.append(token.plain)
    return f"drug:own {' '.join(words)}"


@lru_cache(maxsize=4096)
def _content(name: str) -> frozenset[str]:
    """The stems of a name, without the words that only join."""
    return frozenset(t.stem for t in tokenize(name) if t.is_word and t.plain not in _JOINING)


def _beginnings(item: str) -> Iterator[str]:
    """What a drug is called for short: "doxy" and "atorva"; no everyday word."""
    known = lexicon()
    name = next((token.plain for token in tokenize(item)), "")
    shorts = (name[:end] for end in range(_SHORT, len(name)))
    yield from (short for short in shorts if stem(short) not in known.plain | known.soft)


def _without_brackets(item: str) -> str:
    """ "Penicillin (rash)" and "penicillin - rash" name penicillin."""
    return _NOTE.split(item, maxsplit=1)[0].strip() or item
