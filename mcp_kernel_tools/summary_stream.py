"""One generation as the client sees it: its tokens as they come, then the summary or an error.

Both faces of the client drive it: `next_tokens` until there are none, `stop` in any case.
"""

from collections.abc import Awaitable, Callable

from mcp_kernel_tools import answers
from mcp_kernel_tools.answers import Summary
from mcp_kernel_tools.connection import Call
from mcp_kernel_tools.errors import ConnectionLost, KernelToolsError, SummaryIncomplete
from mcp_kernel_tools.narration import Narrator


class SummaryStream:
    """Begins with the first `next_tokens()`.

    Args:
        start: sends the request.
        completed: told the summary at the end.
        narrator: told what happens.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[Call]],
        completed: Callable[[Summary], None],
        narrator: Narrator,
    ) -> None:
        self._start = start
        self._completed = completed
        self._narrator = narrator
        self._call: Call | None = None
        self._summary: Summary | None = None

    async def next_tokens(self) -> list[str]:
        """What came since the last time, at least one token; none when the summary is complete.

        Raises:
            SummaryIncomplete: the stream stopped without an end; `text` is what had come.
            ToolFailed: no such patient, no model, ...; `kind` says which.
            ConnectionLost: the connection ended before the first token.
        """
        if self._call is None:
            self._call = await self._start()
        if tokens := await self._call.next_tokens():
            self._narrator.tokens(tokens)
        elif self._summary is None:
            self._summary = await self._finish(self._call)
            self._completed(self._summary)
        return tokens

    @property
    def summary(self) -> Summary:
        """The complete summary, once there are no more tokens."""
        if self._summary is None:
            raise RuntimeError("the stream has not come to its end: take all of its tokens first")
        return self._summary

    @property
    def text(self) -> str:
        """What has come so far, also what nobody has taken yet."""
        return self._call.transcript.text if self._call else ""

    def stop(self) -> None:
        """Stop the model, from any thread; nothing when it is done."""
        if self._call:
            self._call.stop()

    async def _finish(self, call: Call) -> Summary:
        try:
            summary = await self._checked(call)
        except KernelToolsError:
            self._narrator.received("tools/call", "Error")
            raise
        self._narrator.complete()
        self._narrator.received("tools/call", "Success")
        return summary

    async def _checked(self, call: Call) -> Summary:
        try:
            result = await call.result()
        except ConnectionLost as lost:
            if not self.text:
                raise
            raise SummaryIncomplete(lost.message, text=self.text, next=lost.next) from lost
        if failure := answers.failure(result, partial=self.text):
            raise failure
        summary = Summary.from_content(result["structuredContent"])
        if summary.text != self.text:
            raise SummaryIncomplete(
                "The summary is not what its tokens say.", text=self.text, next="Generate it again."
            )
        return summary
