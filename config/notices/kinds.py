"""The kinds of notice there are. Apps above register theirs when they are loaded; people may mute each."""

from __future__ import annotations

from dataclasses import dataclass

TEST = "test"  # not registered: who asks for a test wants it, so it cannot be muted


@dataclass(frozen=True)
class Kind:
    code: str
    label: str
    group: str


_kinds: dict[str, Kind] = {}


def register_kind(code: str, label: str, *, group: str) -> None:
    """`register_kind("handoff_offered", "A lead is handed to me", group="Handoffs")`: as the preferences show it."""
    _kinds[code] = Kind(code, label, group)


def label_of(code: str) -> str:
    """A kind that nobody registered (an old row) is shown by its code, made readable."""
    return _kinds[code].label if code in _kinds else code.replace("_", " ").replace(".", " ").capitalize()


def registered() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: (kind.group, kind.label))


def choices() -> list[tuple[str, str]]:
    return [(kind.code, kind.label) for kind in registered()]
