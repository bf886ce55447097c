"""Our own server, whole, with a model whose tokens say when they were made.

Started with a file for its port, the number of tokens, and the seconds between two of them.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import uvicorn

from server.app import create_app
from server.assembly import build
from server.listener import bind, configure
from server.models.base import Finish, Options, Prompt
from server.settings import Settings
from tests.benchmarks.stamps import stamped
from tests.running import recording


class StampModel:
    """Streams the times at which its tokens are made."""

    name = "stamps"
    slots = None
    takes_grammar = False

    def __init__(self, tokens: int, seconds: float) -> None:
        self.tokens = tokens
        self.seconds = seconds

    async def load(self, like: Prompt | None = None, /) -> None: ...

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[str | Finish, None]:
        async for token in stamped(self.tokens, self.seconds):
            yield token
        yield Finish("stop")

    async def aclose(self) -> None: ...


async def main(port_file: Path, tokens: int, seconds: float) -> None:
    folder = port_file.parent
    replay = recording(folder / "unused.jsonl", ["Unused."])
    settings = Settings(model=replay, summaries=folder / "summaries.csv")
    services = await build(settings)
    services.summarizer.model = StampModel(tokens, seconds)
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        app = create_app(services, port=port, token=None)
        port_file.write_text(str(port))  # noqa: ASYNC240 (once)
        await uvicorn.Server(configure(app, settings)).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
