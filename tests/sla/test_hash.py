"""The fingerprint of an agreement moves with every term of it, and with nothing else."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.db import models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.accounts.choices import Function
from config.accounts.models import Team
from sla.models import Agreement, Segment, Version, term_models
from sla.services import acknowledging, commenting, drafting, importing, versions
from sla.services.compiling import canonical, compile_content, content_hash, draft_terms
from sla.services.drafting import HEADER
from tests.cast import DAY, NOW, Cast, make_user
from tests.sla.rows import full_draft

pytestmark = pytest.mark.django_db
REGIONS = {"holiday_country": "AT", "holiday_region": "BY"}  # free text would name no holidays
NOT_AGREED = {"id", "version", "position"}  # the order of rows is agreed, the numbers that make it are not


def hash_of(version: Version) -> str:
    return draft_terms(Version.objects.select_related("agreement__segment").get(pk=version.pk)).content_hash


def another(field: models.Field[Any, Any], value: Any) -> Any:
    """A value of the field's kind that says something else."""
    if field.name in REGIONS:
        return REGIONS[field.name]
    if field.is_relation:
        if field.related_model is Team:
            return Team.objects.create(name="Another", function=Function.SALES)
        return make_user("Another Person", ("sales", "rep"))
    if field.choices:
        return next(code for code, _ in field.flatchoices if code != value)
    match value:
        case bool():
            return not value
        case int() | Decimal():
            return value + 1
        case str():
            return (
                "another"
                if isinstance(field, models.SlugField)
                else f"{value} ·"[-field.max_length :]
                if field.max_length
                else f"{value} ·"
            )
        case dict():
            return value | {"note": 1}
        case list():
            return [*value, "more"]
        case datetime() | date():
            return value + DAY
        case time():
            return time(23, 59)
    made: dict[type, Any] = {
        models.DateField: date(2026, 5, 1), models.TimeField: time(9), models.DecimalField: Decimal(5),
        models.DateTimeField: NOW,
    }  # fmt: skip
    return next((made[kind] for kind in type(field).__mro__ if kind in made), 7)


def test_every_field_of_every_term_moves_it(cast: Cast):
    """Each kind of row is in the content whole, and what a row says there changes with each of its fields."""
    version = full_draft(cast)
    content = draft_terms(version).content
    for model in term_models():
        rows = model._default_manager.filter(version=version)
        said = [{name: value for name, value in row.to_term().items() if name != "position"} for row in rows]
        assert content[model.section] == json.loads(canonical({"rows": said}))["rows"], model
        assert_each_field_is_said(model, rows[0])


def assert_each_field_is_said(model: Any, row: Any) -> None:
    before = row.to_term()
    for field in model._meta.concrete_fields:
        if field.name in NOT_AGREED:
            continue
        with transaction.atomic():
            value = another(field, getattr(row, field.name))
            model._default_manager.filter(pk=row.pk).update(**{field.name: value})
            found = model._default_manager.get(pk=row.pk).to_term()
            assert found != before, f"{model.__name__}.{field.name} is not part of what is signed"
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [("commitments", "target", Decimal("59.99")), ("reasons", "is_active", False), ("faq", "answer", "Otherwise.")],
)
def test_a_changed_an_added_and_a_removed_row_move_it(draft: Version, section: str, field: str, value: Any):
    model = next(model for model in term_models() if model.section == section)
    row = model._default_manager.filter(version=draft).first()
    hashes = [hash_of(draft)]
    model._default_manager.filter(pk=row.pk).update(**{field: value})
    hashes.append(hash_of(draft))
    row.delete()
    hashes.append(hash_of(draft))
    row.pk, row.key = None, "another"
    row.save()
    hashes.append(hash_of(draft))
    assert len(set(hashes)) == 4


def test_every_field_of_the_version_itself_that_is_agreed_moves_it(draft: Version):
    before = hash_of(draft)
    for name in (*HEADER, "title", "summary", "number", "planned_at"):
        with transaction.atomic():
            value = another(Version._meta.get_field(name), getattr(draft, name))
            Version.objects.filter(pk=draft.pk).update(**{name: value})
            assert hash_of(draft) != before, name
            transaction.set_rollback(True)


def test_whose_agreement_it_is_moves_it(draft: Version):
    before = hash_of(draft)
    Agreement.objects.update(name="Another agreement")
    renamed = hash_of(draft)
    Segment.objects.update(name="Another segment")
    assert len({before, renamed, hash_of(draft)}) == 3


