"""The embedded model, with its real weights where the test is marked so."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio

from server.errors import ModelFailed, ModelMissing, ModelTimeout
from server.models import embedded_child
from server.models.base import Finish, Options, Prompt
from server.models.embedded import NAME, EmbeddedModel
from server.models.endpoint import Limits
from server.models.fetch import weights_path
from tests.server.models.model_server import PROMPT, SECONDS, collect

real = [pytest.mark.model, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
PROGRAM = Path(embedded_child.__file__)
LONG = Options(max_tokens=400, grammar='root ::= ("Ann rests. ")+')
"""A text that does not end by itself."""


def weights() -> Path:
    path = weights_path(os.environ)
    if not path.is_file():
        pytest.skip("the weights are missing: python -m server fetch-model")
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[EmbeddedModel]:
    running = EmbeddedModel(weights())
    yield running
    await running.aclose()


def children() -> list[int]:
    return [child.pid for child in psutil.Process().children()]


@pytest.mark.usefixtures("model")
class TestARealModel:
    pytestmark = real

    async def test_streams_token_by_token(self, model: EmbeddedModel) -> None:
        parts = [part async for part in model.stream(PROMPT, Options(max_tokens=12))]
        assert parts[-1] in (Finish("stop"), Finish("length"))
        assert len(parts) > 3
        assert model.name == NAME

    async def test_the_same_seed_writes_the_same_text(self, model: EmbeddedModel) -> None:
        options = Options(max_tokens=12)
        assert await collect(model, options) == await collect(model, options)

    async def test_a_token_limit_is_kept(self, model: EmbeddedModel) -> None:
        parts = [part async for part in model.stream(PROMPT, Options(max_tokens=3))]
        assert parts[-1] == Finish("length")
        assert len(parts) == 4

    async def test_a_grammar_is_kept(self, model: EmbeddedModel) -> None:
        grammar = 'root ::= "Ann takes " ("salbutamol" | "aspirin") " 😀."'
        text, finish = await collect(model, Options(grammar=grammar))
        assert text in ("Ann takes salbutamol 😀.", "Ann takes aspirin 😀.")
        assert finish == Finish("stop")

    async def test_a_bad_grammar_is_an_error_and_no_end(self, model: EmbeddedModel) -> None:
        with pytest.raises(ModelFailed, match="HTTP 400"):
            await collect(model, Options(grammar="root ::= ("))
        assert (await collect(model, Options(max_tokens=3)))[0]

    async def test_a_record_that_does_not_fit_is_an_error(self, model: EmbeddedModel) -> None:
        with pytest.raises(ModelFailed, match=r"too long for the model \(\d+ tokens, 2048 fit\)"):
            await collect(model, prompt=Prompt("", (), "word " * 6000))
        assert (await collect(model, Options(max_tokens=3)))[0]

    async def test_closing_a_stream_frees_the_only_slot(self, model: EmbeddedModel) -> None:
        async with aclosing(model.stream(PROMPT, LONG)) as parts:
            await anext(parts)
        async with asyncio.timeout(SECONDS):
            assert (await collect(model, Options(max_tokens=1)))[0]

    async def test_its_port_is_closed_to_whoever_lacks_the_key(self, model: EmbeddedModel) -> None:
        await model.load()
        assert model.pid
        process = psutil.Process(model.pid)
        (listening,) = [c for c in process.net_connections("tcp") if c.status == "LISTEN"]
        assert listening.laddr.ip == "127.0.0.1"
        url = f"http://127.0.0.1:{listening.laddr.port}/v1/chat/completions"
        body = {"messages": [{"role": "user", "content": "Hi"}]}
        async with httpx.AsyncClient(trust_env=False) as stranger:
            refused = await stranger.post(url, json=body, headers={"Origin": "http://evil.example"})
        assert refused.status_code == 401
        assert "Bearer" not in " ".join([*process.cmdline(), *process.environ().values()])

    async def test_a_crash_is_one_clear_error_and_the_next_request_works(
        self, model: EmbeddedModel
    ) -> None:
        async with aclosing(model.stream(PROMPT, LONG)) as parts:
            await anext(parts)
            crashed = model.pid
            assert crashed
            os.kill(crashed, signal.SIGKILL)
            with pytest.raises(ModelFailed, match="process stopped; try again"):
                async for _ in parts:
                    pass
        assert (await collect(model, Options(max_tokens=3)))[0]
        assert model.pid not in (crashed, None)

    async def test_a_model_that_hangs_is_ended_and_started_again(self) -> None:
        hanging = EmbeddedModel(weights(), limits=Limits(silence_seconds=3))
        async with aclosing(hanging.stream(PROMPT, LONG)) as parts:
            await anext(parts)
            assert hanging.pid
            os.kill(hanging.pid, signal.SIGSTOP)
            with pytest.raises(ModelTimeout):
                async for _ in parts:
                    pass
        assert hanging.pid is None
        assert (await collect(hanging, Options(max_tokens=3)))[0]
        await hanging.aclose()

    async def test_slots_serve_side_by_side(self) -> None:
        wide = EmbeddedModel(weights(), slots=2)
        async with aclosing(wide.stream(PROMPT, LONG)) as one:
            await anext(one)
            async with asyncio.timeout(SECONDS):
                assert (await collect(wide, Options(max_tokens=2)))[0]
        await wide.aclose()

    async def test_closing_ends_the_process_and_loading_starts_another(self) -> None:
        model = EmbeddedModel(weights())
        await model.load()
        assert model.pid
        first = psutil.Process(model.pid)
        await model.aclose()
        assert model.pid is None
        assert not first.is_running()
        await model.load()
        assert model.pid
        await model.aclose()

    async def test_damaged_weights_are_said(self, tmp_path: Path) -> None:
        damaged = tmp_path / "damaged.gguf"
        damaged.write_bytes(weights().read_bytes()[:100_000])
        model = EmbeddedModel(damaged)
        with pytest.raises(ModelFailed, match=r"damaged weights.*fetch-model"):
            await model.load()
        assert model.name == "damaged"

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to RLIMIT_AS")
    async def test_too_little_memory_is_said(self, tmp_path: Path) -> None:
        poor = tmp_path / "poor.py"
        poor.write_text(
            "import resource, runpy\n"
            "resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000))\n"
            f"runpy.run_path({str(PROGRAM)!r}, run_name='__main__')\n"
        )
        model = EmbeddedModel(weights(), program=poor)
        with pytest.raises(ModelFailed, match=r"too little memory|process stopped"):
            await model.load()


PARENT = """
import asyncio, sys, threading
from pathlib import Path
from server.models import embedded_child
from server.models.base import Options, Prompt
from server.models.embedded import EmbeddedModel

