"""Barriers on a page, as axe finds them, and the two other faults every page can have: it complains, it does not fit.

    check(page)                                       the page as it stands
    walk(page, portal, ["/queue/", …])                each of them, wide and on a phone, light and dark

A page is checked as it stands, so open dialogs and panes first. What is found is said with the element and the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from typing import Any

from django.conf import settings
from playwright.sync_api import Page

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
THEMES = ("light", "dark")
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map((found) =>
    `${found.id}: ` + found.nodes.slice(0, 4).map((node) => node.target.join(" ") + " " +
        [...node.any, ...node.all, ...node.none].map((one) => one.message).slice(0, 2).join("; ")).join(" | "))"""
STILL = """() => document.getAnimations().forEach((one) => one.playState !== "finished" && one.finish?.call &&
    one.effect?.getComputedTiming().iterations !== Infinity && one.finish())"""


@cache
def script() -> str:
    return (settings.BASE_DIR / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def barriers(page: Page) -> list[str]:
    """What axe has against the page: the rule, up to four elements, why."""
    page.evaluate(STILL)  # half faded in, nothing has enough contrast
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(script())
    found: list[str] = page.evaluate(RUN)
    return found


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(
        page.evaluate("Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)")
    )


def check(page: Page, where: str = "") -> None:
    """Fail with everything axe found, and where the page is wider than the window."""
    where = where or page.url
    found = barriers(page)
    assert not found, f"{where}:\n" + "\n".join(found)
    assert overflow(page) == 0, f"{where}: {overflow(page)} pixels wider than its window"


def looks() -> Iterator[tuple[dict[str, int], str]]:
    yield from product((WIDE, PHONE), THEMES)


def dress(page: Page, portal: str, size: dict[str, int], theme: str) -> None:
    """Give the page a size and a theme; both hold from the next page on."""
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.context.add_cookies([{"name": "theme", "value": theme, "url": portal}])


def walk(page: Page, portal: str, paths: Iterable[str], *, both: bool = True) -> None:
    """Check each path. With `both`, every path is seen wide in the light and on a phone in the dark; else in all four
    ways, which takes twice as long."""
    ways: list[Any] = [(WIDE, "light"), (PHONE, "dark")] if both else list(looks())
    for size, theme in ways:
        dress(page, portal, size, theme)
        for path in paths:
            answer = page.goto(f"{portal}{path}")
            assert answer is not None
            assert answer.ok, f"{path}: {answer.status}"
            check(page, f"{path} ({size['width']} px, {theme})")
