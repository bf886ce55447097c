"""axe-core (from npm), which judges the accessibility of a part of a page."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator

NPM_FOLDER = Path(__file__).parents[2] / ".cache" / "npm"
AXE = NPM_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
AXE_HINT = "axe-core is missing; install it with: npm install --prefix .cache/npm axe-core@4"


def serious(part: Locator) -> list[str]:
    """What axe-core finds in a part of a page that is serious or critical."""
    page = part.page
    if not AXE.exists():
        pytest.skip(AXE_HINT)
    if not page.evaluate("() => Boolean(window.axe)"):
        page.add_script_tag(path=AXE)
        # JupyterLab's body has no height of its own, and axe takes what lies in it for invisible.
        page.evaluate("() => { document.body.style.height = '100vh'; }")
    result: dict[str, Any] = page.evaluate("(part) => axe.run(part)", part.element_handle())
    return [
        f"{problem['id']}: {json.dumps([node['html'][:200] for node in problem['nodes']])}"
        for problem in result["violations"]
        if problem["impact"] in ("serious", "critical")
    ]
