import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENT = (CHECKOUT / "environment.yml").read_text(encoding="utf-8")

NEEDED = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
FOR_WORK = [Requirement(line) for line in PYPROJECT["dependency-groups"]["dev"]]
PINS = re.findall(
    r"^([\w.-]+)==(\S+)(?: ; .+)? \\$((?:\n    --hash=\S+(?: \\)?)*)", LOCK, re.MULTILINE
)


@pytest.mark.parametrize("requirement", [*NEEDED, *FOR_WORK], ids=str)
def test_the_lock_pins_what_pyproject_asks_for(requirement: Requirement) -> None:
    versions = [version for name, version, _ in PINS if name == canonicalize_name(requirement.name)]
    assert versions
    assert all(requirement.specifier.contains(version) for version in versions)


def test_the_lock_has_hashes_and_names_no_address() -> None:
    assert all(hashes.count("--hash=sha256:") for _, _, hashes in PINS)
    assert len(PINS) == len(re.findall(r"^[^ #]", LOCK, re.MULTILINE))
    assert "://" not in LOCK


def test_the_lock_is_for_every_platform() -> None:
    assert {"colorama", "pywin32", "appnope"} <= {name for name, _, _ in PINS}


def test_conda_and_pip_ask_for_the_same() -> None:
    python = SpecifierSet(PYPROJECT["project"]["requires-python"])
    wanted = {"python": python, "pip": SpecifierSet()}
    wanted |= {requirement.name: requirement.specifier for requirement in NEEDED}
    listed = ENVIRONMENT.partition("dependencies:")[2]
    asked = [Requirement(line) for line in re.findall(r"^  - ([^:\n]+)$", listed, re.MULTILINE)]
    assert {requirement.name for requirement in asked} >= {"python", "jupyterlab", "websockets"}
    assert all(wanted[requirement.name] == requirement.specifier for requirement in asked)
    assert "- pip:\n      - -e ." in listed


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_has_one_name_at_its_top_and_no_summaries_of_ours(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {Path(name).parts[0].partition("-")[0] for name in names} == {"mcp_kernel_tools"}
    assert "mcp_kernel_tools/py.typed" in names
    assert "mcp_kernel_tools/_server/__main__.py" in names
    assert "mcp_kernel_tools/_data/patients.csv" in names
    assert any(name.startswith("mcp_kernel_tools/_data/replay/") for name in names)
    assert not [name for name in names if "patient_summaries" in name]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment that holds the wheel and what it asks for, nothing else."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    asked = [str(wheel), "--constraint", str(CHECKOUT / "requirements.lock")]
    if uv := shutil.which("uv"):
        _run(uv, "venv", "--python", sys.executable, environment)
        _run(uv, "pip", "install", "--python", environment, *asked)
    else:
        _run(sys.executable, "-m", "venv", environment)
        _run(environment / "bin/python", "-m", "pip", "install", *asked)
    return environment / "bin"


def _run(*command: str | Path, folder: Path | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.slow
def test_the_wheel_says_what_it_can_do(installed: Path) -> None:
    assert "demo" in _run(installed / "python", "-m", "mcp_kernel_tools", "--help")
    assert "demo" in _run(installed / "mcp-kernel-tools", "--help")


@pytest.mark.slow
@pytest.mark.parametrize("model", ["replay", pytest.param("embedded", marks=pytest.mark.model)])
def test_the_wheel_runs_the_demo_away_from_the_checkout(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    recording = next(installed.parent.glob("lib/*/site-packages/mcp_kernel_tools/_data/replay/*"))
    spec = {"replay": f"replay:{recording}?speed=max", "embedded": "embedded"}[model]
    monkeypatch.setenv("MCP_KERNEL_TOOLS_PORT", "0")
    monkeypatch.delenv("MCP_KERNEL_TOOLS_SUMMARIES")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program: list[str | Path] = [installed / "python", "-m", "mcp_kernel_tools"]
    assert "Janet Lee" in _run(*program, "demo", "--model", spec, folder=elsewhere)
    assert not any(elsewhere.iterdir())
    (saved,) = (tmp_path / "share").rglob("patient_summaries.csv")
    assert "Janet Lee" in saved.read_text(encoding="utf-8")
