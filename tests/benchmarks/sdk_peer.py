"""A peer: the official SDK's own way to stream, progress notifications over Streamable HTTP.

Started with a file for its port. Written as the SDK's documentation shows it: `MCPServer`, a tool
that takes a `Context`, `report_progress`.
"""

import sys
from pathlib import Path

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context

from server.listener import bind
from tests.benchmarks.stamps import stamped

mcp = MCPServer("peer")


@mcp.tool()
async def generate(tokens: int, seconds: float, ctx: Context) -> str:
    """Stream `tokens` tokens, one every `seconds`."""
    text = ""
    async for token in stamped(tokens, seconds):
        text += token
        await ctx.report_progress(len(text), None, token)
    return text


def main(port_file: Path) -> None:
    with bind("127.0.0.1", 0) as listener:
        port_file.write_text(str(listener.getsockname()[1]))
        config = uvicorn.Config(mcp.streamable_http_app(), log_level="critical")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
