"""A file's way over the pages: uploaded, its columns settled, tried out, brought in by a worker, told of."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.notices.models import Notice
from leads.imports import preparing, runs
from leads.models import ImportFault, ImportRun, IntakeSource, Lead, Person
from leads.services import audit
from leads.tasks import carry_imports
from tests.cast import Cast, assemble

pytestmark = pytest.mark.django_db

State = ImportRun.State
GOOD = "Id,Email,First name,Last name,Company,Shoe size\n1,ada@one.example,Ada,Lovelace,One Ltd,37\n2,bob@two.example,Bob,Stone,Two Ltd,44\n"
MIXED = GOOD + "3,not-an-address,Cy,Young,Three Ltd,40\n4,dee@four.example,Dee,Fox,Four Ltd\n"


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble(since=timezone.now() - timedelta(days=30))


@pytest.fixture
def mara(cast: Cast, client: Client) -> Client:
    client.force_login(cast.mara)
    return client


def send(
    client: Client, text: str | bytes, name: str = "leads.csv", kind: str = "leads", source: str = "HubSpot"
) -> Any:
    content = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return client.post(reverse("import_new"), {"file": file, "kind": kind, "source": source})


def latest() -> ImportRun:
    return ImportRun.objects.latest("id")


def columns(client: Client, run: ImportRun) -> str:
    return client.get(reverse("import_columns", args=[run.public_id])).content.decode()


def settle(client: Client, run: ImportRun, **changes: str) -> Any:
    """Save the columns as they are proposed, with some fields changed; by name of the field."""
    page = client.get(reverse("import_columns", args=[run.public_id]))
    form = page.context["form"]
    given = {field.html_name: field.value() for field in form if field.value() not in (None, False)}
    return client.post(reverse("import_columns", args=[run.public_id]), given | changes)


def begin(client: Client, run: ImportRun, **given: str) -> Any:
    return client.post(reverse("import_start", args=[run.public_id]), {"where_faulty": "good"} | given)


def shown(client: Client, run: ImportRun) -> str:
    return client.get(reverse("import_run", args=[run.public_id])).content.decode()


# --- the usual way ---------------------------------------------------------------------------------------------------------


def test_a_file_travels_from_upload_to_leads(mara, cast):
    answer = send(mara, GOOD)
    run = latest()
    assert answer.url == reverse("import_columns", args=[run.public_id])
    assert (run.state, run.source.name, run.started_by) == (State.DRAFT, "HubSpot", cast.mara)
    assert "Shoe size" in columns(mara, run)
    assert settle(mara, run).url == reverse("import_run", args=[run.public_id])
    run.refresh_from_db()
    assert (run.checked["created"], run.checked["failed"]) == (2, 0)
    assert not Lead.objects.exists()
    begin(mara, run)
    run.refresh_from_db()
    assert run.state == State.WAITING
    assert "It waits for a worker" in shown(mara, run)
    carry_imports()
    run.refresh_from_db()
    assert (run.state, run.created, run.failed) == (State.DONE, 2, 0)
    assert "Every row is in." in shown(mara, run)
    assert Lead.objects.get(person__last_name="Lovelace").attributes["Shoe size"] == 37
    assert not run.file
    assert Notice.objects.filter(recipient=cast.mara, title="leads.csv: 2 new").count() == 1
    assert all(finding.clean for finding in audit.run())


def test_a_file_of_costs_is_asked_only_what_it_needs(mara):
    send(mara, "Campaign,Month,Spend\nFair,2026-03,100\n", kind="costs")
    assert {
        bound.name for bound in mara.get(reverse("import_columns", args=[latest().public_id])).context["form"].general()
    } == {"order"}
    settle(mara, latest())
    begin(mara, latest())
    carry_imports()
    assert (latest().state, latest().created, latest().notes) == (State.DONE, 1, {"campaigns": 1})
    assert "1 campaign nobody knew is new." in shown(mara, latest())


def test_the_same_file_again_changes_nothing(mara):
    for _ in range(2):
        send(mara, GOOD)
        settle(mara, latest())
        begin(mara, latest())
        carry_imports()
    run = latest()
    assert (run.state, run.created, run.updated, run.unchanged) == (State.DONE, 0, 0, 2)
    assert Lead.objects.count() == Person.objects.count() == 2


def test_faulty_rows_stay_out_and_come_back_repaired(mara):
    send(mara, MIXED)
    run = latest()
    settle(mara, run)
    page = shown(mara, run)
    assert "Nothing has been written yet" in page
    assert "not-an-address" in page
    assert {(f.line, f.field) for f in ImportFault.objects.filter(run=run)} == {(4, "Email"), (5, "")}
    begin(mara, run)
    carry_imports()
    run.refresh_from_db()
    assert (run.state, run.created, run.failed) == (State.DONE, 2, 2)
    assert ImportFault.objects.filter(run=run).count() == 2
    faults = b"".join(mara.get(reverse("import_faults", args=[run.public_id])).streaming_content).decode("utf-8-sig")
    repaired = faults.replace("not-an-address", "cy@three.example")
    send(mara, repaired, name="repaired.csv")
    again = latest()
    settle(mara, again)
    begin(mara, again)
    carry_imports()
    again.refresh_from_db()
    assert again.created >= 1
    assert Lead.objects.filter(person__last_name="Young").count() == 1


def test_all_or_nothing_writes_nothing_and_may_be_eased(mara):
    send(mara, MIXED)
    run = latest()
    settle(mara, run)
    begin(mara, run, where_faulty="nothing")
    carry_imports()
    run.refresh_from_db()
    assert (run.state, run.failed) == (State.FAILED, 2)
    assert not Lead.objects.exists()
    page = shown(mara, run)
    assert "2 rows are wrong, so nothing was brought in" in page
    assert "Bring in the good rows" in page
    begin(mara, run)
    carry_imports()
    run.refresh_from_db()
    assert (run.state, run.created, run.failed) == (State.DONE, 2, 2)


def test_the_next_such_file_is_read_the_same_way(mara):
    send(mara, GOOD)
    settle(mara, latest(), to_5="")
    begin(mara, latest())
    carry_imports()
    send(mara, GOOD.replace("37", "38"))
    assert latest().mapping["columns"]["Shoe size"]["to"] == ""


def test_words_of_the_file_stand_for_ours(mara):
    text = "Email,Phase,Created at\nada@one.example,Closed,2024-03-05\nbob@two.example,Talking,2024-03-06\n"
    send(mara, text)
    run = latest()
    settle(mara, run, history="on", words_1="Closed = won\nTalking = unknown")
    begin(mara, run)
    carry_imports()
    assert Lead.objects.get(person__contact_points__normalised="ada@one.example").stage == "won"
    assert Lead.objects.get(person__contact_points__normalised="bob@two.example").closed_reason == "outcome-unknown"


# --- what stays open ---------------------------------------------------------------------------------------------------------


def test_a_date_that_can_be_read_both_ways_must_be_settled(mara):
    send(mara, "Email,Created at\nada@one.example,05/04/2024\n")
    run = latest()
    refused = settle(mara, run)
    assert refused.status_code == 422
    assert "can be read with the day or with the month first" in refused.content.decode()
    assert settle(mara, run, order_1="dmy").status_code == 302


def test_a_plan_that_lacks_what_is_needed_is_refused(mara):
    send(mara, "Shoe size,Hat\n37,red\n")
    refused = settle(mara, latest())
    assert refused.status_code == 422
    assert "One column must give" in refused.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("zone", "Mars/Olympus", "not a time zone"),
        ("to_0", "password", "Select a valid choice"),
        ("words_0", "no sign here", "an equals sign is missing"),
    ],
)
def test_wrong_entries_are_named(mara, field, value, words):
    send(mara, GOOD)
    answer = settle(mara, latest(), **{field: value})
    assert answer.status_code == 422
    assert words in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("leads.csv", b"", "The submitted file is empty"),
        ("leads.pdf", b"%PDF-1.7 nothing", "Not this type"),
        ("leads.xlsx", b"Email\nada@one.example\n", "Not what it seems"),
        ("leads.csv", b"PK\x03\x04 zipped", "Not what it seems"),
        ("leads.csv", b"ada@one.example,Ada\nbob@two.example,Bob\n", "row of headings"),
        ("leads.csv", b'Email,Note\nada@one.example,"never closed\n', "a quoted cell does not end"),
        ("leads.csv", b"\x00\x01\x02binary\x00\x00\x00\x05", "binary zeros"),
    ],
)
def test_files_that_cannot_be_read_leave_nothing_behind(mara, name, content, words):
    answer = send(mara, content, name=name)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ImportRun.objects.exists()
    assert not IntakeSource.objects.filter(key="hubspot").exists()


def test_too_large_a_file_is_refused(mara, monkeypatch):
    monkeypatch.setattr(preparing, "MOST_BYTES", 20)
    answer = send(mara, GOOD)
    assert answer.status_code == 422
    assert "larger than" in answer.content.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_any_usual_encoding_is_read(mara, encoding):
    send(mara, "Email;Last name;Company\nada@one.example;Müller;Größe GmbH\n".encode(encoding))
    settle(mara, latest())
    begin(mara, latest())
    carry_imports()
    assert Lead.objects.get().person.last_name == "Müller"
    assert Lead.objects.get().company.name == "Größe GmbH"


def test_a_zero_byte_inside_is_a_fault_of_its_row(mara):
    text = GOOD + "x" * 8000 + ",big@big.example,B,B,B,1\n" + "5,eve@five.example,E\x00ve,Zero,Five,40\n"
    assert send(mara, text).status_code == 302
    settle(mara, latest())
    begin(mara, latest())
    carry_imports()
    run = latest()
    assert (run.state, run.created, run.failed) == (State.DONE, 2, 2)


def test_cells_are_shown_and_given_back_as_text_only(mara):
    evil = '=HYPERLINK("http://x")'
    text = f'Email,First name\nnot-an-address,"<script>alert(1)</script>"\nstill-none,"{evil.replace(chr(34), chr(34) * 2)}"\n'
    send(mara, text, name='<b>"x".csv')
    settle(mara, latest())
    page = shown(mara, latest())
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    response = mara.get(reverse("import_faults", args=[latest().public_id]))
    assert "\n" not in response["Content-Disposition"]
    assert "'=HYPERLINK" in b"".join(response.streaming_content).decode()


# --- while it runs -----------------------------------------------------------------------------------------------------------


def many(count: int) -> str:
    return "Id,Email\n" + "".join(f"{n},p{n}@example{n}.example\n" for n in range(count))


def test_a_large_import_is_laid_down_and_gone_on_with(mara):
    send(mara, many(60))
    settle(mara, latest())
    begin(mara, latest())
    now = timezone.now()
    run = runs.claim(latest().pk, now)
    assert run is not None
    ticks = iter(now + timedelta(seconds=n) for n in range(1000))
    runs.carry_out(run, preparing.opener(run), now=lambda: next(ticks), until=now + timedelta(seconds=4))
    run = latest()
    assert run.state == State.RUNNING
    assert 0 < run.rows < 60
    assert "It is being brought in" in shown(mara, run)
    carry_imports()
    run = latest()
    assert (run.state, run.created, run.rows) == (State.DONE, 60, 60)


def test_one_import_at_a_time(mara):
    for name in ("one.csv", "two.csv"):
        send(mara, GOOD, name=name)
        settle(mara, latest())
        begin(mara, latest())
    now = timezone.now()
    assert runs.claim(ImportRun.objects.earliest("id").pk, now)
    assert preparing.carry_on(now) == 0
    assert preparing.carry_on(now + runs.SILENCE + timedelta(seconds=1)) == 1


def test_a_lost_file_fails_the_run_with_words(mara):
    send(mara, GOOD)
    settle(mara, latest())
    begin(mara, latest())
    run = latest()
    Path(run.file.path).unlink()
    carry_imports()
    assert (latest().state, latest().problem) == (State.FAILED, "The file is no longer here. Upload it again.")
    assert shown(mara, latest())


def test_nothing_can_be_done_twice(mara):
    send(mara, GOOD)
    settle(mara, latest())
    run = latest()
    begin(mara, run)
    assert begin(mara, run).status_code == 409
    for act in ("import_discard", "import_reopen", "import_again"):
        assert mara.post(reverse(act, args=[run.public_id])).status_code == 409
    assert mara.get(reverse("import_columns", args=[run.public_id])).status_code == 404


def test_drafts_are_thrown_away_by_hand_and_in_time(mara):
    for _ in range(2):
        send(mara, GOOD)
    run = latest()
    path = Path(run.file.path)
    assert mara.post(reverse("import_discard", args=[run.public_id])).url == reverse("imports")
    assert not path.exists()
    assert preparing.tidy(timezone.now()) == 0
    assert preparing.tidy(timezone.now() + preparing.DRAFTS_KEPT + timedelta(minutes=1)) == 1
    assert not ImportRun.objects.exists()


# --- who and how fast --------------------------------------------------------------------------------------------------------


def test_reps_do_not_import(cast, client):
    client.force_login(cast.tim)
    for name in ("imports", "import_new"):
        assert client.get(reverse(name)).status_code == 403


def test_files_that_make_accounts_are_for_admins(cast, client):
    client.force_login(cast.priya)
    send(client, "Name,Team\nZoe Zed,West\n", kind="members")
    run = latest()
    assert run.kind == "members"
    client.force_login(cast.mara)
    assert client.get(reverse("import_columns", args=[run.public_id])).status_code == 404
    assert client.post(reverse("import_start", args=[run.public_id])).status_code == 404
    assert send(client, "Name\nZoe\n", kind="members").status_code == 422


def test_pages_cost_the_same_whatever_the_rows(mara):
    costs = []
    for rows in (2, 60):
        send(mara, "Id,Email\n" + "".join(f"{n},broken{n}\n" for n in range(rows)))
        settle(mara, latest())
        for url in (reverse("import_run", args=[latest().public_id]), reverse("imports")):
            mara.get(url)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert mara.get(url).status_code == 200
            costs.append(len(queries))
    assert costs[:2] == costs[2:]
    assert max(costs) <= 8


@pytest.mark.django_db(transaction=True)
def test_a_run_that_goes_in_as_a_whole_is_passed_by(client):
    """Its row is locked and its last sign of life is old, but its worker is not gone: others must not wait for it."""
    cast = assemble(since=timezone.now() - timedelta(days=30))
    client.force_login(cast.mara)
    send(client, GOOD)
    settle(client, latest())
    begin(client, latest(), where_faulty="nothing")
    run = runs.claim(latest().pk, timezone.now())
    assert run is not None
    later = timezone.now() + 2 * runs.SILENCE
    found: list[Any] = []

    def look() -> None:
        try:
            found.append(preparing.carry_on(later))
        finally:
            connection.close()

    with transaction.atomic():
        ImportRun.objects.filter(pk=run.pk).update(rows=1)
        other = Thread(target=look)
        other.start()
        other.join(20)
    assert found == [0]
