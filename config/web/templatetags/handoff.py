"""Template tags that every page may use without loading them: icons, badges, clocks, fields, wrappers, wording.

`docs/design-system.md` shows each with an example; `/design/` shows them at work.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BoundField
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags import static as static_files
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.web import clockface, drawing, fields, wording
from config.web.charts import Chart
from config.web.icons import ICONS
from config.web.vocabulary import word

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite; an unknown name is an error, not a gap on the page."""
    if name not in ICONS:
        raise template.TemplateSyntaxError(f"{name!r} is not in config/web/icons.py")
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def script(name: str) -> SafeString:
    """A module of `static/handoff/`; modules run after the page is read, in the order they stand."""
    return format_html('<script type="module" src="{}"></script>', static(f"handoff/{name}.js"))


@register.simple_tag
def moment() -> str:
    """The server's now, so that a browser whose clock is wrong still counts right."""
    return timezone.now().isoformat()


# `{% static %}` everywhere without loading it.
register.tag("static", static_files.do_static)


# --- components: isolated, so that a page's own variables never leak into them ---------------------------------

SHARED = ("request", "csrf_token", "actor", "now")


def _component(context: Context, name: str, values: dict[str, Any]) -> SafeString:
    shared = {key: context[key] for key in SHARED if key in context}
    return SafeString(render_to_string(f"components/{name}.html", shared | values))


@register.simple_tag(takes_context=True)
def part(context: Context, component: str, **values: Any) -> SafeString:
    """`{% part "empty" icon="inbox" title="…" %}`: a component of `templates/components/` with its variables."""
    return _component(context, component, values)


@register.simple_block_tag(takes_context=True)
def wrap(context: Context, content: str, component: str, **values: Any) -> SafeString:
    """`{% wrap "card" title="Facts" %} … {% endwrap %}`: the component gets the inside as `content`."""
    return _component(context, component, values | {"content": content})


@register.simple_block_tag
def capture(content: str) -> str:
    """`{% capture as actions %} … {% endcapture %}`: markup to hand to a component under a name."""
    return content


# --- badges and clocks ----------------------------------------------------------------------------------------


@register.inclusion_tag("components/badge.html")
def badge(name: str, code: Any, label: str = "", icon: str = "", title: str = "") -> dict[str, Any]:
    """A code of `config/web/vocabulary.py` in its colour; `label` is the agreement's own name for it."""
    found = word(name, code)
    return {"label": label or found.label, "tone": found.tone, "icon": icon, "title": title}


@register.inclusion_tag("components/badge.html")
def stage(code: Any, label: str = "") -> dict[str, Any]:
    """The lead's stage. An agreement may rename it: pass its label, and no other word for it is shown; the code keeps the
    colour."""
    found = word("stage", code)
    return {"label": label or found.label, "tone": found.tone}


@register.inclusion_tag("components/badge.html")
def handoff_state(code: Any) -> dict[str, Any]:
    found = word("handoff", code)
    return {"label": found.label, "tone": found.tone, "outlined": code not in ("offered", "accepted")}


@register.inclusion_tag("components/presence.html")
def presence(code: Any, name: str = "", since: datetime | None = None) -> dict[str, Any]:
    found = word("presence", code)
    return {"label": found.label, "tone": found.tone, "code": found.code, "name": name, "since": since}


@register.inclusion_tag("components/clock.html", takes_context=True)
def clock(context: Context, clock: Any = None, label: str = "", **given: Any) -> dict[str, Any]:
    """A clock that counts. Takes an object with a clock's attributes, or those attributes by name, or both."""
    now = context.get("now") or timezone.now()
    fact = clockface.facts(clock, given)
    shown = clockface.face(fact, now)
    moments = {name: fact(name) for name in ("due_at", "started_at", "breaches_at", "warn_at")}
    counts = shown.state in (clockface.RUNNING, clockface.BREACHED) and moments["due_at"]
    return {"face": shown, "label": label, "counts": counts, **moments}


@register.inclusion_tag("components/score.html")
def score(points: int, grade: str = "", threshold: int | None = None, href: str = "") -> dict[str, Any]:
    """Points with their grade; with a threshold, whether it is reached is said in words too."""
    tones = {"A": "green", "B": "azure", "C": "secondary"}
    reached = threshold is not None and points >= threshold
    title = "" if threshold is None else f"{points} of {threshold} points: {'reached' if reached else 'not yet'}"
    return {"points": points, "grade": grade, "tone": tones.get(grade[:1], "secondary"), "title": title, "href": href}


@register.inclusion_tag("components/avatar.html")
def avatar(person: Any, size: str = "", decorative: bool = False) -> dict[str, Any]:
    """Initials of a user, or of a name given as text."""
    name = str(person) if person else "Nobody"
    return {"name": name, "initials": wording.initials(name) if person else "–", "size": size, "decorative": decorative}


# --- time and figures -----------------------------------------------------------------------------------------


