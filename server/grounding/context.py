"""The context of each token: is it denied, over, or only possible? Of whom is it said?

Cue words (`words/cues.txt`) reach forward or back within their clause, in the manner of NegEx
(Chapman et al., 2001). negspacy was not taken: it needs spaCy and a model of hundreds of megabytes
for the same rules, and knows neither relatives nor allergies.
"""

from dataclasses import dataclass
from functools import cache

from .kin import in_one
from .lexicon import DETERMINERS, Match, Phrases, sections
from .relations import relations, reports
from .scopes import Polarity, Scopes
from .substances import allergic, taken
from .tokens import Token

_DENIALS = frozenset(
    "no not never nor without denies denied hardly avoid avoids avoiding "
    "isn't wasn't doesn't didn't hasn't don't aren't".split()
)
_OURS = frozenset({"your", "our", "my"})
CALLS = frozenset("mum mom mam mama dad papa grandma granny gran nana nan grandpa grandad".split())
"""What a relative calls the patient, who is the mother, the father, … of the one who writes."""
_PARTING = frozenset({"and", "but", "like", ",", ";", "."})
_IMPERATIVES = frozenset(
    "consider continue monitor recheck repeat follow review advise encourage ensure refer avoid "
    "return schedule check recommend start increase reassess maintain plan please".split()
)


@dataclass(slots=True)
class Context:
    """One value a token."""

    polarity: list[Polarity]
    relation: list[str]
    """The relatives that a token is said of, parted by "|", or "family"; empty: the patient."""
    allergy: list[bool]
    takes: list[bool]
    """Whether the token is said to be taken, as a drug is."""
    clause: list[int]
    """The number of the clause that a token is in."""
    kin: list[Match]
    """The relatives that are named, without those who only report."""
    addressed: list[Match]
    """Those among them that are the patient: "your mother", in words for the family."""
    advice: bool
    advised: frozenset[int]
    """The clauses that advise something."""


def denied_closely(tokens: list[Token], at: int, within: int = 2) -> bool:
    """Whether a denial stands right before a word: "no falls", "does not drive"."""
    if [token.plain for token in tokens[at + 1 : at + 3]] == ["-", "free"]:
        return True  # "a gluten-free diet"
    if "much" in {token.plain for token in tokens[at + 1 : at + 3]}:
        return False  # "doesn't drink much water" is "drinks little water"
    before: list[str] = []
    for token in tokens[:at]:
        if token.plain in _PARTING or token.stem == "chang" or token.plain == "much":
            before.clear()  # "no change in her weight" denies no weight
        elif token.plain == "any" and before[-1:] == ["hardly"]:
            before.pop()  # "drinks hardly any water" is "drinks little water"
        elif token.plain not in DETERMINERS:
            before.append(token.plain)
    return bool(set(before[-within:]) & _DENIALS) or before[-2:] in (
        ["free", "of"],
        ["free", "from"],
        ["away", "from"],
    )


def _is_called(tokens: list[Token], kin: Match) -> bool:
    """Whether it is a relative's own word for the patient: "your mother", "Mum"."""
    before = tokens[kin.start - 1].plain if kin.start else ""
    return before in _OURS or (
        tokens[kin.start].plain in CALLS and before not in DETERMINERS | {"'s", "my"}
    )


@cache
def _cues() -> Phrases:
    phrases = Phrases()
    for section, names in sections("cues.txt"):
        for name in names:
            phrases.add(name, section)
    return phrases


def context(
    tokens: list[Token], subjects: frozenset[str] = frozenset(), *, addressed: bool = False
) -> Context:
    """The context of each token of one sentence.

    Args:
        tokens: the sentence.
        subjects: the words, besides "patient", that mean the patient: the name, "she" or "he".
        addressed: whether "your mother" means the patient, and not the patient's mother.
    """
    cues = list(_cues().find(tokens))
    scopes = Scopes(tokens, cues)
    kin = [
        Match(cue.key.removeprefix("kin "), cue.start, cue.end)
        for cue in cues
        if cue.key.startswith("kin ") and not reports(tokens, cues, cue)
    ]
    kin = in_one(tokens, kin)
    patients = [k for k in kin if addressed and _is_called(tokens, k)]
    kin = [relative for relative in kin if relative not in patients]
    return Context(
        polarity=scopes.polarity(cues),
        relation=relations(tokens, cues, kin, scopes, subjects),
        allergy=allergic(tokens, cues, scopes),
        takes=taken(tokens, cues, scopes),
        clause=scopes.clause,
        kin=kin,
        addressed=patients,
        advice=any(cue.key == "advice" for cue in cues) or _orders(tokens),
        advised=_advised(tokens, cues, scopes.clause),
    )


def _advised(tokens: list[Token], cues: list[Match], clause: list[int]) -> frozenset[int]:
    advice = [cue for cue in cues if cue.key == "advice"]
    said = {clause[cue.start] for cue in advice}
    said |= {clause[cue.start] - 1 for cue in advice if tokens[cue.start].plain == "for"}
    said |= {clause[cue.start] + 1 for cue in advice if tokens[cue.end - 1].plain == "if"}
    return frozenset(said | ({clause[0]} if _orders(tokens) else set()))


def _orders(tokens: list[Token]) -> bool:
    first = next((t for t in tokens if t.is_word), None)
    return first is not None and first.plain in _IMPERATIVES
