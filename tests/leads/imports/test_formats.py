"""Exports of other systems as they come: each is told by its headings, its traps are named, and what is good goes in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leads.imports import runs
from leads.imports.layout import Layout, survey
from leads.imports.plan import Options, Plan, propose
from leads.models import ContactPoint, DoNotCall, ImportFault, ImportRun, IntakeSource, Lead, Visitor
from tests.cast import Cast
from tests.leads.imports import realdata

pytestmark = [*realdata.real_data, pytest.mark.django_db]


def read(name: str, **options: Any) -> tuple[Path, Layout, Plan]:
    path = realdata.sample(name)
    layout = survey(lambda: path.open("rb"), path.name)
    return path, layout, propose(layout, "leads", options=Options(zone="Europe/Berlin", phone_country="DE", **options))


def bring(
    name: str, *, changes: dict[str, dict[str, Any]] | None = None, **options: Any
) -> tuple[ImportRun, list[str]]:
    path, layout, plan = read(name, **options)
    for heading, said in (changes or {}).items():
        plan = plan.with_column(heading, **said)
    source = IntakeSource.objects.create(key="other", name="Other")
    run = runs.bring(lambda: path.open("rb"), path.name, layout, plan, source)
    assert run.state == ImportRun.State.DONE, run.problem
    return run, list(ImportFault.objects.filter(run=run).values_list("message", flat=True))


@pytest.mark.parametrize(
    ("name", "known", "encoding"),
    [
        ("hubspot_contacts_export.csv", "hubspot", "utf-8"),
        ("marketo_bulk_extract_api.csv", "marketo", "utf-8"),
        ("marketo_list_export_labels.csv", "marketo", "utf-8"),
        ("salesforce_lead_dataloader.csv", "salesforce", "utf-8"),
        ("salesforce_lead_report_latin1.csv", "salesforce-report", "cp1252"),
        ("generic_excel_de_semicolon_utf8bom.csv", "", "utf-8-sig"),
    ],
)
def test_each_is_told_by_its_headings(db, name, known, encoding):
    _, layout, plan = read(name)
    assert (plan.format, layout.encoding) == (known, encoding)
    assert {"email"} <= plan.given


def test_a_ruined_number_is_named_and_the_same_person_is_one(cast: Cast):
    run, faults = bring("hubspot_contacts_export.csv", order="mdy", owners="create")
    assert any("A spreadsheet has rounded this number" in words for words in faults), faults
    assert run.failed == len({fault.line for fault in ImportFault.objects.filter(run=run)})
    assert ContactPoint.objects.filter(normalised="anna.mueller@nordwerk.example").count() == 1


def test_the_word_null_is_no_name_and_nobody_is_no_lead(cast: Cast):
    run, faults = bring("marketo_bulk_extract_api.csv")
    assert not faults
    assert list(Lead.objects.values_list("person__last_name", flat=True)) == ["Müller"]
    assert Visitor.objects.count() == run.notes["visitors"] == 1


def test_wishes_are_gates(cast: Cast):
    bring("salesforce_lead_dataloader.csv", owners="create")
    wei = Lead.objects.get(person__last_name="Wei")
    assert wei.company is not None
    assert wei.company.name == 'Hänsel & Söhne, "Altbau"'
    assert DoNotCall.objects.filter(value=str(wei.person.public_id)).exists()


def test_a_report_is_read_without_its_footer(cast: Cast):
    _, layout, _ = read("salesforce_lead_report_latin1.csv")
    assert layout.rows == 2
    assert any("Copyright" in line for line in layout.below)
    bring("salesforce_lead_report_latin1.csv", owners="create", order="dmy", history=True)
    lefevre = Lead.objects.get(person__last_name="Lefèvre")
    assert lefevre.received_at == datetime(2024, 4, 4, 22, tzinfo=UTC)


def test_an_hour_that_did_not_exist_is_moved_and_said(cast: Cast):
    run, faults = bring("generic_excel_de_semicolon_utf8bom.csv", history=True)
    assert not faults
    assert run.notes["moved"] == 1
    moved = Lead.objects.get(person__contact_points__normalised="juergen@web.de")
    assert moved.received_at == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
    nordwerk = Lead.objects.get(person__contact_points__normalised="anna.mueller@nordwerk.example").company
    assert nordwerk is not None
    assert float(nordwerk.revenue or 0) == 1234567.89
    assert nordwerk.domain == "nordwerk.example"
