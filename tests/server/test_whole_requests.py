from collections.abc import Iterable

from starlette.types import Message, Receive, Scope, Send

from server.whole_requests import WholeRequests


def body(text: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": text, "more_body": more}


GONE: Message = {"type": "http.disconnect"}


async def heard(messages: Iterable[Message], kind: str = "http") -> list[Message] | None:
    """What the application behind it is told; None if it is not called."""
    told: list[Message] | None = None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal told
        told = []
        while not told or told[-1].get("more_body"):
            told.append(await receive())

    async def send(message: Message) -> None:
        raise AssertionError("nothing is to be sent")

    coming = iter(messages)

    async def receive() -> Message:
        return next(coming)

    await WholeRequests(app, limit=10)({"type": kind}, receive, send)
    return told


async def test_a_request_is_handed_on_when_all_of_it_is_here() -> None:
    parts = [body(b"Janet", more=True), body(b" Lee")]
    assert await heard(parts) == parts


async def test_a_client_that_leaves_in_mid_request_has_asked_nothing() -> None:
    assert await heard([body(b"Janet", more=True), GONE]) is None


async def test_a_body_that_is_too_long_is_left_to_be_refused_and_not_kept() -> None:
    parts = [body(b"x" * 11, more=True), body(b"y" * 11, more=True), body(b"z")]
    assert await heard(parts) == parts


async def test_a_websocket_passes() -> None:
    opening: Message = {"type": "websocket.connect"}
    assert await heard([opening], "websocket") == [opening]
