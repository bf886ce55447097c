"""The application over HTTP, against a real server."""

from collections.abc import Iterator

import httpx
import pytest

from tests.running import RunningServer

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def web(server: RunningServer) -> Iterator[httpx.Client]:
    base = server.http_url.removesuffix("/mcp")
    with httpx.Client(base_url=base, trust_env=False) as client:
        yield client


def test_health_says_that_the_server_runs_and_nothing_of_patients(web: httpx.Client) -> None:
    answer = web.get("/health")
    assert answer.status_code == 200
    health = answer.json()
    assert health["status"] == "ok"
    assert health["model"] == {"name": "scripted", "state": "ready"}
    assert set(health) == {"status", "version", "model"}


def test_mcp_over_http_is_served_on_the_same_path(server: RunningServer, web: httpx.Client) -> None:
    answer = web.post("/mcp", json=INITIALIZE, headers=ACCEPT | server.headers)
    assert answer.status_code == 200
    assert '"protocolVersion":"2025-11-25"' in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Origin": "http://evil.example"}, 403),
        ({"Host": "evil.example"}, 421),
    ],
)
def test_http_is_refused_as_the_websocket_is(
    web: httpx.Client, headers: dict[str, str], status: int
) -> None:
    answer = web.post("/mcp", json=INITIALIZE, headers=ACCEPT | headers)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


def test_the_token_is_not_taken_from_the_address(server: RunningServer, web: httpx.Client) -> None:
    answer = web.post(f"/mcp?token={server.token}", json=INITIALIZE, headers=ACCEPT)
    assert answer.status_code == 401
    assert str(server.token) not in server.log()


def test_other_paths_need_the_token_too(server: RunningServer, web: httpx.Client) -> None:
    assert web.get("/").status_code == 401
    assert web.get("/", headers=server.headers).status_code == 404
