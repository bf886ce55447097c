"""Mentions: the conditions, findings, drugs and classes of drugs that a text names.

A finding is put together from a head and its site, wherever they stand: "swollen legs", "swelling
in both legs" and "her legs have been swelling" are all `swelling@leg`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .lexicon import Match, Phrases, find, lexicon
from .tokens import Token

_SIDES = frozenset(
    "left right both bilateral bilaterally lower upper one other her his their the a an my its "
    "big small of".split()
)
_LINKS = frozenset({"and", "or", "&", "/", ",", "-"})
_PREPOSITIONS = frozenset(
    "in of on around over affecting involving to at across throughout down into inside along".split()
)
_VERBS = frozenset(
    "is are was were be been being has have had feel feels felt get gets go goes gone become becomes "
    "tend tends seem seems remain remains stay stays also still often sometimes very quite rather "
    "both all that which".split()
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A key of the lexicon, named by the tokens from `start` to before `end`."""

    key: str
    start: int
    end: int

    @property
    def is_drug(self) -> bool:
        return self.key.startswith(("drug:", "class:"))


def mentions(tokens: list[Token], own: Phrases | None = None) -> list[Mention]:
    """What `tokens` name, in the order of the text; `own` holds the names of one record."""
    lists = (own, lexicon().phrases) if own else (lexicon().phrases,)
    matches = list(find(tokens, *lists))
    found = [
        Mention(m.key, m.start, m.end)
        for m in matches
        if not m.key.startswith(("head:", "site:"))
    ]
    found += _findings(tokens, matches)
    return sorted(found, key=lambda mention: mention.start)


def _findings(tokens: list[Token], matches: list[Match]) -> Iterator[Mention]:
    parts = {m.start: m for m in matches if m.key.startswith(("head:", "site:"))}
    ends = {m.end: m for m in parts.values()}
    taken: set[int] = set()
    previous: tuple[Match, list[Match]] | None = None
    heads = [m for m in parts.values() if m.key.startswith("head:")]
    for head in heads:
        sites = _left(tokens, ends, head, taken) or []
        after = _right(tokens, parts, head, adjacent_only=bool(sites))
        sites += after
        if not sites and previous and _linked(tokens, previous[0].end, head.start):
            sites = previous[1]
        taken.update(site.start for site in sites)
        previous = (head, sites)
        yield from _compose(tokens, parts, head, sites, heads)


def _compose(
    tokens: list[Token],
    parts: dict[int, Match],
    head: Match,
    sites: list[Match],
    heads: list[Match],
) -> Iterator[Mention]:
    name = head.key.removeprefix("head:")
    if not sites:
        following = next((h for h in heads if h.start > head.start), None)
        if following and _linked(tokens, head.end, following.start):
            sites = _right(tokens, parts, following, adjacent_only=False)
    if not sites:
        yield Mention(name, head.start, head.end)
    for site in sites:
        key = f"{name}@{site.key.removeprefix('site:')}"
        close = site.end == head.start or site.start == head.end
        start, end = (min(site.start, head.start), max(site.end, head.end)) if close else (
            head.start,
            head.end,
        )
        yield Mention(key, start, end)


def _linked(tokens: list[Token], start: int, end: int) -> bool:
    """Whether nothing but "and" or a comma stands between two heads: "pain and swelling in …"."""
    return start < end and all(tokens[i].plain in _LINKS for i in range(start, end))


def _left(
    tokens: list[Token], ends: dict[int, Match], head: Match, taken: set[int]
) -> list[Match]:
    """Sites before the head: "knee and hip pain", "her legs have been swelling"."""
    sites: list[Match] = []
    at, verbs = head.start, 0
    while at > 0:
        word = tokens[at - 1].plain
        if site := ends.get(at):
            if not site.key.startswith("site:") or site.start in taken:
                break
            sites.append(site)
            at = site.start
        elif (word in _SIDES or word in _LINKS) and sites:
            at -= 1
        elif word in _VERBS and not sites and verbs < 4:
            verbs += 1
            at -= 1
        elif word == "-" and not sites:
            at -= 1
        else:
            break
    return sites


def _right(
    tokens: list[Token], parts: dict[int, Match], head: Match, *, adjacent_only: bool
) -> list[Match]:
    """Sites after the head: "swollen legs", "pain in her hips and both knees"."""
    at = head.end
    if at < len(tokens) and tokens[at].plain in _PREPOSITIONS:
        at += 1
    elif adjacent_only:
        return []
    sites: list[Match] = []
    while at < len(tokens):
        part = parts.get(at)
        if part and part.key.startswith("site:"):
            sites.append(part)
            at = part.end
        elif tokens[at].plain in _SIDES or (sites and tokens[at].plain in _LINKS):
            at += 1
        else:
            break
    if parts.get(at) and sites and tokens[at - 1].plain in _LINKS:
        sites = _without_subject(tokens, sites, parts[at])
    return sites


def _without_subject(tokens: list[Token], sites: list[Match], head: Match) -> list[Match]:
    """ "Numb feet, joint pain": what stands right before the next head is that head's."""
    return [site for site in sites if site.end != head.start]
