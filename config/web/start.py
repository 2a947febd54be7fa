"""Where each role begins its day. Apps above register their page; the first rule that fits a person wins.

NAVIGATION.add(Entry("Inbox", "inbox", "inbox", of(Function.SALES), order=20, section=WORK, keys="g i"))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core import checks
from django.urls import NoReverseMatch, reverse

from config.web.access import Rule

WORK, SEE, AGREEMENT, SET_UP = "Work", "See", "Agreement", "Set up"
SECTIONS = (WORK, SEE, AGREEMENT, SET_UP)


@dataclass(frozen=True)
class Entry:
    """A page in the navigation. `start_for` says who lands on it after signing in; lower `order` comes first.

    `keys` are pressed one after the other ("g i"). The entry is marked while the path begins with `active_prefix`
    (without one: with the page's own address); of several that fit, the longest is meant.
    """

    label: str
    url_name: str
    icon: str
    rule: Rule
    order: int
    start_for: Rule | None = None
    section: str = WORK
    active_prefix: str = ""
    keys: str = ""

    @property
    def url(self) -> str:
        """Empty where there is no such page: the check below says so, and the rail leaves the entry out."""
        try:
            return reverse(self.url_name)
        except NoReverseMatch:
            return ""


@dataclass(frozen=True)
class Link:
    """An entry on one person's page."""

    entry: Entry
    active: bool


@dataclass
class Navigation:
    entries: list[Entry] = field(default_factory=list)

    def add(self, *entries: Entry) -> None:
        self.entries.extend(entries)
        self.entries.sort(key=lambda entry: entry.order)

    def for_actor(self, actor: Any) -> list[Entry]:
        return [entry for entry in self.entries if entry.rule.allows(actor) and entry.url]

    def sections(self, actor: Any, path: str) -> list[tuple[str, list[Link]]]:
        """What the rail shows: the sections in their order, each with its links; at most one of all is active."""
        mine = self.for_actor(actor)
        fitting = [entry for entry in mine if path.startswith(entry.active_prefix or entry.url)]
        here = max(fitting, key=lambda entry: len(entry.active_prefix or entry.url), default=None)
        names = [*SECTIONS, *sorted({entry.section for entry in mine}.difference(SECTIONS))]
        grouped = [(name, [Link(e, e is here) for e in mine if e.section == name]) for name in names]
        return [(name, links) for name, links in grouped if links]

    def start_page(self, actor: Any) -> str | None:
        starts = [e for e in self.entries if e.start_for is not None and e.start_for.allows(actor) and e.url]
        mine = self.for_actor(actor)
        return starts[0].url_name if starts else mine[0].url_name if mine else None


NAVIGATION = Navigation()


@checks.register(checks.Tags.urls)
def every_entry_has_its_page(**_: Any) -> list[checks.CheckMessage]:
    return [
        checks.Warning(
            f"The navigation names {entry.url_name!r}, which no URL has.", hint="Add the URL first.", id="web.W001"
        )
        for entry in NAVIGATION.entries
        if not entry.url
    ]
