"""Every URL of the site, flat: for the access check and for the tests that try each role on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Site:
    route: str
    name: str
    callback: Callable[..., Any]
    arguments: tuple[str, ...]


def walk(resolver: URLResolver | None = None, route: str = "", namespace: str = "") -> Iterator[Site]:
    for pattern in (resolver or get_resolver()).url_patterns:
        full = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from walk(pattern, full, inner)
        elif isinstance(pattern, URLPattern):
            arguments = tuple(pattern.pattern.regex.groupindex)
            yield Site(full, namespace + (pattern.name or ""), pattern.callback, arguments)
