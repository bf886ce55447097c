"""A reader of GBNF of its own: random texts of a grammar, and whether a text belongs to it."""

import random
import re
from collections.abc import Iterator

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(\||[a-zA-Z0-9-]+))')

Options = list[list[str]]
"""Texts begin with a quotation mark here, names of rules do not."""


class Grammar:
    """Rules of choices of sequences, which is all that ours has."""

    def __init__(self, text: str) -> None:
        self.rules = dict(map(self._rule, text.rstrip("\n").split("\n")))

    def walk(self, rng: random.Random, name: str = "root") -> str:
        return "".join(
            part[1:] if part.startswith('"') else self.walk(rng, part)
            for part in rng.choice(self.rules[name])
        )

    def accepts(self, text: str) -> bool:
        return len(text) in self._ends("root", text, 0, {})

    def _ends(
        self, name: str, text: str, start: int, known: dict[tuple[str, int], set[int]]
    ) -> set[int]:
        if (name, start) not in known:
            known[name, start] = {
                end
                for option in self.rules[name]
                for end in self._after(option, text, start, known)
            }
        return known[name, start]

    def _after(
        self, option: list[str], text: str, start: int, known: dict[tuple[str, int], set[int]]
    ) -> set[int]:
        ends = {start}
        for part in option:
            if part.startswith('"'):
                ends = {at + len(part) - 1 for at in ends if text.startswith(part[1:], at)}
            else:
                ends = {end for at in ends for end in self._ends(part, text, at, known)}
        return ends

    def _rule(self, line: str) -> tuple[str, Options]:
        name, body = line.split(" ::= ", 1)
        options: Options = [[]]
        for part in self._parts(body):
            if part == "|":
                options.append([])
            else:
                options[-1].append(part)
        assert all(options), f"the rule {name} has an option without anything in it"
        return name, options

    def _parts(self, body: str) -> Iterator[str]:
        at = 0
        while at < len(body):
            token = _TOKEN.match(body, at)
            assert token, f"this is no GBNF: {body[at : at + 40]!r}"
            at = token.end()
            yield '"' + re.sub(r"\\(.)", r"\1", token[1][1:-1]) if token[1] else token[2]
