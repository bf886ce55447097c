"""A measurement: several sides that did the same work in turn, in one run, and what became of it.

The ratio of a side is taken round by round, to the floor's value of the same round, so that what
else the machine did in the meantime weighs on both. Medians are shown with the smallest and the
largest.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal

Figures = Mapping[str, float]
"""What one round of one side gave: `value`, and CPU times in microseconds a token."""

Of = Literal["ratio", "value"]


@dataclass(frozen=True)
class Aim:
    """What `side` should reach: at least or at most so much, as a value or a ratio to the floor."""

    side: str
    of: Of
    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        sign, limit = (
            ("≥", self.at_least) if self.at_least is not None else ("≤", self.at_most or 0)
        )
        return f"{sign} {limit:g}{' of the floor' if self.of == 'ratio' else ''}"


@dataclass
class Measurement:
    """One line of the table: its sides' rounds, in the order in which they ran."""

    part: str
    what: str
    unit: str
    floor: str
    rounds: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    aim: Aim | None = None
    size: int = 0
    """How much was done (tokens, clients, rows); 0: it does not matter."""
    headline: bool = False
    """Whether the README shows it although it has no aim."""
    note: str = ""

    def add(self, side: str, figures: Figures) -> None:
        self.rounds.setdefault(side, []).append(dict(figures))

    def values(self, side: str, name: str = "value") -> list[float]:
        return [figures[name] for figures in self.rounds[side] if name in figures]

    def median(self, side: str, name: str = "value") -> float:
        return median(self.values(side, name))

    def ratios(self, side: str) -> list[float]:
        """To the floor's value of the same round; where rounds are missing, to its median."""
        own, floor = self.values(side), self.values(self.floor)
        if len(own) != len(floor):
            floor = [median(floor)] * len(own)
        return sorted(mine / its for mine, its in zip(own, floor, strict=True) if its)

    def reached(self) -> bool | None:
        """Whether the aim is met; None without one, or where its side did not run."""
        if self.aim is None or self.aim.side not in self.rounds:
            return None
        side = self.aim.side
        figure = self.median(side) if self.aim.of == "value" else median(self.ratios(side))
        if self.aim.at_least is not None:
            return figure >= self.aim.at_least
        return figure <= (self.aim.at_most or 0)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> "Measurement":
        aim = Aim(**said.pop("aim")) if said.get("aim") else None
        return cls(**{**said, "aim": aim})

    def __str__(self) -> str:
        title = f"{self.part}: {self.what} ({self.unit})"
        if self.aim:
            verdict = {True: "met", False: "MISSED", None: "not measured"}[self.reached()]
            title += f"; aim for {self.aim.side}: {self.aim}, {verdict}"
        return "\n".join([title, *(self._line(side) for side in self.rounds), self.note]).rstrip()

    def _line(self, side: str) -> str:
        ratios = self.ratios(side)
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}" if ratios else "no floor"
        ratio = f"{median(ratios):6.2f}" if ratios else "     -"
        others = sorted({name for figures in self.rounds[side] for name in figures} - {"value"})
        rest = ", ".join(f"{name} {self.median(side, name):,.1f}" for name in others)
        return f"  {side:36}{self.median(side):14,.3f}  x{ratio} ({spread})  {rest}"


Run = Callable[[int], Awaitable[Figures]]
"""One round of one side; it is given the number of the round."""


async def in_turn(measurement: Measurement, sides: Mapping[str, Run], rounds: int) -> Measurement:
    """Run the sides one after the other, `rounds` times, after one round that does not count."""
    for number in range(rounds + 1):
        for name, run in sides.items():
            figures = await run(number)
            if number:
                measurement.add(name, figures)
    return measurement
