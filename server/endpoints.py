"""The models that this server may use: the first is the default, a cohort may use all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .errors import Invalid
from .readiness import Readiness
from .slots import Slots
from .summarize import Summarizer

UNBOUNDED_WIDTH = 4
"""Summaries at a time where the model names no bound of its own."""


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """One model: what writes with it, and whether it is ready."""

    summarizer: Summarizer
    readiness: Readiness

    @property
    def name(self) -> str:
        return self.readiness.model.name

    @property
    def slots(self) -> Slots:
        return self.summarizer.slots

    def width(self, concurrency: int | None) -> int:
        """How many summaries a cohort has written here at a time."""
        limit = self.slots.limit or self.readiness.model.slots
        wanted = concurrency or limit or UNBOUNDED_WIDTH
        return min(wanted, limit or wanted)


def named(endpoints: Sequence[ModelEndpoint], name: str | None) -> list[ModelEndpoint]:
    """The endpoints of this name, which several may share; without a name, all of them.

    Raises:
        Invalid: no endpoint has this name.
    """
    found = [endpoint for endpoint in endpoints if name in (None, endpoint.name)]
    if not found:
        raise Invalid(
            "The server has no model of this name.",
            next=f"Name one of its models: {_listed(endpoint.name for endpoint in endpoints)}.",
        )
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
