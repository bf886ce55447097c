"""Mentions: the conditions, findings, drugs and classes of drugs that a text names.

A finding is put together from a head and its site, wherever they stand: "swollen legs", "swelling
in both legs" and "her legs have been swelling" are all `swelling@leg`.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from .lexicon import DETERMINERS, Match, Phrases, lexicon
from .tokens import Token

_SIDES = frozenset(
    "left right both bilateral bilaterally lower upper one other her his their the a an my its "
    "big small of".split()
)
_LINKS = frozenset({"and", "or", "&", "/", ",", "-"})
_PREPOSITIONS = frozenset(
    "in of on around over affecting involving to at across throughout down into inside "
    "along".split()
)
_VERBS = frozenset(
    "is are was were be been being has have had feel feels felt get gets go goes gone become "
    "becomes tend tends seem seems remain remains stay stays also still often sometimes very quite "
    "not never rather both all that which aren't isn't weren't wasn't haven't hasn't".split()
)
_DENIALS = frozenset({"no", "not", "without"})
_ALONE = frozenset({"rash", "bleeding", "coldness"})
"""Heads that do not share the site of the head before them: "joint pain and rash"."""
_REACH = 8
"""How many tokens the words of one name may lie apart."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A key of the lexicon, named by the tokens from `start` to before `end`."""

    key: str
    start: int
    end: int
    elsewhere: tuple[int, ...] = ()
    """Further tokens that belong to it, such as those of the site in "pain in the left hip"."""

    @property
    def is_drug(self) -> bool:
        return self.key.startswith(("drug:", "class:"))

    @property
    def tokens(self) -> set[int]:
        return {*range(self.start, self.end), *self.elsewhere}


@dataclass(slots=True)
class Names:
    """The names that only one record knows, beside those of the lexicon."""

    phrases: Phrases = field(default_factory=lambda: Phrases(DETERMINERS))
    scattered: list[tuple[frozenset[str], str]] = field(default_factory=list)
    """Stems that name a key in any order: "his urine stream has been weak"."""


def idioms(tokens: list[Token]) -> set[int]:
    """The tokens of turns of phrase that state nothing."""
    found = lexicon().idioms.find(tokens)
    return {at for match in found for at in range(match.start, match.end)}


def mentions(
    tokens: list[Token], names: Names | None = None, idle: AbstractSet[int] = frozenset()
) -> list[Mention]:
    """What `tokens` name, in the order of the text.

    Args:
        tokens: the text.
        names: those that only one record knows.
        idle: tokens that name nothing, see `idioms`.
    """
    names = names or Names()
    own = list(names.phrases.find(tokens))
    taken = {at for match in own for at in range(match.start, match.end)}
    general = (
        m  # "tired all the time" says more than the "all the time" in it
        for m in lexicon().phrases.find(tokens)
        if m.start not in idle and taken.isdisjoint(range(m.start, m.end))
    )
    matches = sorted([*own, *general], key=lambda match: match.start)
    found = [
        Mention(m.key, m.start, m.end) for m in matches if not m.key.startswith(("head:", "site:"))
    ]
    found = [_without_denial(tokens, mention) for mention in found]
    found += _Findings(tokens, matches)
    said = {token.stem for token in tokens}
    for stems, key in names.scattered:
        if stems <= said:
            found = _gathered(tokens, found, stems, key)
    return sorted(found, key=lambda mention: mention.start)


def _without_denial(tokens: list[Token], mention: Mention) -> Mention:
    """ "No fits": what a name denies by its first word is left to the cues."""
    if mention.key.startswith("~") and tokens[mention.start].plain in _DENIALS:
        return Mention(mention.key[1:], mention.start + 1, mention.end)
    return mention


