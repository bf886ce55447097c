"""Whether the model is ready for its first token: loading, ready, or failed and what mends it."""

import logging
from typing import Literal

from .errors import Failure
from .models.base import LanguageModel, Prompt

State = Literal["loading", "ready", "failed"]

log = logging.getLogger(__name__)


class Readiness:
    """Loads a model in the background and says how far that is.

    Args:
        model: The model.
        why: Why it was chosen, for people.
        like: A prompt that begins as all others do; the model may read it ahead.
    """

    def __init__(self, model: LanguageModel, why: str, like: Prompt | None = None) -> None:
        self.model = model
        self.why = why
        self.like = like
        self.state: State = "loading"
        self.detail = ""

    async def load(self) -> None:
        """Load the model; a failure is kept for whoever asks, and the next request tries again."""
        try:
            await self.model.load(self.like)
        except Failure as problem:
            self.state, self.detail = "failed", str(problem)
        else:
            self.state, self.detail = "ready", ""
        log.info("model %s: %s %s", self.model.name, self.state, self.detail)

    def answered(self) -> None:
        """The model has just written a summary, so it is ready, whatever it was before."""
        self.state, self.detail = "ready", ""
