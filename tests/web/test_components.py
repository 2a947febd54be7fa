"""Components render, escape what they are given, and are whole: icons exist, each file says what it takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.template import TemplateSyntaxError
from django.utils import timezone

from config.web import finders, gallery, vocabulary
from config.web.charts import Chart, Series
from config.web.errors import Conflict, Refusal
from config.web.forms import Form
from config.web.icons import ICONS
from tests.web.conftest import Render

ROOT = Path(finders.settings.BASE_DIR)
COMPONENTS = sorted((ROOT / "templates/components").glob("*.html"))
EVIL = "<b>\"'&x"
ESCAPED = "&lt;b&gt;&quot;&#x27;&amp;x"
NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_each_component_opens_with_what_it_takes(path):
    assert re.match(r"\{# .+ #\}\n", path.read_text())


def test_each_icon_is_named_once_and_drawn_in_the_sprite():
    assert sorted(ICONS) == sorted(set(ICONS))
    sprite = finders.sprite().decode()
    assert re.findall(r'<symbol id="([^"]+)"', sprite) == list(ICONS)
    assert "<script" not in sprite


def test_each_icon_a_template_names_exists():
    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'(?:\{% icon |icon=)"([a-z0-9-]+)"', path.read_text())
    }
    assert named <= set(ICONS), named - set(ICONS)


def test_an_unknown_icon_is_an_error_not_a_gap(render: Render):
    with pytest.raises(TemplateSyntaxError, match=r"not in config/web/icons\.py"):
        render('{% icon "unicorn" %}')


@pytest.mark.parametrize("code", gallery.STAGES)
def test_each_stage_has_a_badge_in_its_colour(render: Render, code):
    html = render("{% stage code %}", code=code)
    assert vocabulary.word("stage", code).label in html
    assert f"tone-{vocabulary.word('stage', code).tone}" in html


def test_a_renamed_stage_keeps_its_colour_and_its_agreed_word(render: Render):
    html = render('{% stage "mql" label %}', label="Ready & willing")
    assert "Ready &amp; willing" in html
    assert "MQL" not in html, "one who reads the agreement's words reads no others"
    assert "tone-azure" in html


@pytest.mark.parametrize("name", vocabulary.SETS)
def test_each_set_of_words_is_where_it_is_said_to_be(name):
    found = vocabulary.words(name)
    assert found
    assert {word.tone for word in found.values()} <= set(gallery.TONES)


def test_a_code_nobody_knows_is_shown_as_it_is(render: Render):
    assert "Left over" in render('{% badge "handoff" "left_over" %}')


def test_every_tone_has_its_colours():
    css = (ROOT / "config/web/static/handoff/tokens.css").read_text()
    assert {f".tone-{tone} " for tone in gallery.TONES} <= set(re.findall(r"\.tone-\w+ ", css))


def test_a_clock_gives_the_browser_what_it_needs_to_count(render: Render):
    clock = {"state": "running", "started_at": NOW, "due_at": NOW + timedelta(hours=2)}
    html = render('{% clock clock label="Decision" %}', clock=clock, now=NOW + timedelta(minutes=30))
    assert "1 h 30 min" in html
    assert 'data-due="2026-03-03T11:00:00+00:00"' in html
    assert 'data-start="2026-03-03T09:00:00+00:00"' in html
    assert 'stroke-dasharray="25 100"' in html
    assert 'title="Decision. Due Tue 3 Mar 2026, 11:00 UTC"' in html


@pytest.mark.parametrize("state", ["paused", "met", "met_late", "cancelled"])
def test_a_clock_that_stands_does_not_count(render: Render, state):
    clock = {"state": state, "started_at": NOW, "due_at": NOW, "stopped_at": NOW}
    assert "data-clock" not in render("{% clock clock %}", clock=clock)


def test_moments_are_written_for_people_and_machines(render: Render):
    with timezone.override("Europe/Berlin"):
        html = render("{% ago at %}", at=NOW - timedelta(minutes=5), now=NOW)
    assert 'datetime="2026-03-03T09:55:00+01:00"' in html
    assert "5 min ago" in html


LEAVES: dict[str, tuple[str, dict[str, Any]]] = {
    "badge": ('{% part "badge" label=evil tone="red" title=evil %}', {}),
    "person": ('{% part "person" person=evil sub=evil href="/" %}', {}),
    "empty": ('{% part "empty" icon="inbox" title=evil text=evil action_url="/" action_label=evil %}', {}),
    "note": ('{% part "note" tone="bad" title=evil text=evil %}', {}),
    "page_header": ('{% part "page_header" title=evil crumbs=pairs sub=evil %}', {}),
    "tabs": ('{% part "tabs" tabs=tabs label=evil %}', {"tabs": [{"label": EVIL, "url": "/", "active": True, "count": 3}]}),
    "tile": ('{% part "tile" label=evil figure=evil sub=evil hint=evil trend=evil trend_label=evil %}', {}),
    "facts": ('{% part "facts" facts=pairs %}', {}),
    "steps": ('{% part "steps" steps=steps %}', {"steps": [{"label": EVIL, "state": "current", "sub": EVIL}]}),
    "timeline": ('{% part "timeline" items=items %}', {"items": [{"at": NOW, "title": EVIL, "text": EVIL, "by": EVIL}]}),
    "difference": ("{% difference evil evil evil evil %}", {}),
    "toast": ('{% part "toast" level="info" text=evil action_url="/" action_label=evil %}', {}),
    "refusal": ('{% part "refusal_toast" refusal=refusal %}', {"refusal": Conflict("taken", EVIL, by=EVIL, at=NOW)}),
    "menu": ('{% wrap "menu" id="m" label=evil %}{% part "menu_link" label=evil href="/" %}{% endwrap %}', {}),
    "dialog": ('{% wrap "dialog" id="d" title=evil %}{{ evil }}{% endwrap %}', {}),
    "card": ('{% wrap "card" title=evil sub=evil %}{{ evil }}{% endwrap %}', {}),
    "split": ('{% wrap "split" list=evil list_label=evil detail_label=evil %}{{ evil }}{% endwrap %}', {}),
    "avatar": ("{% avatar evil %}", {}),
    "score": ('{% score 7 grade="A1" threshold=65 %}{{ evil }}', {}),
    "presence": ('{% presence "break" name=evil %}', {}),
    "meter": ("{% meter 3 5 label=evil %}", {}),
    "sparkline": ("{% sparkline figures evil %}", {"figures": [1, 2]}),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAVES)
def test_what_is_given_is_escaped(render: Render, name):
    source, values = LEAVES[name]
    html = render(source, evil=EVIL, pairs=[(EVIL, EVIL)], **values)
    assert "<b>" not in html
    assert ESCAPED in html.replace("&#39;", "&#x27;")


def test_a_pages_own_variables_do_not_leak_into_its_components(render: Render):
    assert "leaked" not in render('{% part "note" text="x" %}', title="leaked", tone="leaked", icon="leaked")
    assert "leaked" not in render('{% wrap "card" %}x{% endwrap %}', title="leaked", footer="leaked")


def test_what_is_captured_can_be_handed_on_as_markup(render: Render):
    html = render(
        '{% capture as more %}<a href="/x">{{ evil }}</a>{% endcapture %}{% wrap "card" title="t" actions=more %}y{% endwrap %}',
        evil=EVIL,
    )
    assert '<a href="/x">&lt;b&gt;' in html


class ExampleForm(Form):
    name = forms.CharField(help_text="In full.")
    reason = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    call_on = forms.DateField(required=False)
    meeting_at = forms.DateTimeField(required=False)
    urgent = forms.BooleanField(required=False)
    secret = forms.CharField(widget=forms.HiddenInput)


def test_a_field_is_tied_to_its_label_help_and_error(render: Render):
    html = render("{% field form.name %}", form=ExampleForm({"name": ""}))
    assert '<label class="form-label" for="id_name">' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_help id_name_error"' in html
    assert 'id="id_name_help">In full.' in html
    assert 'id="id_name_error"' in html
    assert "This field is required." in html


def test_dates_are_picked_in_the_browsers_own_control(render: Render):
    form = ExampleForm(initial={"call_on": NOW.date(), "meeting_at": NOW})
    with timezone.override("Europe/Berlin"):
        html = render("{% field form.call_on %}{% field form.meeting_at %}", form=form)
    assert re.search(r'type="date"[^>]*value="2026-03-03"', html)
    assert re.search(r'type="datetime-local"[^>]*value="2026-03-03T10:00"', html)


def test_what_the_pickers_send_is_understood():
    data = {"name": "x", "reason": "a", "secret": "s", "call_on": "2026-03-03", "meeting_at": "2026-03-03T10:00"}
    with timezone.override("Europe/Berlin"):
        form = ExampleForm(data)
        assert form.is_valid(), form.errors
        assert form.cleaned_data["meeting_at"] == NOW


def test_a_group_of_choices_is_a_fieldset_with_a_legend(render: Render):
    html = render("{% field form.reason %}", form=ExampleForm())
    assert "<fieldset" in html
    assert "<legend" in html
    assert html.count('type="radio"') == 2


def test_a_whole_form_renders_by_the_same_fields_and_hides_what_is_hidden():
    form = ExampleForm({"name": "", "secret": ""})
    form.add_error(None, EVIL)
    html = str(form)
    assert ESCAPED in html
    assert html.count('class="form-error"') == 2  # name and reason
    assert "Secret: This field is required." in html
    assert '<label class="form-check" for="id_urgent">' in html


def test_a_refused_verb_shows_beside_the_fields_it_names():
    form = ExampleForm({"name": "Bo", "reason": "a", "secret": "s"})
    assert form.is_valid()
    form.refuse(Refusal("no", "Not so.", fields={"name": "Too short.", "elsewhere": "Wrong."}))
    assert form.errors == {"name": ["Too short."], "__all__": ["Wrong."]}
    form = ExampleForm({"name": "Bo", "reason": "a", "secret": "s"})
    form.is_valid()
    form.refuse(Refusal("no", "Not so."))
    assert form.non_field_errors() == ["Not so."]


def test_the_query_string_keeps_its_filters_and_forgets_its_page(render: Render):
    html = render('{% query sort="-due" %}', query="stage=mql&stage=tql&cursor=abc&q=a%26b")
    assert html == "?stage=mql&amp;stage=tql&amp;q=a%26b&amp;sort=-due"
    assert render('{% query_without "stage" %}', query="stage=mql&q=a") == "?q=a"
    assert render('{% query cursor="next" %}', query="cursor=this&q=a") == "?q=a&amp;cursor=next"


def test_a_chart_comes_with_its_figures_as_a_table(render: Render):
    chart = Chart("line", EVIL, ["W1", "W2"], [Series("Sales", [3, None])], unit="%", urls=["/w1/", ""])
    html = render('{% chart chart "c" %}', chart=chart)
    assert '<span hidden id="c-data">' in html
    assert 'data-chart="c-data"' in html
    assert re.search(r'<th scope="row"><a href="/w1/">W1</a></th><td class="end num">3</td>', html)
    assert '<td class="end num">–</td>' in html
    assert "<b>" not in html


def test_a_chart_whose_figures_do_not_fit_its_labels_is_refused():
    with pytest.raises(ValueError, match="1 figures for 2 labels"):
        Chart("bar", "t", ["a", "b"], [Series("s", [1])])


def test_meters_never_leave_their_track(render: Render):
    assert 'class="meter-bar" width="100.0"' in render("{% meter 64 50 %}")
    assert 'class="meter-bar" width="0.0"' in render("{% meter 3 0 %}")


def test_a_sparkline_of_one_value_draws_nothing(render: Render):
    assert render('{% sparkline values "x" %}', values=[4]) == ""
    assert 'points="2.0,12.0 98.0,12.0"' not in render('{% sparkline values "x" %}', values=[4, 5])