def test_nothing_else_moves_it(cast: Cast, proposed: Version):
    """Who drafted, commented, signed and when; revisions, row numbers, public ids, gaps in positions."""
    before = hash_of(proposed)
    assert before == proposed.content_hash
    commenting.comment(proposed.pk, "document", "Looks good", by=cast.sina, at=NOW)
    versions.sign(proposed.pk, side="sales", by=cast.sina, at=NOW, content_hash=before)
    acknowledging.acknowledge(cast.version, by=cast.tim, at=NOW)
    assert hash_of(proposed) == before
    version = versions.reopen(proposed.pk, by=cast.mara, at=NOW)
    left_out = {"public_id", "revision", "created_at", "created_by", "proposed_at", "proposed_by"}
    for name in left_out:
        field = Version._meta.get_field(name)
        value: Any = timezone.now() if name.endswith("_at") else cast.jonas if name.endswith("_by") else 99
        value = drafting.new_version(cast.agreement, by=None).public_id if field.unique else value
        if field.unique:
            Version.objects.exclude(pk=version.pk).filter(state="draft").delete()
        Version.objects.filter(pk=version.pk).update(**{name: value})
        assert hash_of(version) == before, name
    for model in term_models():
        model._default_manager.filter(version=version).update(position=models.F("position") * 10 + 3)
    assert hash_of(version) == before


def test_the_same_rows_written_anew_have_the_same_hash(cast: Cast, draft: Version):
    before = hash_of(draft)
    for model in term_models():
        rows = list(model._default_manager.filter(version=draft))
        model._default_manager.filter(version=draft).delete()
        for row in rows:
            row.pk = None
        model._default_manager.bulk_create(rows)
    assert hash_of(draft) == before


def test_the_order_of_routes_is_agreed(draft: Version):
    model = next(model for model in term_models() if model.section == "routes")
    before = hash_of(draft)
    first, second = model._default_manager.filter(version=draft)[:2]
    model._default_manager.filter(pk=first.pk).update(position=second.position)
    model._default_manager.filter(pk=second.pk).update(position=first.position)
    assert hash_of(draft) != before


def test_it_does_not_depend_on_where_and_when_it_is_worked_out(draft: Version, settings: Any):
    before = hash_of(draft)
    for zone in ("Asia/Kolkata", "America/New_York"):
        with timezone.override(zone):
            assert hash_of(draft) == before
    settings.LANGUAGE_CODE = "de"
    assert hash_of(draft) == before


# --- the canonical form --------------------------------------------------------------------------------------------


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in the content that holds no others."""
    if isinstance(content, dict) and content:
        for key, value in content.items():
            yield from places(value, (*path, key))
    elif isinstance(content, list) and content:
        for index, value in enumerate(content):
            yield from places(value, (*path, index))
    else:
        yield path


JSON = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=20))


@pytest.fixture(scope="module")
def contents(django_db_blocker: Any, django_db_setup: None) -> dict[str, Any]:
    """The content of a rich draft, worked out once."""
    with django_db_blocker.unblock(), transaction.atomic():
        from tests.cast import assemble

        found = compile_content(full_draft(assemble()))
        transaction.set_rollback(True)
    return json.loads(canonical(found))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), value=JSON)
def test_any_value_anywhere_moves_it_and_putting_it_back_restores_it(contents: dict[str, Any], data: Any, value: Any):
    path = data.draw(st.sampled_from(list(places(contents))))
    changed = copy.deepcopy(contents)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    before = holder[path[-1]]
    holder[path[-1]] = value
    same = canonical({"it": before}) == canonical({"it": value})
    assert (content_hash(changed) == content_hash(contents)) is same
    holder[path[-1]] = before
    assert content_hash(changed) == content_hash(contents)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_the_order_of_keys_and_the_spelling_of_the_json_do_not_move_it(contents: dict[str, Any], seed: int):
    chance = random.Random(seed)

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            chance.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    spelled = json.dumps(
        shuffled(contents), indent=chance.choice([None, 1, 4]), ensure_ascii=chance.choice([True, False])
    )
    assert content_hash(json.loads(spelled)) == content_hash(contents)


def test_an_imported_copy_says_the_same_but_for_its_number(cast: Cast, draft: Version):
    content = draft_terms(draft).content
    copied = importing.draft_from_content(cast.agreement, content, by=cast.mara)
    theirs = draft_terms(copied).content
    assert {name for name in content if content[name] != theirs[name]} == {"number"}