def _gathered(
    tokens: list[Token], found: list[Mention], stems: frozenset[str], key: str
) -> list[Mention]:
    """`found` with the words of one name that stand apart; what they meant singly goes."""
    if any(mention.key == key for mention in found):
        return found
    places = [at for at, token in enumerate(tokens) if token.stem in stems]
    if places[-1] - places[0] > _REACH:
        return found
    kept = [mention for mention in found if not mention.tokens <= set(places)]
    if any(set(places) & mention.tokens for mention in kept):
        return found
    return [*kept, Mention(key, places[0], places[0] + 1, tuple(places))]


class _Findings:
    """The findings of one text: each head with the sites that it is said of."""

    def __init__(self, tokens: list[Token], matches: Iterable[Match]) -> None:
        self._tokens = tokens
        parts = [match for match in matches if match.key.startswith(("head:", "site:"))]
        self._heads = [part for part in parts if part.key.startswith("head:")]
        self._starting = {part.start: part for part in parts}
        self._ending = {part.end: part for part in parts}
        self._taken: set[int] = set()

    def __iter__(self) -> Iterator[Mention]:
        before: tuple[Match, list[Match]] | None = None
        for number, head in enumerate(self._heads):
            sites = self._left(head)
            sites += self._right(head, after_preposition=bool(sites))
            alone = head.key.removeprefix("head:") in _ALONE
            if not sites and not alone and before and self._linked(before[0], head):
                sites = before[1]
            if not sites and number + 1 < len(self._heads):
                following = self._heads[number + 1]
                if self._linked(head, following):
                    sites = self._right(following, after_preposition=False)
            self._taken.update(site.start for site in sites)
            before = head, sites
            yield from self._named(head, sites)

    def _named(self, head: Match, sites: list[Match]) -> Iterator[Mention]:
        name = head.key.removeprefix("head:")
        if not sites:
            yield Mention(name, head.start, head.end)
        for site in sites:
            start, end = head.start, head.end
            if site.end == head.start or site.start == head.end:
                start, end = min(site.start, start), max(site.end, end)
            key = f"{name}@{site.key.removeprefix('site:')}"
            yield Mention(key, start, end, tuple(range(site.start, site.end)))

    def _linked(self, head: Match, following: Match) -> bool:
        """Whether nothing but "and" or a comma parts two heads: "pain and swelling in …"."""
        between = self._tokens[head.end : following.start]
        return bool(between) and all(token.plain in _LINKS for token in between)

    def _left(self, head: Match) -> list[Match]:
        """Sites before the head: "knee and hip pain", "her legs have been swelling"."""
        sites: list[Match] = []
        at, verbs = head.start, 0
        while at > 0:
            word = self._tokens[at - 1].plain
            if site := self._ending.get(at):
                if site.key.startswith("head:") or site.start in self._taken:
                    break
                sites.append(site)
                at = site.start
                continue
            verbs += word in _VERBS
            if not (word in _SIDES or word in _LINKS if sites else word == "-" or word in _VERBS):
                break
            if verbs > 4:
                break
            at -= 1
        return sites

    def _right(self, head: Match, *, after_preposition: bool) -> list[Match]:
        """Sites after the head: "swollen legs", "pain in her hips and both knees"."""
        at = head.end
        if at < len(self._tokens) and self._tokens[at].plain in _PREPOSITIONS:
            at += 1
        elif after_preposition:
            return []
        sites: list[Match] = []
        while part := self._next_site(at, linked=bool(sites)):
            if sites and self._begins_anew(part.end):
                break
            sites.append(part)
            at = part.end
        return sites

    def _next_site(self, at: int, *, linked: bool) -> Match | None:
        """The site that follows, after "the left" and, in a list, after "and"."""
        while at < len(self._tokens):
            part, word = self._starting.get(at), self._tokens[at].plain
            if part:
                return part if part.key.startswith("site:") else None
            if word not in _SIDES and not (linked and word in _LINKS):
                return None
            at += 1
        return None

    def _begins_anew(self, at: int) -> bool:
        """ "Numb feet, joint pain", "and her knees are": a site that is spoken of next."""
        return at < len(self._tokens) and (at in self._starting or self._tokens[at].plain in _VERBS)