@register.inclusion_tag("components/ago.html", takes_context=True)
def ago(context: Context, at: datetime | None) -> dict[str, Any]:
    now = context.get("now") or timezone.now()
    return {"at": at, "text": wording.ago(at, now) if at else wording.DASH}


@register.filter
def local(at: datetime | None, form: Any = "full") -> str:
    """`{{ at|local }}`, or `:"short"`, `:"date"`, `:"time"`: the reader's own time; `full` names the zone."""
    return wording.local(at, form)


@register.filter
def duration(value: float | timedelta | None) -> str:
    """Seconds (or a timedelta) of the calendar in words: `2 d 4 h`."""
    return wording.duration(value)


@register.filter
def working(value: float | timedelta | None) -> str:
    """Seconds of working time in words, without days: `26 h 5 min`."""
    return wording.duration(value, days=False)


@register.filter
def working_minutes(value: float | None) -> str:
    return wording.DASH if value is None else wording.duration(value * 60, days=False)


@register.filter
def number(value: Any, digits: int = 0) -> str:
    return wording.DASH if value is None else wording.grouped(value, digits)


@register.filter
def money(amount: Any, currency: str = "") -> str:
    return wording.money(amount, currency)


@register.filter
def money_short(amount: Any, currency: str = "") -> str:
    return wording.money_short(amount, currency)


@register.filter
def percent_of(part: Any, whole: Any) -> str:
    """`{{ 30|percent_of:240 }}` is `12.5 % of 240`."""
    return wording.percent_of(part, whole)


@register.filter
def percent(part: Any, whole: Any) -> str:
    return wording.percent(part, whole)


@register.filter
def initials(name: Any) -> str:
    return wording.initials(str(name))


@register.filter
def label_of(code: Any, name: str) -> str:
    return word(name, code).label


# --- forms, tables, drawings ----------------------------------------------------------------------------------


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **options: Any) -> dict[str, Any]:
    """One field of any Django form: label, control, help, error. Options: label, help, prefix, suffix, hide_label, autofocus."""
    return {"field": bound, **options}


@register.simple_tag
def control(bound: BoundField, autofocus: bool = False) -> SafeString:
    """The input itself, with the style's class and the ids of its help and error."""
    return fields.control(bound, autofocus=bool(autofocus))


@register.simple_tag
def choice_control(choice: Any, bound: BoundField) -> SafeString:
    """One radio button or box of a field of several."""
    return fields.choice_control(choice, bound)


@register.filter
def kind_of(bound: BoundField) -> str:
    return fields.kind_of(bound)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's query string with some parameters changed (None takes one away). A change begins at the first page."""
    parameters = context["request"].GET.copy()
    for key, value in ({"cursor": None} | changes).items():
        parameters.pop(key, None)
        if isinstance(value, list | tuple):
            parameters.setlist(key, [str(item) for item in value])
        elif value is not None and value != "":
            parameters[key] = str(value)
    return f"?{parameters.urlencode()}"


@register.simple_tag(takes_context=True)
def query_without(context: Context, key: str) -> str:
    return query(context, **{key: None})


@register.filter
def words(text: str) -> list[str]:
    """`{% for level in "info error"|words %}`."""
    return text.split()


@register.inclusion_tag("components/meter.html")
def meter(
    value: float, maximum: float = 100, label: str = "", tone: str = "", target: float | None = None
) -> dict[str, Any]:
    return {"label": label, "tone": tone, "value": value, "maximum": maximum} | drawing.meter(value, maximum, target)


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Iterable[float], label: str) -> dict[str, Any]:
    return {"label": label} | drawing.sparkline(list(values))


@register.inclusion_tag("components/chart.html")
def chart(chart: Chart, id: str) -> dict[str, Any]:
    """A chart of `config/web/charts.py` with its table; ECharts is fetched only by pages that show one."""
    script = static("vendor/echarts.min.js")
    data = json.dumps(chart.as_json(), cls=DjangoJSONEncoder)
    return {"chart": chart, "id": id, "data_id": f"{id}-data", "data": data, "script": script}


@register.inclusion_tag("components/difference.html")
def difference(before: str, after: str, before_label: str = "Before", after_label: str = "After") -> dict[str, Any]:
    """Two texts side by side, what changed marked word by word."""
    left, right = wording.word_difference(before, after)
    return {"left": left, "right": right, "before_label": before_label, "after_label": after_label}


@register.filter
def facts_of(refusal: Any) -> list[tuple[str, Any]]:
    """What a refusal says about what happened instead, as label and value; `url` and `label` make the way on."""
    return wording.facts(refusal.facts)


@register.filter
def way_back(request: HttpRequest | None) -> str:
    """The page this one was reached from, if it was ours."""
    referrer = urlsplit(request.META.get("HTTP_REFERER", "")) if request else urlsplit("")
    if not request or referrer.netloc != request.get_host() or referrer.path == request.path:
        return ""
    return referrer.path + (f"?{referrer.query}" if referrer.query else "")
