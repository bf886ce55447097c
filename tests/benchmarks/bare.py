"""The floor: bare Starlette and uvicorn that send the same frames, and nothing else.

Started with a file for its port. A client sends {"id", "tokens", "seconds"}; the answer is the
`stream_token` frames and a response.
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from mcp_kernel_tools import wire
from server.listener import bind
from tests.benchmarks.stamps import stamped


async def send_frames(websocket: WebSocket) -> None:
    """Serve one connection until it ends."""
    await websocket.accept()
    try:
        while True:
            asked = wire.decode(await websocket.receive_text())
            position, id_json = 0, str(asked["id"])
            async for token in stamped(asked["tokens"], asked["seconds"]):
                position += len(token)
                await websocket.send_text(wire.encode_token(token, position, id_json))
            await websocket.send_text(
                wire.encode({"jsonrpc": "2.0", "id": asked["id"], "result": {}})
            )
    except WebSocketDisconnect:
        pass


async def health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


def main(port_file: Path) -> None:
    app = Starlette(routes=[WebSocketRoute("/mcp", send_frames), Route("/health", health)])
    with bind("127.0.0.1", 0) as listener:
        port_file.write_text(str(listener.getsockname()[1]))
        config = uvicorn.Config(
            app, log_level="critical", ws_per_message_deflate=False, ws_ping_interval=None
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
