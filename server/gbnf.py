"""GBNF, the notation of grammars that llama.cpp decodes under: rules, their text, their bound.

Its description: grammars/README.md of github.com/ggml-org/llama.cpp. Only what a finite language
needs is here: rules, choices, sequences and literals, no repetition and no recursion.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A choice under a name of its own; the name has letters, digits and "-".

    Two rules are the same only if they are one object, so that a rule which many others lead to is
    written, and measured, once.
    """

    name: str
    options: tuple["Option", ...]


Part = str | Rule
Option = tuple[Part, ...]
"""What follows each other; a text stands for itself, whatever is in it."""


def write(root: Rule) -> str:
    """The grammar, a line for each rule, `root` first.

    Raises:
        ValueError: two rules have one name, or a rule has no option.
    """
    rules: dict[str, Rule] = {}
    _gather(root, rules)
    lines = (f"{rule.name} ::= {_body(rule)}" for rule in rules.values() if rule is not root)
    return "\n".join((f"root ::= {_body(root)}", *lines)) + "\n"


def longest(root: Rule) -> int:
    """The bytes of the longest text of the language, in UTF-8."""
    known: dict[Rule, int] = {}

    def of(part: Part) -> int:
        if isinstance(part, str):
            return len(part.encode())
        if part not in known:
            known[part] = max(sum(map(of, option)) for option in part.options)
        return known[part]

    return of(root)


def _gather(rule: Rule, rules: dict[str, Rule]) -> None:
    if rules.get(rule.name) is rule:
        return
    if rule.name in rules or not rule.options:
        raise ValueError(f"the rule {rule.name!r} is there twice, or has no option")
    rules[rule.name] = rule
    for option in rule.options:
        for part in option:
            if isinstance(part, Rule):
                _gather(part, rules)


def _body(rule: Rule) -> str:
    return " | ".join(" ".join(_written(option)) for option in rule.options)


def _written(option: Option) -> Iterator[str]:
    for are_texts, parts in groupby(option, lambda part: isinstance(part, str)):
        if are_texts:
            yield literal("".join(map(str, parts)))
        else:
            yield from (part.name for part in parts if isinstance(part, Rule))


def literal(text: str) -> str:
    """A text as GBNF writes it: only the backslash and the quotation mark are escaped.

    Not JSON, whose escapes for characters beyond U+FFFF are pairs that GBNF does not know.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
