"""Tokens that say when they were made, so that whoever receives one knows how long it travelled.

The clock is the machine's own (CLOCK_MONOTONIC), the same for every process. Standard library only:
peers in environments of their own use it too.
"""

import asyncio
import time
from collections.abc import AsyncGenerator

ROUND = 10**8
"""Microseconds after which the stamps begin anew: a token of 9 characters is as long as a word."""


async def stamped(tokens: int, seconds: float) -> AsyncGenerator[str, None]:
    """A token every `seconds`, at due times that do not drift; 0: as fast as they are taken."""
    due = time.monotonic()
    for number in range(tokens):
        if seconds:
            due += seconds
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        elif number % 16 == 0:  # as the replay model does: or nobody else would be served
            await asyncio.sleep(0)
        yield f" {time.monotonic_ns() // 1000 % ROUND:08}"


def ages(text: str, now: int) -> list[float]:
    """Milliseconds since the tokens of `text` were made; `now` in nanoseconds."""
    return [(now // 1000 - int(stamp)) % ROUND / 1000 for stamp in text.split()]
