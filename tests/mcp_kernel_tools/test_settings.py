import pytest

from mcp_kernel_tools.settings import Settings


def test_has_the_timeouts_of_the_wire_protocol_by_default() -> None:
    settings = Settings.from_env({})
    assert (settings.ping_timeout, settings.close_timeout) == (120, 10)
    assert settings.url is settings.token is None


def test_reads_every_setting_from_the_environment() -> None:
    environ = {
        "MCP_KERNEL_TOOLS_URL": "ws://localhost:1/mcp",
        "MCP_KERNEL_TOOLS_TOKEN": "secret",
        "MCP_KERNEL_TOOLS_PING_TIMEOUT": "2.5",
        "MCP_KERNEL_TOOLS_LOGGED_FRAMES": "7",
    }
    settings = Settings.from_env(environ)
    assert settings == Settings(
        url="ws://localhost:1/mcp", token="secret", ping_timeout=2.5, logged_frames=7
    )


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan"])
def test_names_a_variable_that_it_cannot_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"MCP_KERNEL_TOOLS_PING_TIMEOUT=.*a number above 0"):
        Settings.from_env({"MCP_KERNEL_TOOLS_PING_TIMEOUT": text})


def test_takes_an_empty_variable_for_none() -> None:
    assert Settings.from_env({"MCP_KERNEL_TOOLS_TOKEN": ""}).token is None
