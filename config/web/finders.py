"""Front-end packages from node_modules, file by file: what is not listed is not served."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from config.web.icons import ICONS

PACKAGES = settings.BASE_DIR / "node_modules"
FILES = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/echarts.min.js": "echarts/dist/echarts.min.js",
}
SPRITE = "vendor/icons.svg"
SOURCE_MAP = re.compile(rb"(/\*|//)# sourceMappingURL=[^\s*]+( \*/)?")


def content_of(path: str) -> bytes:
    """The bytes served under `path`: a package's file without its pointer to a source map, or the icon sprite."""
    if path == SPRITE:
        return sprite()
    return SOURCE_MAP.sub(b"", (PACKAGES / FILES[path]).read_bytes())


def sprite() -> bytes:
    """One SVG with a symbol for each icon the portal uses, drawn from Tabler's outlines."""
    symbols = []
    for name in ICONS:
        drawing = (PACKAGES / "@tabler/icons/icons/outline" / f"{name}.svg").read_text()
        inner = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")].strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'.encode()


class NodePackagesFinder(BaseFinder):
    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [source for source in FILES.values() if not (PACKAGES / source).exists()]
        if not missing:
            return []
        return [Error(f"Front-end files are missing: {', '.join(missing)}.", hint="npm ci", id="web.E002")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = str(PACKAGES / FILES[path]) if path in FILES and (PACKAGES / FILES[path]).exists() else None
        if find_all:
            return [found] if found else []
        return found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        storage = _Served(location=PACKAGES)
        for path in (*FILES, SPRITE):
            yield path, storage


class _Served(FileSystemStorage):
    """Opens what we serve under a path, wherever in the packages it comes from."""

    prefix = None

    def open(self, name: str, mode: str = "rb") -> Any:
        return ContentFile(content_of(name), name=name)

    def path(self, name: str) -> str:
        return str(PACKAGES / FILES.get(name, "@tabler/icons/package.json"))

    def get_modified_time(self, name: str) -> Any:
        # Collected again whenever asked: what we serve depends on our list of icons too.
        from django.utils import timezone

        return timezone.now()
