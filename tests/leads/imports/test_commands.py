"""The import commands: exit codes, dry runs, plans that are shown and used again, faulty rows that come back repaired."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from config.accounts.models import Membership, User
from leads.models import Activity, Attempt, Campaign, CampaignCost, Handoff, ImportRun, IntakeSource, Lead, Opportunity
from leads.services import audit
from sla.models import Clock
from tests.cast import Cast, assemble

pytestmark = pytest.mark.django_db

LEADS = "Id,Email,Company,Stage,Created at\n1,ada@one.example,One Ltd,Won,2024-03-05\n2,bob@two.example,Two Ltd,MQL,2024-03-06\n"
PAST = ("--history", "--value", "Stage:Won=won")


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble(since=timezone.now() - timedelta(days=30))


def run(kind: str, path: Path, text: str, *words: str, code: int | None = 0) -> str:
    """Bring a file in by the command; what it said. `code` None takes any exit code."""
    path.write_text(text, encoding="utf-8")
    said, wrong = StringIO(), StringIO()
    with pytest.raises((SystemExit, CommandError)) as end:
        call_command(f"import_{kind}", str(path), "--source", "crm", *words, stdout=said, stderr=wrong)
    found = getattr(end.value, "returncode", None) or getattr(end.value, "code", None) or 0
    wrong.write(str(end.value))
    assert code in (found, None), said.getvalue() + wrong.getvalue()
    return said.getvalue() + wrong.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def test_the_past_runs_no_clocks_and_tells_nobody(cast, path):
    said = run("leads", path, LEADS, *PAST)
    assert "2 new" in said
    assert set(Lead.objects.values_list("stage", "closed_reason")) == {("won", "won"), ("mql", "outcome-unknown")}
    assert not Clock.objects.exists()
    assert not Handoff.objects.filter(state__in=("offered", "accepted")).exists()
    assert all(finding.clean for finding in audit.run())


def test_the_same_file_again_changes_nothing(cast, path):
    run("leads", path, LEADS, *PAST)
    assert "2 unchanged" in run("leads", path, LEADS, *PAST)
    assert Lead.objects.count() == 2


def test_open_leads_of_the_past_can_be_handed_over(cast, path):
    run("leads", path, LEADS, *PAST, "--open-leads", "offer")
    offered = Handoff.objects.get(state="offered")
    assert offered.imported
    assert offered.lead.stage == "mql"
    assert Clock.objects.filter(subject=offered.pk).exists()
    assert all(finding.clean for finding in audit.run())


def test_a_dry_run_writes_nothing(cast, path):
    assert "Dry run, nothing was written: 2 new" in run("leads", path, LEADS, *PAST, "--dry-run")
    assert not Lead.objects.exists()
    assert not ImportRun.objects.exists()
    assert not IntakeSource.objects.filter(key="crm").exists()


def test_exit_codes_tell_some_from_none(cast, path):
    mixed = LEADS + "3,nonsense,Three Ltd,Won,2024-03-07\n"
    assert "line 4, Email: " in run("leads", path, mixed, *PAST, code=1)
    run("leads", path, "Id,Email,Stage,Created at\n9,nonsense,Won,2024-03-07\n", *PAST, code=2)
    run("leads", path, "", *PAST, code=2)
    run("leads", path, "Id,Email,Stage,Created at\n9,zoe@nine.example,Won,07/03/2024\n", *PAST, code=2)


def test_all_or_nothing(cast, path):
    mixed = LEADS + "3,nonsense,Three Ltd,Won,2024-03-07\n"
    assert "nothing was brought in" in run("leads", path, mixed, *PAST, "--all-or-nothing", code=2)
    assert not Lead.objects.exists()


def test_faulty_rows_come_back_repaired(cast, path, tmp_path):
    faults = tmp_path / "faults.csv"
    run("leads", path, LEADS + "3,nonsense,=Three,Won,2024-03-07\n", *PAST, "--faults", str(faults), code=1)
    text = faults.read_text(encoding="utf-8-sig")
    assert "'=Three" in text
    assert "1 new" in run("leads", path, text.replace("nonsense", "cy@three.example"), *PAST)
    assert Lead.objects.get(person__contact_points__normalised="cy@three.example").company.name == "=Three"


def test_a_plan_is_shown_stored_and_used_again(cast, path, tmp_path):
    path.write_text(LEADS, encoding="utf-8")
    said = StringIO()
    call_command("import_leads", str(path), "--source", "crm", *PAST, "--show-plan", stdout=said)
    plan = json.loads(said.getvalue()[said.getvalue().index("\n{") :])
    plan["columns"]["Company"]["to"] = ""
    mapping = tmp_path / "plan.json"
    mapping.write_text(json.dumps(plan), encoding="utf-8")
    run("leads", path, LEADS, "--mapping", str(mapping))
    assert not Lead.objects.filter(company__name__in=("One Ltd", "Two Ltd")).exists()
    assert "Company → left out" in run("leads", path, LEADS, "--again")


def test_deals_follow_their_leads(cast, path):
    run("leads", path, LEADS.replace("Won", "MQL"), "--history")
    deals = "Deal id,Lead id,Stage,Amount,Close date,Owner\nd1,1,won,1200.50,2024-05-01,sam.okafor@example.com\n"
    run("deals", path, deals, "--map", "Deal id=external_id", "--map", "Lead id=lead_external_id")
    deal = Opportunity.objects.get()
    assert (deal.lead.stage, deal.amount, deal.owner) == ("won", Decimal("1200.50"), cast.sam)
    assert all(finding.clean for finding in audit.run())
    moved = deals.replace("1200.50", "1300")
    assert "1 changed" in run("deals", path, moved, "--map", "Deal id=external_id", "--map", "Lead id=lead_external_id")
    run("deals", path, deals.replace("sam.okafor", "nobody"), "--map", "Deal id=external_id", code=2)


def test_activities_and_attempts_belong_to_leads(cast, path):
    run("leads", path, LEADS, *PAST)
    run("activities", path, "Email,Type,Date\nada@one.example,Webinar Attended,2024-03-01 10:00\n", "--history")
    activity = Activity.objects.get(type="webinar_attended")
    assert activity.lead_id == Lead.objects.get(person__contact_points__normalised="ada@one.example").pk
    run("attempts", path, "Email,Date,Outcome,Duration\nbob@two.example,2024-03-07 09:00,na,0\n", "--history")
    attempt = Attempt.objects.get()
    assert (attempt.disposition, attempt.real_contact, attempt.settled_at) == ("na", False, attempt.at)
    run("activities", path, "Email,Type,Date\nnobody@here.example,Visit,2024-03-01\n", "--history", code=2)


def test_costs_are_sums_that_a_second_time_replaces(cast, path):
    costs = "Campaign,Month,Amount,Currency\nfair,2024-03-01,100.10,EUR\nfair,2024-03-15,50,EUR\n"
    for _ in range(2):
        run("costs", path, costs)
    assert CampaignCost.objects.get().amount == Decimal("150.10")


def test_costs_go_to_the_campaign_a_file_means_by_key_or_name(cast, path):
    fair = Campaign.objects.create(key="trade-fair", name="Trade fair")
    text = "Campaign,Month,Amount\nTrade Fair,2024-03,100\ntrade-fair,03/2024,50\nRadio,2024-03,7\nradio,Mar 2024,8\n"
    assert "1 campaign nobody knew is new" in run("costs", path, text)
    assert {cost.campaign.key: cost.amount for cost in CampaignCost.objects.all()} == {"trade-fair": 150, "Radio": 15}
    assert "4 unchanged" in run("costs", path, text)
    run("leads", path, "Id,Email,Campaign\n1,ada@one.example,TRADE FAIR\n2,bob@two.example,trade-fair\n")
    assert set(Lead.objects.values_list("campaign", flat=True)) == {fair.pk}


def test_members_cannot_sign_in_until_let(cast, path):
    run("members", path, "Name,Team,Manager\nZoe Zed,West,Max Meyer\n", "--set", "function=sales")
    zoe = User.objects.get(name="Zoe Zed")
    assert not zoe.is_active
    assert not zoe.has_usable_password()
    assert set(Membership.objects.filter(team__name="West").values_list("user__name", "role")) == {
        ("Zoe Zed", "rep"), ("Max Meyer", "manager")
    }  # fmt: skip
    run("members", path, "Name,Role\nEve Evil,admin\n", code=2)


@pytest.mark.parametrize(
    ("heading", "cell", "words"),
    [
        ("Created at", f"{timezone.now().year + 1}-12-31", "lies in the future"),
        ("Created at", "yesterday", "Created at"),
        ("Stage", "Sparkling", "is no stage"),
        ("Owner", "Nobody Known", "Nobody here is known"),
        ("Queue", "No such queue", "No call queue"),
    ],
)
def test_a_cell_that_means_nothing_is_named(cast, path, heading, cell, words):
    row = {"Email": "ada@one.example", "Created at": "2024-03-05"} | {heading: cell}
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    more = ("--map", "Queue=queue") if heading == "Queue" else ()
    assert words in run("leads", path, text, "--history", *more, code=2)
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (
            "activities",
            "Email,Type,Date\nada@one.example,,2024-03-01\nada@one.example,Visit,2024-03-02\n",
            "Type: It is empty.",
        ),
        (
            "activities",
            "Email,Type,Date\nada@one.example,Visit,\nada@one.example,Visit,2024-03-02\n",
            "Date: It is empty.",
        ),
        ("attempts", "Email,Date,Outcome\nada@one.example,,NA\nada@one.example,2024-03-02,NA\n", "Date: It is empty."),
        ("attempts", "Email,Date,Outcome\n,2024-03-01,NA\nada@one.example,2024-03-02,NA\n", "does not say whose it is"),
        ("deals", "Name,Owner,Stage\nBig,,open\nSmall,sam.okafor@example.com,open\n", "A deal needs its owner."),
        ("deals", "Name,Owner,Stage\nBig,sam.okafor@example.com,won\n", "needs the day it closed"),
        ("members", "Name,Team\n,West\nZoe,West\n", "needs a name or an address"),
        ("companies", "Company,Industry\n,Retail\nOne,Retail\n", "needs a name or a domain"),
        ("products", "Product,Key\n,k1\nP,k2\n", "needs a name"),
        ("costs", "Campaign,Month,Amount\nfair,,100\nfair,2024-03-01,50\n", "Month: It is empty."),
        ("leads", "Email,Company\n,One Ltd\nada@one.example,One Ltd\n", "line 2"),
    ],
)
def test_a_row_with_a_gap_is_a_fault_and_stops_nothing(cast, path, kind, text, words):
    assert words in run(kind, path, text, code=None)
    assert ImportRun.objects.get().state == ImportRun.State.DONE
