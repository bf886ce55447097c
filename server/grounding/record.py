"""A record, ready to be looked up: what it says, of whom, whether it denies it, and in which field."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from .. import facts
from ..patients import Patient
from .context import Context, Polarity, context, denied_closely
from .lexicon import lexicon
from .mentions import Mention, Names, mentions
from .quantities import quantities
from .quantity import Quantity, QuantityKind
from .sentences import split
from .tokens import Line, Token, fold, tokenize

_FORMS = frozenset(
    "inhaler tablet cream ointment gel spray drops injection infusion suspension patch solution syrup "
    "xr er sr nasal eye with at every once twice three as daily weekly in".split()
)


_MODIFIERS = frozenset(
    "high low rais elevat increas reduc decreas poor weak heavy cold dry red hard loss gain attack "
    "old prior previou past chronic acut sever mild pain infection".split()
)
_JOINING = frozenset("in of on the a an and or at with to for by from s".split())


@dataclass(frozen=True, slots=True)
class Analysis:
    """One sentence, or one line of a record, read."""

    text: str
    tokens: list[Token]
    line: Line
    mentions: list[Mention]
    quantities: list[Quantity]
    context: Context


def analyse(
    text: str, names: Names | None = None, subjects: frozenset[str] = frozenset()
) -> Analysis:
    """Read one sentence; `names` are those that only one record knows."""
    tokens = tokenize(text)
    line = Line(tokens)
    named = mentions(tokens, names)
    inside = {at for mention in named for at in mention.tokens}
    numbers = [q for q in quantities(line) if not inside.issuperset(q.tokens)]
    return Analysis(text, tokens, line, named, numbers, context(tokens, subjects))


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that the record says. `relation` is the relative it is said of, or empty."""

    key: str
    polarity: Polarity
    relation: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Medicine:
    """A drug of the record with its amounts and its schedule."""

    key: str
    text: str
    amounts: tuple[Quantity, ...]
    rate: float | None
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    """A quantity of the record."""

    quantity: Quantity
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of a record, by its words."""

    field: str
    text: str
    line: str
    words: frozenset[str]
    stems: frozenset[str]


class Record:
    """All that one record says."""

    def __init__(self, patient: Patient) -> None:
        self.patient = patient
        self.facts = facts.read(patient)
        self.names = frozenset(t.plain for t in tokenize(self.facts.name) if t.is_word)
        self.subjects = frozenset(
            t.stem for t in tokenize(self.facts.name) if t.is_word
        ) | _pronouns(self.facts.sex)
        self.own = Names()
        self.entries: list[Entry] = []
        self.known: list[Known] = []
        self.stems: dict[str, set[tuple[Polarity, str]]] = defaultdict(set)
        self.parts: dict[str, set[tuple[Polarity, str]]] = defaultdict(set)
        """Stems of other names of what the record says."""
        self.spoken: list[Spoken] = []
        self.medicines = [self._medicine(item) for item in self.facts.medications.items]
        self.allergens = [self._allergen(item) for item in self.facts.allergies.items]
        self._learn()
        for field, relation, text in self._pieces():
            self._read(field, relation, text)
        self._learn_orders()
        self._learn_parts()
        self.groups = frozenset(g for stem in self.stems for g in lexicon().groups.get(stem, ()))
        self.visit = _date_of(self.known, "last_visit")

    def quantities(self, kind: QuantityKind) -> list[Known]:
        """The quantities of one kind, in the order of the record."""
        return [known for known in self.known if known.quantity.kind == kind]

    def stems_of(self, text: str) -> frozenset[str]:
        """The stems of one line of the record."""
        return next((line.stems for line in self.spoken if line.text == text), frozenset())

    def _learn(self) -> None:
        """Names that no list has, and the words of each item in any order."""
        families = (relative.condition for relative in self.facts.family)
        for item in (*self.facts.conditions.items, *self.facts.symptoms.items, *families):
            name = _without_brackets(item)
            tokens = tokenize(name)
            if not mentions(tokens):
                self.own.phrases.add(name, f"item:{fold(name)}")
        for medicine in (*self.medicines, *self.allergens):
            if medicine.key.startswith("drug:own "):
                self.own.phrases.add(medicine.key.removeprefix("drug:own "), medicine.key)

    def _learn_orders(self) -> None:
        """All names of what the record says, with their words in any order."""
        for key in {entry.key for entry in self.entries}:
            if "@" not in key and not key.startswith(("drug:", "class:", "~")):
                names = lexicon().names.get(key, ()) or (key.removeprefix("item:"),)
                self.own.scattered += ((stems, key) for stems in map(_content, names) if len(stems) > 1)

    def _learn_parts(self) -> None:
        """The words of all that a condition or drug may be called: "prostate" for its enlargement."""
        known = lexicon()
        for entry in [e for e in self.entries if e.polarity == "present"]:
            for key in (entry.key, *known.broader.get(entry.key, ())):
                for name in known.names.get(key, ()):
                    for stem in _content(name) - _MODIFIERS:
                        self.parts[stem].add(("present", entry.relation))

    def _pieces(self) -> Iterator[tuple[str, str, str]]:
        """(field, relative, text) of everything that the record says."""
        read = self.facts
        yield "name", "", read.name
        yield "gender", "", self.patient.gender
        for field in ("symptoms", "conditions", "medications", "allergies"):
            yield from ((field, "", item) for item in getattr(read, field).items)
        yield "blood_pressure", "", read.blood_pressure
        yield "blood_sugar", "", read.blood_sugar
        yield "last_visit", "", read.last_visit
        for item in read.family:
            yield "family_history", item.relation.lower() or "family", item.condition
            yield "", "", item.relation
        yield from (("notes", "", span.text) for span in split(read.notes))
        for column, value in read.other.items():
            yield from (("other", "", f"{column}: {span.text}") for span in split(value[:2000]))

    def _read(self, field: str, relation: str, text: str) -> None:
        found = analyse(text, self.own, self.subjects)
        said = [token for token in found.tokens if token.is_word]
        words, stems = frozenset(t.plain for t in said), frozenset(t.stem for t in said)
        self.spoken.append(Spoken(field, text, found.line.text, words, stems))
        for mention in found.mentions:
            polarity = found.context.polarity[mention.start]
            whom = relation or found.context.relation[mention.start]
            self.entries.append(Entry(mention.key, polarity, whom, field, text))
        self.known += (Known(quantity, field, text) for quantity in found.quantities)
        for at, token in enumerate(found.tokens):
            if token.is_word:
                whom = relation or found.context.relation[at]
                polarity: Polarity = "absent" if denied_closely(found.tokens, at) else "present"
                self.stems[token.stem].add((polarity, whom))

    def _medicine(self, item: str) -> Medicine:
        found = analyse(item)
        schedules = [q for q in found.quantities if q.kind == "schedule"]
        return Medicine(
            key=_drug_key(found),
            text=item,
            amounts=tuple(q for q in found.quantities if q.kind == "amount"),
            rate=next((q.values[0] for q in schedules if q.values), None),
            tags=frozenset().union(*(q.tags for q in schedules)),
        )

    def _allergen(self, item: str) -> Medicine:
        found = analyse(_without_brackets(item))
        return Medicine(_drug_key(found), item, (), None, frozenset())


def _pronouns(sex: facts.Sex) -> frozenset[str]:
    return {
        "female": frozenset({"she"}),
        "male": frozenset({"he"}),
        "": frozenset({"she", "he", "they"}),
    }[sex]


def _drug_key(found: Analysis) -> str:
    """The key of the drug that an item names; its first words where no list has it."""
    if named := next((m for m in found.mentions if m.is_drug), None):
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


def _without_brackets(item: str) -> str:
    head = item.split("(", maxsplit=1)[0].strip()
    return head or item


def _date_of(known: Iterable[Known], field: str) -> date | None:
    for fact in known:
        year, month, day = fact.quantity.values if fact.quantity.kind == "date" else (0, 0, 0)
        if fact.field == field and year and month and day:
            try:
                return date(int(year), int(month), int(day))
            except ValueError:
                return None
    return None
