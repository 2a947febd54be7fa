"""What is offered or signed stands still: for forms, bulk updates and raw SQL alike, in every table of a version."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from sla.models import Signature, TermRow, Version, term_models
from sla.services import versions
from tests.cast import NOW, Cast, assemble

pytestmark = pytest.mark.django_db

# Tables that speak about a version and are no part of what is signed.
ABOUT = {"Signature", "Comment", "Acknowledgement", "ChangeProposal", "Clock", "BreachCause"}
FROZEN = r"cannot change|is signed"


def test_every_table_of_a_version_is_known_here():
    """A new table with a version is either frozen with it, or listed above as one that only speaks about it."""
    found = {
        model.__name__
        for model in apps.get_app_config("sla").get_models()
        if not hasattr(model, "pgh_obj_id") and "pgh_id" not in {f.name for f in model._meta.fields}
        for field in model._meta.fields
        if field.is_relation and field.related_model is Version and model is not Version
    }
    assert found - ABOUT == {model.__name__ for model in term_models()}
    for model in term_models():
        triggers: list[Any] = getattr(model._meta, "triggers")  # noqa: B009 - pgtrigger adds it
        assert "only_drafts_change" in {trigger.name for trigger in triggers}, model


def refused(act: Any) -> None:
    with pytest.raises(DatabaseError, match=FROZEN), transaction.atomic():
        act()


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def rich(cast: Cast) -> Cast:
    """A version that has rows in every table, proposed and signed."""
    from tests.sla.rows import full_draft

    version = full_draft(cast)
    version = versions.propose(version.pk, by=cast.mara, at=NOW)
    for side, person in (("marketing", cast.mara), ("telequalification", cast.tom), ("sales", cast.sina)):
        version = versions.sign(version.pk, side=side, by=person, at=NOW, content_hash=version.content_hash)
    cast.version = version
    return cast


def test_no_row_of_a_signed_version_changes_by_any_means(rich: Cast):
    version = rich.version
    other = Version.objects.create(agreement=rich.agreement, number=99)
    for model in term_models():
        rows = model._default_manager.filter(version=version)
        assert rows.exists(), f"{model.__name__} has no row to be tested on"
        table, row = model._meta.db_table, rows.first()
        refuse_each_column(model, rows)
        refused(lambda rows=rows: rows.delete())
        refused(lambda rows=rows, row=row, model=model: model._default_manager.bulk_update([row], ["key"]))
        refused(lambda row=row: row.save())
        refused(lambda table=table, row=row: sql(f"DELETE FROM {table} WHERE id = %s", row.pk))
        refused(lambda table=table: sql(f"UPDATE {table} SET key = key WHERE version_id = %s", version.pk))
        # neither a new row, nor one carried out of it or into it
        row.pk, row.key = None, "another"
        refused(lambda row=row, model=model: model._default_manager.bulk_create([row]))
        refused(lambda rows=rows: rows.update(version=other))
        row.version = other
        row.save()
        refused(
            lambda row=row, table=table: sql(f"UPDATE {table} SET version_id = %s WHERE id = %s", version.pk, row.pk)
        )


def refuse_each_column(model: type[TermRow], rows: models.QuerySet[Any]) -> None:
    for field in model._meta.concrete_fields:
        if field.name not in ("id", "version"):
            refused(lambda field=field: rows.update(**{field.name: models.F(field.attname)}))


def test_a_proposed_version_stands_still_until_it_is_taken_back(cast: Cast, proposed: Version):
    for model in term_models():
        rows = model._default_manager.filter(version=proposed)
        if rows.exists():
            refused(lambda rows=rows: rows.update(position=7))
    refused(lambda: Version.objects.filter(pk=proposed.pk).update(summary="Something else"))
    refused(lambda: Version.objects.filter(pk=proposed.pk).update(content_hash="0" * 64))
    versions.reopen(proposed.pk, by=cast.mara, at=NOW)
    assert Version.objects.filter(pk=proposed.pk).update(summary="Something else") == 1


@pytest.mark.parametrize("field", [field.name for field in Version._meta.concrete_fields if not field.primary_key])
def test_no_field_of_a_signed_version_changes(cast: Cast, field: str):
    refused(lambda: Version.objects.filter(pk=cast.version.pk).update(**{field: models.F(field)}))


def test_signed_versions_and_signatures_are_never_removed(cast: Cast):
    table = Signature._meta.db_table
    refused(lambda: sql("DELETE FROM sla_version WHERE id = %s", cast.version.pk))
    for statement in (
        f"DELETE FROM {table} WHERE version_id = %s",
        f"UPDATE {table} SET signer_name = 'Somebody' WHERE version_id = %s",
        f"UPDATE {table} SET voided_at = now() WHERE version_id = %s",
    ):
        with pytest.raises(DatabaseError, match="cannot be changed or removed"), transaction.atomic():
            sql(statement, cast.version.pk)


def test_no_table_of_a_version_is_emptied_at_one_stroke(cast: Cast):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # PostgreSQL itself refuses while checks are still to come
    for model in (*term_models(), Version, Signature):
        with pytest.raises(DatabaseError, match="cannot be emptied"), transaction.atomic():
            sql(f"TRUNCATE {model._meta.db_table} CASCADE")


def test_what_is_withdrawn_stays_on_record(cast: Cast, proposed: Version):
    versions.withdraw(proposed.pk, by=cast.mara, at=NOW)
    with pytest.raises(DatabaseError, match="stays on record"), transaction.atomic():
        sql("DELETE FROM sla_version WHERE id = %s", proposed.pk)


def test_a_draft_changes_freely(cast: Cast, draft: Version):
    for model in term_models():
        model._default_manager.filter(version=draft).update(position=3)
    draft.delete()
    assert not Version.objects.filter(pk=draft.pk).exists()


def test_every_preset_can_be_frozen(db: None):
    from sla.presets import PRESETS

    for key in PRESETS:
        with transaction.atomic():
            cast = assemble(key)
            assert cast.version.state == "signed", key
            transaction.set_rollback(True)
