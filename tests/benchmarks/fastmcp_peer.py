"""A peer: FastMCP, progress notifications over Streamable HTTP, in an environment of its own.

Started with a file for its port. Written as FastMCP's documentation shows it.
"""

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn
from fastmcp import Context, FastMCP  # type: ignore[import-not-found]

from tests.benchmarks.stamps import stamped

mcp = FastMCP("peer")


@mcp.tool  # type: ignore[untyped-decorator]
async def generate(tokens: int, seconds: float, ctx: Context) -> str:
    """Stream `tokens` tokens, one every `seconds`."""
    text = ""
    async for token in stamped(tokens, seconds):
        text += token
        await ctx.report_progress(len(text), None, token)
    return text


async def main(port_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port_file.write_text(str(listener.getsockname()[1]))  # noqa: ASYNC240 (once)
        config = uvicorn.Config(mcp.http_app(), log_level="critical")
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
