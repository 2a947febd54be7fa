"""Drafting in the admin: page by page, with words beside the fields, and nobody overwritten."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sla.models import Commitment, Definition, Faq, Version, term_models
from sla.presets import PRESETS
from sla.sections import KINDS, PARTS
from sla.services import drafting, versions
from sla.services.compiling import draft_terms
from tests.cast import NOW, Cast
from tests.web.conftest import signed_in

pytestmark = pytest.mark.django_db
Form = dict[str, Any]


@pytest.fixture
def mara(cast: Cast) -> Client:
    return signed_in(cast.mara)


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def form_url(version: Version, part: str = "head") -> str:
    return f"{reverse('admin:sla_version_change', args=[version.pk])}?part={part}"


INPUT = re.compile(r"<input\b([^>]*)>")
AREA = re.compile(r"<textarea\b([^>]*)>(.*?)</textarea>", re.S)
SELECT = re.compile(r"<select\b([^>]*)>(.*?)</select>", re.S)
OPTION = re.compile(r"<option\b([^>]*)>")


def attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found.group(1)) if found else ""


def has(tag: str, name: str) -> bool:
    """Whether a bare attribute stands in the tag: class names say such words too."""
    return re.search(rf"\b{name}\b", re.sub(r'"[^"]*"', "", tag)) is not None


def opened(client: Client, version: Version, part: str = "head") -> Form:
    """The fields of the form as a browser would send them back untouched."""
    page = client.get(form_url(version, part)).content.decode()
    form: Form = {}
    for (tag,) in ((tag,) for tag in INPUT.findall(page)):
        name, kind = attribute(tag, "name"), attribute(tag, "type")
        if not name or kind in ("submit", "button", "search"):
            continue
        if kind in ("checkbox", "radio") and not has(tag, "checked"):
            continue
        value = attribute(tag, "value") or ("on" if kind == "checkbox" else "")
        form[name] = (
            [*form[name], value]
            if isinstance(form.get(name), list)
            else ([form[name], value] if name in form else value)
        )
    for tag, text in AREA.findall(page):
        form[attribute(tag, "name")] = unescape(text).removeprefix("\n").replace("\r\n", "\n")
    for tag, inside in SELECT.findall(page):
        chosen = [attribute(one, "value") for one in OPTION.findall(inside) if has(one, "selected")]
        if attribute(tag, "name") and (chosen or not has(tag, "multiple")):
            form[attribute(tag, "name")] = chosen if has(tag, "multiple") else (chosen or [""])[0]
    return form


def row_of(form: Form, pk: int, prefix: str = "commitment_rows") -> str:
    return next(name.removesuffix("-id") for name, value in form.items() if name.startswith(prefix) and name.endswith("-id") and value == str(pk))  # fmt: skip


def save(client: Client, version: Version, part: str, form: Form) -> Any:
    return client.post(form_url(version, part), form)


def first_call(version: Version) -> Commitment:
    return Commitment.objects.get(version=version, key="first-call")


# --- beginning -----------------------------------------------------------------------------------------------------


def test_a_draft_begins_from_what_is_in_force_or_from_a_preset(cast: Cast, mara: Client):
    add = reverse("admin:sla_version_add")
    page = mara.get(add).content.decode()
    assert "(In force)" in page
    for preset in PRESETS.values():
        assert f'value="preset:{preset.key}"' in page
    given = {"agreement": cast.agreement.pk, "time_zone": "Europe/Vienna", "country": "AT"}
    answer = mara.post(add, given | {"start": f"version:{cast.version.pk}"})
    assert answer.status_code == 302, answer.context["errors"]
    copied = Version.objects.get(number=2)
    assert (copied.based_on, copied.created_by, copied.state) == (cast.version, cast.mara, "draft")
    assert mara.post(add, given | {"start": "preset:three-in-a-box"}).status_code == 302
    fresh = Version.objects.get(number=3)
    assert {row.time_zone for row in fresh.calendarterm_rows.all()} == {"Europe/Vienna"}


def test_only_marketings_managers_draft_others_look(cast: Cast, draft: Version):
    add = reverse("admin:sla_version_add")
    for person, may_look in ((cast.sina, True), (cast.tom, True)):
        client = signed_in(person)
        assert client.get(add).status_code == 403
        assert (client.get(form_url(draft)).status_code == 200) is may_look
        before = draft.revision
        assert client.post(form_url(draft), {"revision": before, "base": "{}"}).status_code == 403
    assert signed_in(cast.sam).get(form_url(draft)).status_code in (302, 403, 404)
    assert Version.objects.get(pk=draft.pk).revision == 1


# --- editing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_every_term_has_its_page_and_saving_it_untouched_changes_nothing(draft: Version, mara: Client, part: str):
    before, form = draft_terms(draft).content, opened(mara, draft, part)
    for model in term_models():
        if KINDS[model.section].part == part:
            prefix = model._meta.get_field("version").remote_field.get_accessor_name()
            assert f"{prefix}-TOTAL_FORMS" in form, model.section
    answer = save(mara, draft, part, form)
    assert answer.status_code == 302, errors(answer)
    after = Version.objects.select_related("agreement__segment").get(pk=draft.pk)
    assert draft_terms(after).content == before
    assert after.revision == draft.revision


def errors(answer: Any) -> Any:
    return (answer.context or {}).get("errors") if answer.status_code != 409 else answer.content.decode()[:2000]


def test_a_change_is_saved_counted_and_kept_with_who_made_it(cast: Cast, draft: Version, mara: Client):
    form = opened(mara, draft, "promises")
    form[f"{row_of(form, first_call(draft).pk)}-target"] = "45"
    assert save(mara, draft, "promises", form).status_code == 302
    assert first_call(draft).target == 45
    assert Version.objects.get(pk=draft.pk).revision == draft.revision + 1
    page = mara.get(reverse("admin:sla_version_history", args=[draft.pk])).content.decode()
    assert "Mara Lindt" in page
    assert "60" in page
    assert "45" in page


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(cast: Cast, draft: Version, mara: Client):
    form = opened(mara, draft, "promises")
    row = row_of(form, first_call(draft).pk)
    form |= {f"{row}-target": "-5", f"{row}-must_meet_percent": "400"}
    answer = save(mara, draft, "promises", form)
    assert answer.status_code == 200
    said = answer.content.decode()
    assert "greater than or equal to 0.01" in said
    assert "less than or equal to 100" in said
    assert first_call(draft).target == 60
    assert Version.objects.get(pk=draft.pk).revision == draft.revision


def test_required_fields_are_ticked_off_a_list(cast: Cast, draft: Version, mara: Client):
    form = opened(mara, draft, "lead")
    row = row_of(form, Definition.objects.get(version=draft, stage="mql").pk, "definition_rows")
    assert form[f"{row}-required_fields"] == "person.email"
    form[f"{row}-required_fields"] = ["person.email", "company.employees"]
    assert save(mara, draft, "lead", form).status_code == 302
    assert Definition.objects.get(version=draft, stage="mql").required_fields == ["person.email", "company.employees"]
    Definition.objects.filter(version=draft, stage="mql").update(required_fields=["person.shoe_size"])
    page = mara.get(form_url(draft, "lead")).content.decode()
    assert "Not known" in page
    assert "person.shoe_size" in page


def test_a_signed_version_has_no_form(cast: Cast, mara: Client):
    page = mara.get(form_url(cast.version, "promises")).content.decode()
    assert "Signed terms never change" in page
    assert "commitment_rows-0-target" not in page
    assert mara.post(form_url(cast.version, "promises"), {"revision": 1, "base": "{}"}).status_code == 409


def test_words_stand_beside_the_fields_while_one_types(cast: Cast, draft: Version, mara: Client):
    form = opened(mara, draft, "promises")
    prefix = row_of(form, first_call(draft).pk)
    form |= {"section": "commitments", "prefix": prefix, f"{prefix}-target": "45"}
    words = mara.post(reverse("admin:sla_version_words", args=[draft.pk]), form).json()
    assert words["words"][0] == (
        "Telequalification makes the first attempt to reach each MQL handed to it within 45 working minutes."
    )
    form[f"{prefix}-unit"] = "percent"
    said = mara.post(reverse("admin:sla_version_words", args=[draft.pk]), form).json()["problems"]
    assert said == ["First call: Time to the first attempt is not counted in that unit."]
    form[f"{prefix}-target"] = ""
    assert mara.post(reverse("admin:sla_version_words", args=[draft.pk]), form).json()["problems"]
    assert first_call(draft).target == 60  # nothing is saved by looking


def test_a_condition_is_read_back_or_said_to_be_wrong(cast: Cast, mara: Client):
    address = reverse("admin:sla_version_criteria")
    good = mara.post(address, {"criteria": '{"field": "company.employees", "op": "at_least", "value": 50}'}).json()
    assert good == {"words": "employees is at least 50", "problems": []}
    for bad in ("{", '{"field": "company.shoe_size", "op": "is", "value": 3}', '{"any": []}'):
        found = mara.post(address, {"criteria": bad}).json()
        assert found["problems"], bad
        assert not found["words"]


def test_what_is_missing_is_seen_before_proposing(cast: Cast, draft: Version, mara: Client):
    Commitment.objects.filter(version=draft, key="first-call").update(calendar="gone")
    page = mara.get(form_url(draft)).content.decode()
    assert "What is missing before it can be proposed: 1" in page
    assert "First call: the calendar it is counted in does not exist." in page
    versions_page = mara.get(reverse("admin:sla_version_changelist")).content.decode()
    assert "Draft" in versions_page
    assert "In force" in versions_page


def test_a_proposed_version_is_followed_until_it_is_signed(cast: Cast, proposed: Version, mara: Client):
    versions.sign(proposed.pk, side="sales", by=cast.sina, at=NOW, content_hash=proposed.content_hash)
    page = mara.get(form_url(proposed)).content.decode()
    assert "Sina Vogel" in page
    assert "not signed yet" in page
    assert "Take back to edit" in page


# --- two at once ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)  # a change's moment is its transaction's
def test_different_fields_of_one_row_are_put_together_after_asking(
    cast: Cast, draft: Version, mara: Client, priya: Client
):
    hers, theirs = opened(mara, draft, "promises"), opened(priya, draft, "promises")
    row = row_of(hers, first_call(draft).pk)
    assert save(priya, draft, "promises", theirs | {f"{row}-must_meet_percent": "80"}).status_code == 302
    mine = hers | {f"{row}-target": "45"}
    asked = save(mara, draft, "promises", mine)
    assert asked.status_code == 409
    said = asked.content.decode()
    assert "Priya Nair" in said
    assert "95 %" in said
    assert "80 %" in said
    assert first_call(draft).target == 60  # nothing is saved before it is decided
    settled = save(mara, draft, "promises", mine | {"resolve": draft.revision + 1})
    assert settled.status_code == 302, errors(settled)
    assert (first_call(draft).target, first_call(draft).must_meet_percent) == (45, 80)


@pytest.mark.parametrize(("choice", "target"), [("mine", 45), ("theirs", 30)])
def test_one_field_changed_by_both_is_decided_by_the_later(
    cast: Cast, draft: Version, mara: Client, priya: Client, choice: str, target: int
):
    hers, theirs = opened(mara, draft, "promises"), opened(priya, draft, "promises")
    row = row_of(hers, first_call(draft).pk)
    save(priya, draft, "promises", theirs | {f"{row}-target": "30"})
    mine = hers | {f"{row}-target": "45"}
    asked = save(mara, draft, "promises", mine)
    assert asked.status_code == 409
    name = re.search(r'name="(choice:commitments:\d+:target)"', asked.content.decode())
    assert name is not None
    assert (
        save(mara, draft, "promises", mine | {"resolve": draft.revision + 1, name.group(1): choice}).status_code == 302
    )
    assert first_call(draft).target == target


def test_a_row_the_other_removed_stays_removed(cast: Cast, draft: Version, mara: Client, priya: Client):
    hers, theirs = opened(mara, draft, "words"), opened(priya, draft, "words")
    faq = Faq.objects.filter(version=draft).first()
    assert faq is not None
    row = row_of(hers, faq.pk, "faq_rows")
    save(priya, draft, "words", theirs | {f"{row}-DELETE": "on"})
    mine = hers | {f"{row}-answer": "Something new"}
    asked = save(mara, draft, "words", mine)
    assert asked.status_code == 409
    assert "They removed" in asked.content.decode()
    assert save(mara, draft, "words", mine | {"resolve": draft.revision + 1}).status_code == 302
    assert not Faq.objects.filter(version=draft, key=faq.key).exists()


def test_pages_that_do_not_touch_each_other_are_saved_without_asking(
    cast: Cast, draft: Version, mara: Client, priya: Client
):
    hers, theirs = opened(mara, draft, "promises"), opened(priya, draft, "head")
    assert save(priya, draft, "head", theirs | {"summary": "For the next quarter"}).status_code == 302
    row = row_of(hers, first_call(draft).pk)
    assert save(mara, draft, "promises", hers | {f"{row}-target": "45"}).status_code == 302
    version = Version.objects.get(pk=draft.pk)
    assert (version.summary, first_call(draft).target) == ("For the next quarter", 45)


def test_a_draft_proposed_meanwhile_is_not_edited(cast: Cast, draft: Version, mara: Client):
    form = opened(mara, draft, "promises")
    versions.propose(draft.pk, by=cast.priya, at=NOW)
    assert save(mara, draft, "promises", form).status_code == 409


@pytest.mark.parametrize("part", PARTS)
def test_a_page_costs_the_same_queries_however_many_terms_it_holds(
    cast: Cast, mara: Client, part: str, django_assert_max_num_queries: Any
):
    version = drafting.draft_from_version(cast.version, by=cast.mara)
    with django_assert_max_num_queries(75):  # some fifty terms in the longest page
        mara.get(form_url(version, part))


def test_a_definition_says_how_many_leads_meet_all_of_it(cast: Cast, draft: Version, mara: Client):
    cast.lead("ada", deeds=("webinar", "pricing_page", "contact_form"))
    cast.lead("bob")
    form = opened(mara, draft, "lead")
    prefix = row_of(form, Definition.objects.get(version=draft, stage="mql").pk, "definition_rows")
    form |= {"section": "definitions", "prefix": prefix, f"{prefix}-minimum_score": "10"}
    said = mara.post(reverse("admin:sla_version_words", args=[draft.pk]), form).json()["words"]
    assert said[-1].startswith("1 of 2 open leads of ")
    form[f"{prefix}-minimum_score"] = "10000"
    answer = mara.post(reverse("admin:sla_version_words", args=[draft.pk]), form).json()
    assert any("the rules give at most" in problem for problem in answer["problems"])
    assert not any("open leads" in words for words in answer["words"])
