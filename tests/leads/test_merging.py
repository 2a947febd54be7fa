"""Two people are made one only by somebody's word, with a look beforehand, and nothing of either is lost."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from config.web.errors import Conflict
from leads.models import Activity, Handoff, Lead, MergeProposal, Person, StageEntry
from leads.services import audit, identify, merging, timeline
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast

pytestmark = pytest.mark.django_db


def clean() -> bool:
    return all(finding.clean for finding in audit.run())


def pair(cast: Cast, **later: object) -> MergeProposal:
    """Ada twice: by her old address and by her new one."""
    cast.lead("ada", phone="+49 30 123456", deeds=("webinar",), job_title="Head of Sales")
    given = {"phone": "0049 30 123456", "first_name": "Ada", "deeds": ("pricing_page",), "city": "Berlin"} | later
    cast.lead("ada.new", NOW + MINUTE, **given)  # type: ignore[arg-type]
    return MergeProposal.objects.get()


def test_both_histories_are_kept_and_the_points_of_both_count(cast: Cast) -> None:
    proposal = pair(cast)
    old, new = Lead.objects.order_by("pk")
    kept = merging.merge(proposal.pk, by=cast.mara, at=NOW + HOUR)
    assert kept == old.person
    goes_on, ended = cast.fresh(old), cast.fresh(new)
    assert (ended.stage, ended.closed_reason, ended.merged_into) == ("disqualified", "merged", goes_on)
    assert ended.person_id == kept.pk
    assert set(Activity.objects.filter(lead=goes_on).values_list("type", flat=True)) == {"webinar", "pricing_page"}
    assert goes_on.score.total == sum(goes_on.score.points)
    assert StageEntry.objects.filter(lead=ended).count() >= 2, "its own ledger stays"
    assert {p.normalised for p in kept.contact_points.filter(kind="email")} == {
        "ada@acme.example",
        "ada.new@acme.example",
    }
    assert kept.contact_points.filter(kind="phone").count() == 1
    assert Person.objects.get(pk=kept.pk).city == "Berlin", "what was not known is filled"
    assert clean()


def test_the_page_of_who_goes_on_shows_both_histories_and_every_address(cast: Cast, client: Client) -> None:
    proposal = pair(cast)
    old, new = Lead.objects.order_by("pk")
    merging.merge(proposal.pk, by=cast.mara, at=NOW + HOUR)
    entries = timeline.read(cast.fresh(old), kind="stages").entries
    assert (
        len(entries)
        == StageEntry.objects.filter(lead__in=(old, new)).count()
        > StageEntry.objects.filter(lead=old).count()
    )
    client.force_login(cast.mara)
    text = client.get(reverse("lead", args=[old.public_id])).content.decode()
    assert "ada@acme.example" in text
    assert "ada.new@acme.example" in text


def test_merging_may_be_what_qualifies_a_lead(cast: Cast) -> None:
    cast.lead("ada", phone="+49 30 123456", deeds=("webinar", "pricing_page"))
    cast.lead("bob", NOW + MINUTE, phone="+49 30 123456", deeds=("contact_form",))
    assert not Handoff.objects.exists()
    merging.merge(MergeProposal.objects.get().pk, by=cast.mara, at=NOW + HOUR)
    handoff = Handoff.objects.open().get()
    assert handoff.offered_at == NOW + HOUR
    assert clean()


def test_what_is_in_somebodys_hands_goes_on(cast: Cast) -> None:
    cast.lead("ada", phone="+49 30 123456")
    offered = cast.hot("ada.new", NOW + MINUTE, phone="+49 30 123456")
    merging.merge(MergeProposal.objects.get().pk, by=cast.mara, at=NOW + HOUR)
    assert cast.fresh(offered.lead).closed_at is None
    assert Handoff.objects.get(pk=offered.pk).state == "offered"
    assert Lead.objects.get(person__merged_into=None, closed_reason="merged").merged_into == offered.lead
    assert clean()


def test_of_two_offers_the_earlier_promise_stays(cast: Cast) -> None:
    first = cast.hot("ada", phone="+49 30 123456")
    second = cast.hot("ada.new", NOW + MINUTE, phone="+49 30 123456")
    merging.merge(MergeProposal.objects.get().pk, by=cast.mara, at=NOW + 2 * MINUTE)
    assert Handoff.objects.get(pk=first.pk).state == "offered"
    assert Handoff.objects.get(pk=second.pk).state == "withdrawn"
    assert clean()


def test_two_leads_that_are_both_worked_are_not_merged_now(cast: Cast) -> None:
    from leads.services import handoffs

    first, second = cast.with_sales("ada"), cast.with_sales("bob", NOW + MINUTE)
    for handoff in (first, second):
        handoffs.accept(handoff.pk, by=cast.sam, at=NOW + 10 * MINUTE)
    proposal = merging.propose(first.lead.person, second.lead.person, by=cast.mara, at=NOW)
    with pytest.raises(Conflict):
        merging.merge(proposal.pk, by=cast.mara, at=NOW + HOUR)
    assert Person.objects.filter(merged_into=None).count() == 2
    assert clean()


def test_the_other_may_be_kept_and_single_values_taken(cast: Cast) -> None:
    proposal = pair(cast, job_title="VP Sales")
    seen = merging.preview(proposal, swap=True, take=["job_title"])
    assert seen.keep == proposal.drop
    title = next(row for row in seen.rows if row.name == "job_title")
    assert (title.keep, title.drop, title.differs, title.result) == ("VP Sales", "Head of Sales", True, "Head of Sales")
    kept = merging.merge(proposal.pk, by=cast.mara, at=NOW + HOUR, swap=True, take=["job_title"])
    assert (kept, kept.job_title) == (proposal.drop, "Head of Sales")


def test_mail_to_the_old_address_finds_the_one_who_stayed(cast: Cast) -> None:
    proposal = pair(cast)
    kept = merging.merge(proposal.pk, by=cast.mara, at=NOW + HOUR, swap=True)
    again = cast.lead("ada", NOW + DAY, external_id="form-2", deeds=("contact_form",))
    assert again.lead.person_id == kept.pk


def test_two_people_stay_two_and_are_not_proposed_again(cast: Cast) -> None:
    proposal = pair(cast)
    merging.keep_apart(proposal.pk, by=cast.mara, at=NOW + HOUR)
    assert merging.propose_likely(NOW + DAY) == 0
    with pytest.raises(Conflict, match="Mara Lindt"):
        merging.merge(proposal.pk, by=cast.tom, at=NOW + DAY)


def test_the_same_name_at_the_same_company_is_proposed(cast: Cast) -> None:
    cast.lead("ada", first_name="Ada")
    cast.lead("a.lovelace", first_name="ADA", last_name="lovelace ")
    cast.lead("bob", first_name="Bob")
    assert not MergeProposal.objects.exists()
    assert merging.propose_likely(NOW) == 1
    assert merging.propose_likely(NOW) == 0
    assert Person.objects.filter(merged_into=None).count() == 3, "proposed, never merged by itself"


def test_a_triple_becomes_one(cast: Cast) -> None:
    for name in ("ada", "ada2", "ada3"):
        cast.lead(name, phone="+49 30 123456", first_name="Ada")
    merging.propose_likely(NOW)
    while proposal := MergeProposal.objects.filter(state="open").first():
        merging.merge(proposal.pk, by=cast.mara, at=NOW + HOUR)
    assert Person.objects.filter(merged_into=None).count() == 1
    assert Lead.objects.filter(closed_at=None).count() == 1
    assert clean()


def test_a_switchboards_number_is_no_sign_of_one_person(cast: Cast) -> None:
    names = [f"clerk{n}" for n in range(identify.SHARED_BY_MOST + 2)]
    for name in names:
        cast.lead(name, phone="+49 30 999999", first_name=name)
    MergeProposal.objects.all().delete()
    cast.lead("clerk-new", NOW + MINUTE, phone="+49 30 999999", first_name="New")
    assert not MergeProposal.objects.exists()
    assert merging.propose_likely(NOW + DAY) == 0


def test_a_number_that_a_few_share_is_proposed_for_each_of_them(cast: Cast) -> None:
    for name in ("ada", "bob", "cora"):
        cast.lead(name, phone="+49 30 123456", first_name=name)
    assert MergeProposal.objects.count() == 3
    MergeProposal.objects.all().delete()
    assert merging.propose_likely(NOW + DAY) == 2, "once a night each with the eldest"
