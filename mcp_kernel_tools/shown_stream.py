"""A summary as it grows on a terminal: each token at once, and a count while none comes."""

import time
from collections.abc import Callable
from concurrent.futures import Future

from mcp_kernel_tools.answers import Summary
from mcp_kernel_tools.sync import SyncClient
from mcp_kernel_tools.teller import Teller

TICK = 0.1
"""Seconds from one count of the silence to the next."""


def show_stream(
    client: SyncClient,
    patient_id: str,
    teller: Teller,
    on_tokens: Callable[[], object] = lambda: None,
) -> Summary:
    """Generate a summary in front of a person; `on_tokens` is called whenever some have come.

    A client that is verbose tells it all by itself.

    Raises:
        SummaryIncomplete: the stream stopped without an end.
        ToolFailed: no such patient, no model, ...
    """
    teller = Teller(lambda _: None) if client.client.narrator else teller
    stream = client.open_stream(patient_id)
    try:
        while tokens := _patiently(client.submit(stream.next_tokens()), teller):
            teller.text("".join(tokens))
            on_tokens()
    finally:
        stream.stop()
        teller.end()
    return stream.summary


def _patiently(tokens: Future[list[str]], teller: Teller) -> list[str]:
    began = time.monotonic()
    try:
        while True:
            try:
                return tokens.result(TICK)
            except TimeoutError:
                teller.wait("Waiting for the model", time.monotonic() - began)
    except BaseException:
        tokens.cancel()
        raise
