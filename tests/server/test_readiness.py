from collections.abc import AsyncGenerator

from server.errors import ModelMissing
from server.models.base import Finish, Options, Prompt
from server.readiness import Readiness


class Loading:
    """A model whose loading ends as it is told to."""

    name = "loading"
    slots = None
    takes_grammar = False

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem

    async def load(self, like: Prompt | None = None, /) -> None:
        if self.problem:
            raise self.problem

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        yield Finish("stop")

    async def aclose(self) -> None: ...


async def test_a_model_is_loading_until_it_has_loaded() -> None:
    readiness = Readiness(Loading(), "chosen")
    assert readiness.state == "loading"
    await readiness.load()
    assert (readiness.state, readiness.detail) == ("ready", "")


async def test_a_model_that_cannot_load_says_what_mends_it() -> None:
    problem = ModelMissing("It has no weights.", next="Run `fetch-model`.")
    readiness = Readiness(Loading(problem), "chosen")
    await readiness.load()
    assert readiness.state == "failed"
    assert "fetch-model" in readiness.detail


async def test_a_model_that_answers_after_all_is_ready() -> None:
    readiness = Readiness(Loading(ModelMissing("Gone.", next="Mend it.")), "chosen")
    await readiness.load()
    readiness.answered()
    assert (readiness.state, readiness.detail) == ("ready", "")
