"""Requests reach the application whole or not at all.

The SDK reads the body of a request in several places, and tells of a client that leaves before its
end by a traceback in the log, or by an exception that nobody handles.
"""

from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class WholeRequests:
    """ASGI middleware that hands an HTTP request on when all of it is here.

    Args:
        app: The application behind it.
        limit: Bytes of a body; with more of it the request is handed on, to be refused there.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif messages := await self._read(receive):

            async def replay() -> Message:
                return messages.popleft() if messages else await receive()

            await self.app(scope, replay, send)

    async def _read(self, receive: Receive) -> deque[Message]:
        """What the body consists of; nothing where the client has left, whom nobody can answer."""
        messages = deque[Message]()
        size = 0
        while size <= self.limit:
            message = await receive()
            if message["type"] == "http.disconnect":
                return deque()
            messages.append(message)
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                break
        return messages
