"""How errors call a model server, and what they tell people to do about it.

A model server's own words stay out: they may repeat the prompt, and with it the record.
"""

from dataclasses import dataclass

from ..errors import (
    Busy,
    Failure,
    Incomplete,
    ModelAbsent,
    ModelFailed,
    ModelMissing,
    ModelTimeout,
)


@dataclass(frozen=True, slots=True)
class Wording:
    """A model server's name, and the commands that mend its two most common failures."""

    server: str
    when_absent: str
    when_missing: str

    def absent(self, address: str) -> ModelAbsent:
        return ModelAbsent(f"{self.server} does not answer at {address}.", next=self.when_absent)

    def missing(self) -> ModelMissing:
        return ModelMissing(f"{self.server} does not have the model.", next=self.when_missing)

    def silent(self, seconds: float) -> ModelTimeout:
        return ModelTimeout(
            f"{self.server} sent no token for {seconds:g} s.",
            next="Try again; if it stays silent, restart it or choose a smaller model.",
        )

    def cut(self, *, started: bool) -> Failure:
        """The connection ended before the stream did; `started`: after its first token."""
        if started:
            return Incomplete(
                f"{self.server} stopped in the middle of its text.", next="Try again."
            )
        return ModelFailed(
            f"{self.server} closed the connection before the first token.",
            next="Try again; if it stays so, restart it.",
        )

    def endless(self, characters: int) -> ModelFailed:
        return ModelFailed(
            f"The model did not stop: it wrote more than {characters} characters.",
            next="Try again, or choose another model with --model.",
        )

    def garbled(self) -> ModelFailed:
        return ModelFailed(
            f"{self.server} answered with something that is not its protocol.",
            next="Check that the address is the model server's own.",
        )

    def refused(self, status: int | None, error: object) -> Failure:
        """What an HTTP status and the server's own error mean; no status: it came in the stream."""
        said = str(error).lower()
        if "memory" in said:
            return ModelFailed(
                f"{self.server} has not enough memory for the model.",
                next="Close other programs, or choose a smaller model with --model.",
            )
        if "context" in said:
            return ModelFailed(
                f"The record is too long for the model{_sizes(error)}.",
                next="Shorten the record, or choose a model with a longer context.",
            )
        if "does not support" in said:
            return ModelFailed(
                "The model cannot write text.", next="Choose another model with --model."
            )
        if status == 404 or (status is None and "not found" in said):
            return self.missing()
        return self._by_status(status)

    def _by_status(self, status: int | None) -> Failure:
        if status in {429, 503}:
            return Busy(f"{self.server} is busy (HTTP {status}).", next="Try again in a moment.")
        if status in {401, 403}:
            return ModelFailed(
                f"{self.server} refuses access (HTTP {status}).",
                next="Check the model server's settings.",
            )
        where = "in its stream" if status is None else f"(HTTP {status})"
        return ModelFailed(
            f"{self.server} answered with an error {where}.",
            next="Try again; if it stays so, restart it or choose another model with --model.",
        )


def _sizes(error: object) -> str:
    """How much too long, where the error tells (llama.cpp's does)."""
    if isinstance(error, dict):
        wanted, room = error.get("n_prompt_tokens"), error.get("n_ctx")
        if isinstance(wanted, int) and isinstance(room, int):
            return f" ({wanted} tokens, {room} fit)"
    return ""
