"""The lock files name versions and hashes, and never where they came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.embedded import lockfiles

HASH = "    --hash=sha256:" + "0" * 64


def test_the_lock_files_of_the_portal_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert lockfiles.check() == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"--index-url https://pypi.example.com/simple\ndjango==5.2 \\\n{HASH}\n", "line 1 names an address"),
        (f"django @ https://example.com/django.whl \\\n{HASH}\n", "line 1 names an address"),
        ("django==5.2\n", "django==5.2 has no hash"),
    ],
)
def test_an_address_or_a_missing_hash_is_named(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "requirements.lock"
    path.write_text(text)
    assert any(problem in found for found in lockfiles.problems_of_requirements(path))


def test_a_front_end_package_has_a_hash_and_no_address() -> None:
    good = {"integrity": "sha512-x", "funding": {"url": "https://example.com/sponsor"}}
    content = {"packages": {"": {}, "node_modules/good": good, "node_modules/bad": {"resolved": "https://example.com"}}}
    assert list(lockfiles.problems_of_package_lock(content)) == [
        "package-lock.json names an address for node_modules/bad.",
        "package-lock.json has no hash for node_modules/bad.",
    ]


def test_what_runs_is_what_was_tested() -> None:
    assert not list(lockfiles.different_pins("django==5.2 \\\n", "django==5.2 \\\npytest==9 \\\n"))
    assert list(lockfiles.different_pins("django==5.2 \\\n", "django==5.1 \\\n")) == [
        "requirements.lock has django 5.2, which requirements-dev.lock has not."
    ]
