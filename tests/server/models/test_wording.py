import pytest

from server.errors import Busy, Failure, Incomplete, ModelFailed, ModelMissing
from server.models.wording import Wording

WORDING = Wording("Ollama", when_absent="Start it.", when_missing="Get it.")

REFUSALS: dict[str, tuple[int | None, object, type[Failure], str]] = {
    "memory": (500, "model requires more system memory", ModelFailed, "not enough memory"),
    "memory in the stream": (None, "CUDA error: out of memory", ModelFailed, "not enough memory"),
    "length": (400, "the input length exceeds the context length", ModelFailed, "too long"),
    "sizes": (400, {"type": "context", "n_prompt_tokens": 9, "n_ctx": 5}, ModelFailed, "9 tokens"),
    "odd sizes": (400, {"type": "context", "n_ctx": None}, ModelFailed, "too long for the model."),
    "an embedder": (400, '"x" does not support generate', ModelFailed, "cannot write"),
    "no such model": (404, "", ModelMissing, "does not have"),
    "no such model, later": (None, "model 'x' not found", ModelMissing, "does not have"),
    "too many": (429, "", Busy, "HTTP 429"),
    "queue full": (503, "server busy", Busy, "HTTP 503"),
    "no key": (401, "", ModelFailed, "refuses access"),
    "another": (418, None, ModelFailed, "HTTP 418"),
    "in the stream": (None, "boom", ModelFailed, "in its stream"),
}


@pytest.mark.parametrize(("status", "error", "kind", "words"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_has_a_name_and_a_next_step(
    status: int | None, error: object, kind: type[Failure], words: str
) -> None:
    failure = WORDING.refused(status, error)
    assert type(failure) is kind
    assert words in failure.message
    assert failure.next


@pytest.mark.parametrize("error", ["Janet Lee", {"message": "Janet Lee: context"}, ["Janet Lee"]])
def test_nothing_of_what_the_server_says_is_repeated(error: object) -> None:
    for status in (None, 400, 404, 500, 503):
        assert "Janet" not in str(WORDING.refused(status, error))


def test_only_a_stream_that_had_begun_is_incomplete() -> None:
    assert isinstance(WORDING.cut(started=True), Incomplete)
    assert type(WORDING.cut(started=False)) is ModelFailed
