"""A short conversation with a real Ollama, for those who have one: `make check-ollama`.

The tests speak to a server of their own that says what Ollama's documentation and source say. This
asks a real one the same and prints what it saw; a line that begins with `!!` is a difference.

    python -m tests.check_ollama [MODEL]        (phi unless named; OLLAMA_HOST where it is set)
"""

import asyncio
import os
import sys
import time
from contextlib import aclosing

import httpx

from server.errors import Failure, ModelFailed, ModelMissing
from server.models.base import Finish, Options, Prompt
from server.models.ollama import DEFAULT_NAME, OllamaModel

PROMPT = Prompt(
    "You are a clinical documentation assistant. Use only the facts given.",
    (("Rewrite: - Bo Ek is a 70-year-old man.", "Bo Ek is a 70-year-old man."),),
    "Rewrite: - Ann Lee is a 58-year-old woman with asthma. - She takes salbutamol.",
)
SHORT = Options(max_tokens=40, seed=1)


class Report:
    def __init__(self) -> None:
        self.differences = 0

    def saw(self, what: str, seen: object, *, expected: bool = True) -> None:
        self.differences += not expected
        print(f"{'  ' if expected else '!!'} {what}: {seen}")


async def main(name: str) -> int:
    report = Report()
    model = OllamaModel(name, os.environ.get("OLLAMA_HOST", ""))
    print(f"Ollama at {model.address}, model {name}")
    try:
        await _converse(model, report)
    except Failure as failure:
        report.saw("stopped", f"{failure.kind}: {failure}", expected=False)
    finally:
        await model.aclose()
    print("No difference seen." if not report.differences else "Please report the lines with !!.")
    return min(report.differences, 1)


async def _converse(model: OllamaModel, report: Report) -> None:
    started = time.monotonic()
    await model.load()
    report.saw("loaded after", f"{time.monotonic() - started:.1f} s")
    await _raw_lines(model, report)
    await _stream(model, report)
    text, finish = await model.complete(PROMPT, SHORT)
    report.saw("the whole text in one answer", f"{len(text)} characters, {finish.reason}")
    await _stop(model, report)
    await _refusals(model, report)


async def _raw_lines(model: OllamaModel, report: Report) -> None:
    """The lines as they are, without the code under test."""
    body = {"model": model.name, "prompt": "Say hi.", "options": {"num_predict": 5}}
    async with httpx.AsyncClient(trust_env=False, timeout=120) as client:
        answer = await client.post(f"{model.address}/api/generate", json=body)
    report.saw("content type", answer.headers.get("content-type"))
    lines = answer.text.strip().split("\n")
    report.saw("first line", lines[0][:200])
    report.saw("last line", lines[-1][:400], expected='"done":true' in lines[-1].replace(" ", ""))


async def _stream(model: OllamaModel, report: Report) -> None:
    started = time.monotonic()
    arrivals: list[float] = []
    parts: list[str | Finish] = []
    async for part in model.stream(PROMPT, SHORT):
        arrivals.append(time.monotonic() - started)
        parts.append(part)
    report.saw("tokens", parts, expected=isinstance(parts[-1], Finish) and len(parts) > 2)
    report.saw("first token after", f"{arrivals[0]:.2f} s, all after {arrivals[-1]:.2f} s")


async def _stop(model: OllamaModel, report: Report) -> None:
    async with aclosing(model.stream(PROMPT, Options(max_tokens=2000))) as parts:
        await anext(parts)
    started = time.monotonic()
    async with aclosing(model.stream(PROMPT, SHORT)) as parts:
        await anext(parts)
    report.saw("stopped; the next first token after", f"{time.monotonic() - started:.2f} s")


async def _refusals(model: OllamaModel, report: Report) -> None:
    """The errors that mend themselves only by name: a missing model, a prompt that does not fit."""
    missing = OllamaModel("no-such-model-here", model.address)
    too_long = Prompt(PROMPT.system, (), "word " * 20_000)
    for what, other, prompt, kind in (
        ("a missing model", missing, PROMPT, ModelMissing),
        ("a prompt that does not fit", model, too_long, ModelFailed),
    ):
        try:
            async with aclosing(other.stream(prompt, SHORT)) as parts:
                report.saw(what, f"was answered: {await anext(parts)!r}", expected=False)
        except Failure as failure:
            report.saw(what, f"{failure.kind}: {failure}", expected=type(failure) is kind)
    await missing.aclose()


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(*sys.argv[1:] or [DEFAULT_NAME])))
