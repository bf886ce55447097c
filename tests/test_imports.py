"""Imports run one way, stay within what is declared, and every module has its tests."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import grimp
import pytest

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("mcp_kernel_tools", "server")
TRIED_THROUGH = {
    "mcp_kernel_tools/form_choice.py": "tests/mcp_kernel_tools/test_form.py",
    "server/assembly.py": "tests/server/test_main.py",
    "server/brief.py": "tests/server/test_grammar.py",
    "server/clauses.py": "tests/server/test_grammar.py",
    "server/facts.py": "tests/server/test_prompts.py",
    "server/formats/": "tests/server/test_patients.py",
    "server/frames.py": "tests/server/test_grammar.py",
    "server/grounding/": "tests/server/grounding/test_check.py",
    "server/models/embedded_child.py": "tests/server/models/test_embedded.py",
}
"""Parts that are tried through the module that puts them together, and in which file."""
USED_WHERE_PRESENT = {"nest_asyncio2"}


def broken_contracts(tree: Path) -> str:
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(lint, cwd=tree, check=False, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_imports_run_one_way() -> None:
    assert broken_contracts(CHECKOUT) == ""


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("mcp_kernel_tools/wire.py", "import server", "never imports it"),
        ("mcp_kernel_tools/client.py", "import mcp", "never imports it"),
        ("server/tools.py", "import mcp_kernel_tools.client", "nothing else of the library"),
        ("server/prompts.py", "import httpx", "do no I/O"),
        ("mcp_kernel_tools/client.py", "from . import sync", "The library's layers"),
        ("server/patients.py", "from . import tools", "The server's layers"),
    ],
)
def test_a_bad_import_is_noticed(tmp_path: Path, module: str, line: str, contract: str) -> None:
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, tmp_path / package)
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    told = broken_contracts(tmp_path)
    assert re.search(rf"{re.escape(contract)}.*BROKEN", told), told


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("server.__main__", {"IPython", "ipywidgets"}),
        ("mcp_kernel_tools.cli", {"IPython", "ipywidgets", "mcp", "server"}),
        ("mcp_kernel_tools.wire", {"asyncio", "httpx", "pandas", "websockets"}),
    ],
)
def test_what_is_not_needed_is_not_loaded(module: str, never: set[str]) -> None:
    show = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", show], check=True, capture_output=True, text=True
    )
    assert never.isdisjoint(done.stdout.split())


def _normal(name: str) -> str:
    """The name of a distribution as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_that_is_imported_is_declared() -> None:
    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    imported = {module.partition(".")[0] for module in graph.modules}
    foreign = imported - set(PACKAGES) - set(sys.stdlib_module_names)
    distributions = packages_distributions()
    pyproject = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    declared = {re.split(r"[<>=]", line)[0] for line in lines}
    named = {name: {_normal(one) for one in distributions.get(name, [name])} for name in foreign}
    undeclared = {name for name in foreign if declared.isdisjoint(named[name])}
    assert undeclared <= USED_WHERE_PRESENT


def test_every_module_has_its_test_file() -> None:
    modules = [
        path.relative_to(CHECKOUT)
        for package in PACKAGES
        for path in sorted((CHECKOUT / package).rglob("*.py"))
        if len(ast.parse(path.read_text(encoding="utf-8")).body) > 1  # more than a docstring
    ]
    tests = {
        module: f"tests/{module.parent}/test_{module.stem.strip('_')}.py" for module in modules
    }
    missing = {module for module, test in tests.items() if not (CHECKOUT / test).exists()}
    parts = tuple(TRIED_THROUGH)
    assert [str(module) for module in missing if not str(module).startswith(parts)] == []
    assert all((CHECKOUT / test).exists() for test in TRIED_THROUGH.values())
