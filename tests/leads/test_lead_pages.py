"""The list, the page and the search of leads: what they show, to whom, and at what cost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.accounts.actor import Actor
from config.notices.models import Notice
from leads.models import Company, Handoff, Lead, LeadComment, LeadFile
from leads.services import (
    attempts,
    choosing,
    contests,
    handoffs,
    nurture,
    opportunities,
    outcomes,
    searching,
    talking,
    timeline,
)
from leads.services.nurture import local_date
from leads.services.opportunities import Deal
from sla.services.compiling import InForce
from tests.cast import ANSWERS, DAY, HOUR, MINUTE, NOW, Cast, make_team, make_user
from tests.web.conftest import assert_nothing_inline, signed_in

pytestmark = pytest.mark.django_db


def get(user: Any, name: str, *args: Any, **query: Any) -> Any:
    response = signed_in(user).get(reverse(name, args=args), query)
    if response.status_code == 200 and not response.streaming:
        assert_nothing_inline(response)
    return response


def queries(user: Any, url: str) -> int:
    client = signed_in(user)
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


# --- search --------------------------------------------------------------------------------------------------------


def test_a_lead_is_found_by_whatever_people_remember(cast: Cast) -> None:
    lead = cast.hot().lead
    cast.lead("bob", email="bob@other.example", last_name="Smith", company="Other")
    for text in (
        "ada", "Ada Lovelace", "love", "lovelace ada", "ada@acme.example", "ADA@ac", "+49 30 123456", "030 123456",
        "0049 (0)30 123", "3456", "Acme", "acme.example", "ada acme", "acme love", "Acme ada lovelace",
    ):  # fmt: skip
        assert [found.pk for found in searching.search(text, Actor.of(cast.mara)).leads] == [lead.pk], text


def test_what_fits_nothing_finds_nothing_and_breaks_nothing(cast: Cast) -> None:
    cast.hot()
    client = signed_in(cast.mara)
    for text in (
        "", " ", "@", "x", "'", "\\", "a' | 'b", "!!", "(", "<->", "ada bob", "zzz", "+49", "99999999", "ada@other", "a\x00b",
    ):  # fmt: skip
        assert searching.search(text.replace("\x00", ""), Actor.of(cast.mara)).leads == [], text
        assert client.get(reverse("search"), {"q": text}).status_code == 200, text


def test_names_with_signs_in_them_are_found(cast: Cast) -> None:
    lead = cast.lead("x", first_name="Jean-Luc", last_name="O'Brien").lead
    for text in ("jean", "Jean-Luc", "O'Brien", "o'br", "Jean-Luc O'Brien"):
        assert [found.pk for found in searching.search(text, Actor.of(cast.mara)).leads] == [lead.pk], text


def test_the_only_lead_is_opened_at_once_and_several_are_listed(cast: Cast) -> None:
    one = cast.lead().lead
    assert get(cast.mara, "search", q="lovelace").url == reverse("lead", args=[one.public_id])
    two = cast.lead("bob").lead
    page = get(cast.mara, "search", q="lovelace").content.decode()
    assert str(one.public_id) in page
    assert str(two.public_id) in page


def test_search_shows_others_only_what_they_may_open(cast: Cast) -> None:
    cast.hot()  # with telequalification
    assert [len(searching.search("ada", Actor.of(user)).leads) for user in (cast.tim, cast.sam, cast.eva)] == [1, 0, 1]
    assert not searching.search("acme", Actor.of(cast.sam))
    assert len(searching.search("acme", Actor.of(cast.tim)).companies) == 1


# --- the list ------------------------------------------------------------------------------------------------------


def test_the_list_narrows_and_sorts(cast: Cast) -> None:
    ada = cast.hot("ada").lead
    bob = cast.lead("bob", NOW - DAY, source="fair").lead
    page = get(cast.mara, "leads").content.decode()
    assert page.index(str(ada.public_id)) < page.index(str(bob.public_id))
    assert "First call" not in page
    for query, shown in (
        ({"source": "fair"}, [bob]), ({"stage": "mql"}, [ada]), ({"q": "bob"}, [bob]), ({"sort": "-score"}, [ada, bob]),
        ({"sort": "received"}, [bob, ada]), ({"show": "closed"}, []), ({"show": "mine"}, []), ({"show": "all"}, [ada, bob]),
        ({"until": "9999-12-31", "since": "0001-01-01"}, [ada, bob]), ({"since": "2026-03-04"}, [ada]), ({"until": "2026-03-03"}, [bob]), ({"owner": "me"}, []),
    ):  # fmt: skip
        found = [line.lead for line in get(cast.mara, "leads", **query).context["lines"]]
        assert found == shown, query


def test_a_rep_lists_what_came_through_their_team(cast: Cast) -> None:
    handoff = cast.hot()
    cast.lead("cold")
    assert [line.lead for line in get(cast.tim, "leads").context["lines"]] == [handoff.lead]
    assert get(cast.sam, "leads").context["lines"] == []


@pytest.mark.parametrize("who", ["mara", "tim"])
def test_lists_cost_the_same_queries_however_many_rows(cast: Cast, who: str) -> None:
    user = getattr(cast, who)
    cast.hot("first")
    cast.hot("second")
    few = [
        queries(user, url) for url in (reverse("leads"), reverse("search") + "?q=lovelace", reverse("opportunities"))
    ]
    for number in range(12):
        cast.hot(f"lead{number}")
    many = [queries(user, url) for url in (reverse("leads"), reverse("search") + "?q=love", reverse("opportunities"))]
    assert many[0] == few[0] <= 8
    assert many[1] <= 8
    assert many[2] == few[2] <= 8


# --- the page ------------------------------------------------------------------------------------------------------


def lived(cast: Cast) -> Lead:
    """A lead that has seen it all."""
    handoff = cast.hot(job_title="Head of Sales")
    attempts.record(
        handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="na", details=attempts.Details(note="Rang out")
    )
    onward = outcomes.qualify(handoff.pk, by=cast.tim, at=NOW + 5 * HOUR, answers=ANSWERS)
    handoffs.reject(onward.pk, by=cast.sam, at=NOW + 6 * HOUR, reason="duplicate", note="Ours already")
    made = contests.contest(onward.pk, by=cast.tim, at=NOW + 7 * HOUR, comment="It is not")
    contests.settle(made.pk, upheld=False, by=cast.eva, at=NOW + 8 * HOUR, note="Tim is right")
    again = Handoff.objects.get(lead=handoff.lead, state="offered")
    step = {"next_step": "Demo", "next_step_on": local_date(NOW) + timedelta(days=3)}
    deal = opportunities.open_from(again.pk, Deal("Acme deal", **step), by=cast.sam, at=NOW + 9 * HOUR)  # type: ignore[arg-type]
    opportunities.lose(deal.pk, by=cast.sam, at=NOW + DAY, reason="lost-price")
    talking.comment(handoff.lead.pk, "Pity. @Tim Novak, call again?", by=cast.sam, at=NOW + DAY + HOUR)
    return cast.fresh(handoff.lead)


def test_one_line_of_time_tells_everything(cast: Cast) -> None:
    lead = lived(cast)
    entries = timeline.read(lead).entries
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    told = " / ".join(f"{entry['title']} {entry.get('text', '')}" for entry in reversed(entries))
    for words in (
        "Demo request", "Became MQL", "Handed to", "Call: No answer Rang out", "Qualified and handed on", "Accepted",
        "Rejected: Duplicate", "Contested the rejection It is not", "Rejection overturned Tim is right", "Opportunity opened Acme deal",
        "Opportunity lost", "Sam Okafor commented",
    ):  # fmt: skip
        assert words in told, words
    for kind in timeline.KINDS:
        found = timeline.read(lead, kind=kind).entries
        assert {entry["kind"] for entry in found} <= {kind}
        assert all(entry in entries for entry in found)
    page = get(cast.mara, "lead", lead.public_id).content.decode()
    assert "Opportunity lost" in page
    assert "Website, " in page  # where a fact came from


def test_a_long_history_comes_in_pages_that_neither_miss_nor_repeat(cast: Cast) -> None:
    lead = cast.lead(deeds=("webinar",)).lead
    from leads.models import Activity

    Activity.objects.bulk_create(
        Activity(lead=lead, type=f"deed{number}", occurred_at=NOW - number * MINUTE) for number in range(150)
    )
    seen: list[str] = []
    before = None
    for _ in range(9):
        page = timeline.read(lead, before=before, kind="deeds")
        seen += [entry["title"] for entry in page.entries]
        if not page.older:
            break
        before = datetime.fromisoformat(page.older)
    assert len(seen) == len(set(seen)) == 151
    client = signed_in(cast.mara)
    url = reverse("lead_history", args=[lead.public_id])
    piece = client.get(
        url, {"kind": "deeds", "before": (NOW - 140 * MINUTE).isoformat()}, headers={"HX-Request": "true"}
    )
    assert piece.content.decode().count("history-item") == 9
    for nonsense in ("x", "2026-03-04", "99999-01-01T00:00:00Z"):
        assert client.get(reverse("lead", args=[lead.public_id]), {"before": nonsense}).status_code == 200


def test_the_page_costs_the_same_queries_however_long_the_history(cast: Cast) -> None:
    lead = lived(cast)
    url = reverse("lead", args=[lead.public_id])
    few = queries(cast.mara, url)
    for number in range(20):
        talking.comment(lead.pk, f"Word {number}", by=cast.sam, at=NOW + 2 * DAY)
    assert queries(cast.mara, url) == few


def test_others_leads_files_and_companies_are_not_found(cast: Cast) -> None:
    lead = cast.hot().lead
    company = Company.objects.get()
    row = talking.attach(lead.pk, [SimpleUploadedFile("a.txt", b"a")], by=cast.tim, at=NOW)[0]
    pages = [
        ("lead", lead.public_id),
        ("company", company.public_id),
        ("lead_file", row.public_id),
        ("lead_history", lead.public_id),
    ]
    assert [get(cast.tim, *page).status_code for page in pages] == [200, 200, 200, 302]
    assert [get(cast.sam, *page).status_code for page in pages] == [404, 404, 404, 404]
    for name in ("lead_comment", "lead_files"):
        assert signed_in(cast.sam).post(reverse(name, args=[lead.public_id]), {"text": "x"}).status_code == 404
    assert LeadComment.objects.count() == 0


# --- comments and files --------------------------------------------------------------------------------------------


def test_who_is_mentioned_is_told_once_with_the_way_there(cast: Cast) -> None:
    lead = cast.hot().lead
    client = signed_in(cast.tim)
    url = reverse("lead_comment", args=[lead.public_id])
    client.post(url, {"text": "@Tom Berger and @mara.lindt, also @Tim Novak: a@tess.example is no call, nor @Tombola"})
    comment = LeadComment.objects.get()
    assert {user.name for user in comment.mentions.all()} == {"Tom Berger", "Mara Lindt", "Tim Novak"}
    told = Notice.objects.filter(kind="lead_mention")
    assert {notice.recipient.name for notice in told} == {
        "Tom Berger",
        "Mara Lindt",
    }  # nobody is told of their own words
    assert told[0].url.startswith(reverse("lead", args=[lead.public_id]))


def test_nobody_is_called_to_a_lead_they_may_not_open(cast: Cast) -> None:
    lead = cast.hot().lead
    answer = signed_in(cast.tim).post(reverse("lead_comment", args=[lead.public_id]), {"text": "@Sam Okafor look"})
    assert answer.status_code == 422
    assert "Sam Okafor may not open this lead" in answer.content.decode()
    assert LeadComment.objects.count() == Notice.objects.filter(kind="lead_mention").count() == 0


def test_files_come_and_go_and_are_only_ever_downloads(cast: Cast, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    lead = cast.hot().lead
    client = signed_in(cast.tim)
    files = [SimpleUploadedFile("offer.html", b"<script>1</script>"), SimpleUploadedFile("plan.pdf", b"%PDF")]
    client.post(reverse("lead_files", args=[lead.public_id]), {"upload": files})
    assert sorted(LeadFile.objects.values_list("name", flat=True)) == ["offer.html", "plan.pdf"]
    row = LeadFile.objects.get(name="offer.html")
    sent: Any = client.get(reverse("lead_file", args=[row.public_id]))
    assert b"".join(sent.streaming_content) == b"<script>1</script>"
    assert sent["Content-Disposition"].startswith("attachment")
    assert sent["Content-Type"] == "application/octet-stream"
    remove = reverse("lead_file_remove", args=[row.public_id])
    assert signed_in(cast.tess).post(remove).status_code == 403  # neither hers, nor is she a manager
    assert signed_in(cast.tom).post(remove).status_code == 302
    assert not LeadFile.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("given", [[], [SimpleUploadedFile("empty.txt", b"")]])
def test_nothing_is_no_file(cast: Cast, given: list[Any]) -> None:
    lead = cast.hot().lead
    answer = signed_in(cast.tim).post(reverse("lead_files", args=[lead.public_id]), {"upload": given})
    assert answer.status_code == 422
    assert LeadFile.objects.count() == 0


def test_a_file_too_large_keeps_the_others_out_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "MOST_BYTES", 3)
    lead = cast.hot().lead
    files = [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"long")]
    answer = signed_in(cast.tim).post(reverse("lead_files", args=[lead.public_id]), {"upload": files})
    assert "b.txt is larger than" in answer.content.decode()
    assert LeadFile.objects.count() == 0


# --- now -----------------------------------------------------------------------------------------------------------


def test_the_page_says_who_holds_it_at_every_turn(cast: Cast) -> None:
    def held(lead: Lead) -> str:
        detail = get(cast.mara, "lead", lead.public_id).context["detail"]
        return " ".join(detail.holder)

    handoff = cast.hot()
    assert held(handoff.lead).startswith("Telequalification waits in the queue First calls")
    onward = outcomes.qualify(handoff.pk, by=cast.tim, at=NOW + HOUR, answers=ANSWERS)
    assert "is to decide since" in held(handoff.lead)
    handoffs.accept(onward.pk, by=cast.sam, at=NOW + 2 * HOUR)
    assert held(handoff.lead).startswith("Sam Okafor since")
    outcomes.recycle(
        onward.pk, by=cast.sam, at=NOW + 3 * HOUR, reason="timing-wrong", return_on=local_date(NOW) + 9 * DAY
    )
    assert held(handoff.lead).startswith("Marketing nurtures it until")
    nurture.return_lead(handoff.lead.pk, at=NOW + DAY)
    assert "waits in the queue" in held(handoff.lead)
    assert held(cast.lead("cold").lead) == "Marketing before qualification"


def test_a_person_without_a_team_sees_no_leads(cast: Cast) -> None:
    stranger = make_user("Nobody Atall")
    make_team("sales")
    assert [get(stranger, name).status_code for name in ("leads", "search", "opportunities", "nurture")] == [403] * 4


def test_the_list_offers_the_stages_of_every_agreement_in_the_words_of_the_one_chosen() -> None:
    own, other = Mock(), Mock()
    own.content, other.content = {"segment": {"key": "default"}}, {"segment": {"key": "plain"}}
    own.stage_enabled.side_effect = lambda stage: stage in ("mql", "tql")
    other.stage_enabled.side_effect = lambda stage: stage in ("mql", "sql")
    own.label.side_effect = {"mql": "MQL", "tql": "TQL"}.get
    other.label.side_effect = {"mql": "Ready for sales", "sql": "Deal"}.get
    current = InForce([(2, {}, other), (1, {}, own)])
    assert choosing.stages(current) == [("mql", "MQL / Ready for sales"), ("tql", "TQL"), ("sql", "Deal")]
    assert choosing.stages(current, "plain") == [("mql", "Ready for sales"), ("sql", "Deal")]
    assert choosing.stages(current, "nowhere") == choosing.stages(current)
    assert ("sal", "SAL") in choosing.stages(InForce([]))
