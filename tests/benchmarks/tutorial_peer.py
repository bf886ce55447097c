"""A peer: the pattern of many tutorials, one blocking `requests` stream inside an async handler.

Started with a file for its port, and Ollama's port. While one client streams, the event loop stands
still between two tokens, for everybody.
"""

import json
import sys
from pathlib import Path

import requests
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.listener import bind


def app(ollama_port: str) -> Starlette:
    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                asked = json.loads(await websocket.receive_text())
                text = ""
                response = requests.post(  # noqa: ASYNC210  (this is the pattern)
                    f"http://127.0.0.1:{ollama_port}/api/generate",
                    json={"model": "phi", "prompt": "summary", "stream": True},
                    stream=True,
                    timeout=120,
                )
                for line in response.iter_lines():
                    said = json.loads(line)
                    if said["done"]:
                        break
                    text += said["response"]
                    frame = {
                        "type": "stream_token",
                        "token": said["response"],
                        "position": len(text),
                    }
                    await websocket.send_text(json.dumps(frame))
                await websocket.send_text(json.dumps({"id": asked["id"], "result": {"text": text}}))
        except WebSocketDisconnect:
            pass

    return Starlette(routes=[WebSocketRoute("/mcp", stream)])


def main(port_file: Path, ollama_port: str) -> None:
    with bind("127.0.0.1", 0) as listener:
        port_file.write_text(str(listener.getsockname()[1]))
        config = uvicorn.Config(app(ollama_port), log_level="critical", ws_ping_interval=None)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
