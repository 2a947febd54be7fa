"""Exports of known systems: by which headings they are told, what each of their columns means, and their own words.

The tables are the `.toml` files beside this module. Headings are compared without case, blanks and signs, so that
`FIRSTNAME`, `FirstName`, `first_name` and `First Name` are one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
GENERIC = "generic"


def plain(heading: str) -> str:
    """A heading as it is compared."""
    return "".join(letter for letter in heading.casefold() if letter.isalnum())


@dataclass(frozen=True)
class Format:
    """`signs`: all of `needs` and at least one of `signs` must be among the headings. `columns` is by plain heading."""

    key: str
    name: str
    kind: str
    needs: frozenset[str]
    signs: frozenset[str]
    columns: dict[str, str]
    ignored: frozenset[str]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    blank: tuple[str, ...] = ()

    def fits(self, headings: Iterable[str]) -> tuple[int, int]:
        """How surely the headings are this format's: signs found, columns known. (0, 0) where they are not."""
        given = set(map(plain, headings))
        signs = len(self.signs & given)
        if not self.needs <= given or not signs:
            return (0, 0)
        return (signs + len(self.needs), len((self.columns.keys() | self.ignored) & given))


@cache
def formats() -> dict[str, Format]:
    """Every known format by its key."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.toml")) if path.stem != GENERIC}


def _read(path: Path) -> Format:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Format(
        key=path.stem,
        name=table["name"],
        kind=table["kind"],
        needs=frozenset(map(plain, table.get("needs", ()))),
        signs=frozenset(map(plain, table["signs"])),
        columns={plain(heading): target for heading, target in table["columns"].items()},
        ignored=frozenset(map(plain, table.get("ignored", ()))),
        values=table.get("values", {}),
        blank=tuple(table.get("blank", ())),
    )


def recognise(headings: list[str], kind: str = "") -> Format | None:
    """The format whose signs fit best, of one kind of import or of any; None where none does."""
    candidates = [found for found in formats().values() if not kind or found.kind == kind]
    best = max(candidates, key=lambda found: found.fits(headings), default=None)
    return best if best is not None and best.fits(headings) > (0, 0) else None


@cache
def synonyms(kind: str) -> dict[str, str]:
    """What headings usually mean, whoever wrote the file: plain heading to target."""
    table = tomllib.loads((FOLDER / f"{GENERIC}.toml").read_text(encoding="utf-8"))
    return {plain(word): target for target, words in table.get(kind, {}).items() for word in words}
