"""Names of events, and patterns over them: a topic itself, or a beginning such as `lead.*`."""

from __future__ import annotations

import re

TOPIC = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")

_inside: set[str] = set()


def is_pattern(text: str) -> bool:
    return text == "*" or TOPIC.fullmatch(text.removesuffix(".*")) is not None


def matches(pattern: str, topic: str) -> bool:
    """`lead.*` fits `lead.created` and `lead.stage.changed`, not `lead` itself; `*` fits everything."""
    return pattern in ("*", topic) or (pattern.endswith(".*") and topic.startswith(pattern[:-1]))


def keep_inside(pattern: str) -> None:
    """Events of these topics concern this portal's own pages; no webhook carries them out of the house."""
    if not is_pattern(pattern):
        raise ValueError(f"{pattern!r} is neither a topic nor a beginning such as 'lead.*'")
    _inside.add(pattern)


def stays_inside(topic: str) -> bool:
    return any(matches(pattern, topic) for pattern in _inside)
