"""The rules that all tests run under, tried on tests made for it."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")

SKIPPED = """
    import pytest

    @pytest.mark.browser
    def test_a_page():
        pytest.skip("no Chromium")

    def test_another_thing():
        pytest.skip("not on this platform")
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\nmarkers =\n  browser\n  long\naddopts = -p no:asyncio")
    return pytester


def test_ci_takes_a_skipped_browser_test_for_a_failed_one(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.makepyfile(SKIPPED)
    monkeypatch.setenv("CI", "true")
    result = suite.runpytest()
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*CI does not accept here*no Chromium*"])


def test_elsewhere_a_machine_without_a_browser_skips_it(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.makepyfile(SKIPPED)
    monkeypatch.delenv("CI", raising=False)
    suite.runpytest().assert_outcomes(skipped=2)


def test_long_tests_run_only_when_asked_for(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        "import pytest\n@pytest.mark.long\ndef test_an_hour(): pass\ndef test_now(): pass"
    )
    suite.runpytest().assert_outcomes(passed=1, deselected=1)
    suite.runpytest("--long").assert_outcomes(passed=2)


def test_what_is_left_out_as_a_whole_is_not_read(suite: pytest.Pytester) -> None:
    browser = suite.mkdir("browser")
    (browser / "test_page.py").write_text("assert False")
    suite.makepyfile(
        test_slow="import pytest\npytestmark = pytest.mark.slow\nassert False",
        test_slow_here="import pytest\npytestmark = [\n    pytest.mark.slow,\n]\nassert False",
        test_quick="import pytest\n@pytest.mark.slow\ndef test_a(): pass\ndef test_b(): pass",
    )
    result = suite.runpytest("-m", "not slow and not browser")
    result.assert_outcomes(passed=1, deselected=1)
    suite.runpytest("-m", "not slow").assert_outcomes(errors=1)
    suite.runpytest().assert_outcomes(errors=3)
    suite.runpytest("-m", "not slow or browser").assert_outcomes(errors=3)


def test_no_test_sees_the_settings_of_the_user(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_KERNEL_TOOLS_PORT", "1")
    monkeypatch.setenv("MCP_KERNEL_TOOLS_WEIGHTS", "kept")
    monkeypatch.setenv("OLLAMA_HOST", "elsewhere")
    suite.makepyfile("""
        import os

        def test_environment():
            assert "MCP_KERNEL_TOOLS_PORT" not in os.environ
            assert "OLLAMA_HOST" not in os.environ
            assert os.environ["MCP_KERNEL_TOOLS_WEIGHTS"] == "kept"
            assert os.environ["MCP_KERNEL_TOOLS_RUNTIME"].endswith("runtime")
    """)
    suite.runpytest().assert_outcomes(passed=1)
