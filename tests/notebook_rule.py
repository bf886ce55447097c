"""The rule for committed notebooks: they keep their results, and nothing of the machine or the run.

    python -m tests.notebook_rule [--check] [NOTEBOOK ...]

Outputs stay, for people who read notebooks where they cannot run them. What goes: views of widgets
(they show nothing without a kernel), execution counts and times, and in the text of the outputs
absolute paths, ports, process ids and tokens. Without `--check` the notebooks are rewritten. The
exit code is 1 when a notebook broke the rule, as pre-commit wants it.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CHECKOUT = Path(__file__).resolve().parent.parent

_HOME = r"/(?:home|Users)/[^\\/\s\"']+|[A-Za-z]:[\\/]+Users[\\/]+[^\\/\s\"']+"
# What the Filesystem Hierarchy Standard has; a path of one folder, as /mcp, belongs to a protocol.
_ROOT = r"(?:~|/(?:media|mnt|opt|private|root|run|srv|tmp|usr|var)|[A-Za-z]:)(?=[\\/])"
_FOLDERS = r"(?:[\\/]+(?:[^\\/\s\"'<>:;,()]+[\\/]+)*)?"
_IS = r"[\"' =:]{1,4}"
MASKS = (
    (rf"(?<![\w.…])(?:{re.escape(str(CHECKOUT))}(?![\w-])|{_HOME}|{_ROOT}){_FOLDERS}", "…/"),
    (r"(127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1\]):\d+", r"\1:PORT"),
    (rf"\b(port{_IS})\d{{2,5}}\b", r"\1PORT"),
    (rf"\b(pid{_IS})\d+", r"\1N"),
    (rf"((?:token|bearer){_IS})(?=[\w-]*\d)[\w-]{{22,}}", r"\1TOKEN"),
)


def cleaned(text: str) -> str:
    """`text` without paths, ports, process ids and tokens; doing it twice changes nothing more."""
    for pattern, mask in MASKS:
        text = re.sub(pattern, mask, text, flags=re.IGNORECASE)
    return text


def tidy(notebook: dict[str, Any]) -> None:
    """Make `notebook` follow the rule, in place."""
    notebook.get("metadata", {}).pop("widgets", None)
    for cell in notebook["cells"]:
        cell.get("metadata", {}).pop("execution", None)
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
            cell["outputs"] = [_tidy_output(output) for output in cell["outputs"]]


def _tidy_output(output: dict[str, Any]) -> dict[str, Any]:
    if "execution_count" in output:
        output["execution_count"] = None
    output.get("data", {}).pop(WIDGET_VIEW, None)
    return {key: _cleaned_within(value) for key, value in output.items()}


def _cleaned_within(value: Any) -> Any:
    match value:
        case str():
            return cleaned(value)
        case list():
            return [_cleaned_within(item) for item in value]
        case dict():
            # A picture is base64, which must not be read as text.
            return {
                key: item if key.startswith("image/") else _cleaned_within(item)
                for key, item in value.items()
            }
        case _:
            return value


def tidied(text: str) -> str:
    """A notebook's text as the rule wants it, written as JupyterLab writes it."""
    notebook = json.loads(text)
    tidy(notebook)
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Hold notebooks to the rule for committed ones.")
    parser.add_argument("--check", action="store_true", help="change nothing, only tell")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    broken = False
    for path in options.notebooks or sorted((CHECKOUT / "notebooks").glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        if (wanted := tidied(text)) != text:
            broken = True
            print(f"{path} holds what the rule takes out" + ("" if options.check else "; mended"))
            if not options.check:
                path.write_text(wanted, encoding="utf-8")
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
