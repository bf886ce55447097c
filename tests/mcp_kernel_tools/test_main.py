import runpy
import sys

import pytest


def test_the_package_runs_as_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mcp_kernel_tools", "--help"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("mcp_kernel_tools", run_name="__main__")
    assert left.value.code == 0
    assert "python -m mcp_kernel_tools" in capsys.readouterr().out