async def main():
    model = EmbeddedModel(Path(sys.argv[1]))
    await model.load()
    print(model.pid, flush=True)
    grammar = 'root ::= ("Ann rests. ")+'
    async for _ in model.stream(Prompt("", (), "Hi"), Options(max_tokens=2000, grammar=grammar)):
        pass
    await asyncio.Event().wait()

if sys.argv[2] == "thread":
    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
else:
    asyncio.run(main())
"""


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("started_from", ["the main thread", "thread"])
def test_a_killed_parent_leaves_no_child(started_from: str) -> None:
    command = [sys.executable, "-c", PARENT, str(weights()), started_from]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    psutil.wait_procs([child], timeout=SECONDS)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


async def test_without_weights_the_error_names_the_command(tmp_path: Path) -> None:
    model = EmbeddedModel(tmp_path / "none.gguf")
    with pytest.raises(ModelMissing, match="`python -m server fetch-model`"):
        await model.load()
    with pytest.raises(ModelMissing, match="`python -m server fetch-model`"):
        await collect(model)
    await model.aclose()


def child_that(tmp_path: Path, code: str, start_seconds: float = SECONDS) -> EmbeddedModel:
    """A model whose process runs `code` instead of the library."""
    program, some = tmp_path / "child.py", tmp_path / "some.gguf"
    program.write_text(f"import sys\nsys.stdin.readline()\n{code}\n")
    some.touch()
    return EmbeddedModel(some, program=program, start_seconds=start_seconds)


@pytest.mark.slow
async def test_a_missing_library_is_said(tmp_path: Path) -> None:
    model = child_that(tmp_path, """print('{"error": "library"}')""")
    with pytest.raises(ModelMissing, match="`pip install xllamacpp`"):
        await model.load()


@pytest.mark.slow
async def test_a_process_that_ends_at_once_is_said(tmp_path: Path) -> None:
    model = child_that(tmp_path, "sys.exit(3)")
    with pytest.raises(ModelFailed, match="process stopped"):
        await model.load()


@pytest.mark.slow
async def test_a_process_that_is_never_ready_is_said_and_ended(tmp_path: Path) -> None:
    before = children()
    model = child_that(tmp_path, "sys.stdin.read()", start_seconds=0.3)
    with pytest.raises(ModelTimeout, match=r"not ready after 0\.3 s"):
        await model.load()
    assert children() == before


@pytest.mark.slow
async def test_a_start_that_is_given_up_leaves_no_process(tmp_path: Path) -> None:
    before = children()
    started = tmp_path / "started"
    os.mkfifo(started)
    model = child_that(tmp_path, f"open({str(started)!r}, 'w').close(); sys.stdin.read()")
    loading = asyncio.create_task(model.load())
    await asyncio.to_thread(started.read_text)
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    assert children() == before


@pytest.mark.model
async def test_the_process_is_not_told_the_servers_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_KERNEL_TOOLS_TOKEN", "a secret of the server")
    model = EmbeddedModel(weights())
    try:
        await model.load()
        assert model.pid is not None
        told = psutil.Process(model.pid).environ()
    finally:
        await model.aclose()
    assert "OMP_WAIT_POLICY" in told
    assert "a secret of the server" not in told.values()
