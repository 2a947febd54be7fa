"""New rules reach every open lead, time reaches every score, and whom new rules lift is let in by turns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from leads.models import Handoff, Lead, LeadScore, Rescoring, ScoreChange
from leads.services import admission, audit, cases, judging, rescoring, scores
from leads.services.intake import Deed, receive_activity
from sla.models import Clock, Commitment, Definition, ScoreRule, StageTerm, Version
from sla.services import drafting
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast, sign_all

pytestmark = pytest.mark.django_db


def new_version(cast: Cast, at: datetime, **header: Any) -> Version:
    """A draft of the next version; `threshold` sets what marketing's definition asks for."""
    draft = drafting.draft_from_version(cast.version, by=cast.mara)
    threshold = header.pop("threshold", None)
    if threshold is not None:
        Definition.objects.filter(version=draft, stage="mql").update(minimum_score=threshold)
    if header:
        Version.objects.filter(pk=draft.pk).update(**header)
    return Version.objects.get(pk=draft.pk)


def in_force(cast: Cast, draft: Version, at: datetime) -> Version:
    cast.version = sign_all(cast, draft, at)
    return cast.version


def clean() -> bool:
    return all(finding.clean for finding in audit.run())


def test_new_rules_score_every_open_lead_anew_and_note_what_moved(cast: Cast) -> None:
    leads = [cast.lead(name, deeds=("webinar",)).lead for name in ("ada", "bob", "cleo")]
    before = LeadScore.objects.get(pk=leads[0].pk).total
    draft = new_version(cast, NOW)
    ScoreRule.objects.filter(version=draft, key="webinar").update(points=15)
    in_force(cast, draft, NOW + HOUR)
    assert rescoring.renew(NOW + HOUR) == 3
    for lead in leads:
        score = LeadScore.objects.get(pk=lead.pk)
        assert score.total == before + 5 == sum(score.points)
        assert score.version == cast.version
        change = ScoreChange.objects.filter(lead=lead).latest("id")
        assert (change.before, change.total, change.cause) == (before, before + 5, "new rules")
    run = Rescoring.objects.get(version=cast.version)
    assert (run.scored, run.changed, run.lifted, run.moved) == (3, 3, 0, 0)
    assert run.finished_at == NOW + HOUR
    assert rescoring.renew(NOW + 2 * HOUR) == 0, "once is enough"
    assert clean()


def test_what_the_run_stores_is_what_one_lead_alone_would_score(cast: Cast) -> None:
    lead = cast.lead("ada", deeds=("webinar", "pricing_page", "careers_page", "page_view")).lead
    at = NOW + 45 * DAY
    in_force(cast, new_version(cast, NOW), at)
    rescoring.renew(at)
    case = cases.load(lead.pk, at)
    stored = LeadScore.objects.get(pk=lead.pk)
    assert scores.log_of(stored) == judging.score_of(case.facts, case.terms).lines
    assert stored.rescore_at == case.score.rescore_at
    assert case.lead.fit_grade == judging.fit_grade(case.score, case.terms)


def test_a_lead_scored_by_the_new_rules_meanwhile_is_left_alone(cast: Cast) -> None:
    lead = cast.lead("ada", deeds=("webinar",)).lead
    in_force(cast, new_version(cast, NOW), NOW + HOUR)
    receive_activity(cast.source, lead, Deed("page_view", NOW + HOUR), external_id="x", raw={}, at=NOW + HOUR)
    assert rescoring.renew(NOW + 2 * HOUR) == 0
    assert LeadScore.objects.get(pk=lead.pk).scored_at == NOW + HOUR
    assert Rescoring.objects.get().finished_at is not None


def between_reading_and_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    real = rescoring._apply_batch

    def interrupted(*given: Any) -> None:
        act()
        real(*given)

    monkeypatch.setattr(rescoring, "_apply_batch", interrupted)


def test_a_total_that_moved_after_it_was_read_is_not_written_over_but_scored_by_the_next_run(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = (cast.lead(name, deeds=("webinar",)).lead for name in ("ada", "bob"))
    in_force(cast, new_version(cast, NOW), NOW + HOUR)
    with monkeypatch.context() as patch:
        moved = LeadScore.objects.filter(pk=bob.pk)
        between_reading_and_writing(patch, lambda: moved.update(fit=7, total=F("engagement") + 7))
        assert rescoring.renew(NOW + HOUR) == 1
    assert not ScoreChange.objects.filter(lead=bob, cause="new rules").exists()
    assert Rescoring.objects.get().finished_at is None
    before = moved.get().total
    assert rescoring.renew(NOW + 2 * HOUR) == 2, "of the whole run"
    assert Rescoring.objects.get().finished_at == NOW + 2 * HOUR
    change = ScoreChange.objects.get(lead=bob, cause="new rules")
    assert (change.before, change.total) == (before, moved.get().total)
    assert LeadScore.objects.get(pk=ada.pk).version == moved.get().version == cast.version


def test_two_leads_never_share_a_turn_though_one_between_them_was_scored_meanwhile(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("ada", "bob", "cleo", "dora")
    _, bob, cleo, dora = (cast.lead(name, deeds=("webinar", "pricing_page")).lead for name in names)
    in_force(cast, new_version(cast, NOW, threshold=20, admission_per_day=1), NOW + HOUR)
    done = LeadScore.objects.filter(pk=bob.pk)
    monkeypatch.setattr(rescoring, "BATCH", 3)
    between_reading_and_writing(monkeypatch, lambda: done.update(version=cast.version))
    rescoring.renew(NOW + HOUR)
    found: dict[int, datetime] = dict(admission.WAITING.values_list("pk", "admit_at"))  # type: ignore[arg-type]
    assert found[dora.pk] == found[cleo.pk] + DAY
    assert len(set(found.values())) == len(found) == 3


def test_all_at_once_where_the_agreement_names_no_rate(cast: Cast) -> None:
    for name in ("ada", "bob"):
        cast.lead(name, deeds=("webinar", "pricing_page"))
    in_force(cast, new_version(cast, NOW, threshold=20), NOW + HOUR)
    rescoring.renew(NOW + HOUR)
    assert Rescoring.objects.get().lifted == 2
    assert not Handoff.objects.exists(), "handed over by the task that admits"
    assert admission.admit_due(NOW + HOUR) == 2
    assert Handoff.objects.count() == 2
    assert not admission.WAITING.exists()
    assert clean()


def test_at_the_agreed_rate_the_best_first_and_their_clocks_start_when_they_are_let_in(cast: Cast) -> None:
    best = cast.lead("zoe", deeds=("webinar", "pricing_page", "email_click")).lead
    others = [cast.lead(name, deeds=("webinar", "pricing_page")).lead for name in ("ada", "bob")]
    in_force(cast, new_version(cast, NOW, threshold=20, admission_per_day=4), NOW + HOUR)
    rescoring.renew(NOW + HOUR)
    turns = list(admission.WAITING.order_by("admit_at").values_list("pk", "admit_at"))
    assert turns == [(best.pk, NOW + HOUR), (others[0].pk, NOW + 7 * HOUR), (others[1].pk, NOW + 13 * HOUR)]
    assert admission.admit_due(NOW + HOUR) == 1
    first = Handoff.objects.get()
    assert first.lead_id == best.pk
    assert first.offered_at == NOW + HOUR == Clock.objects.filter(subject=first.pk).first().started_at
    assert Lead.objects.get(pk=others[0].pk).stage == "engaged"
    assert clean()
    assert admission.admit_due(NOW + 6 * HOUR) == 0
    assert admission.admit_due(NOW + 14 * HOUR) == 2
    assert clean()


def test_who_waits_for_its_turn_is_not_let_in_by_a_trifle_but_by_a_demo_request(cast: Cast) -> None:
    lead = cast.lead("ada", deeds=("webinar", "pricing_page")).lead
    draft = new_version(cast, NOW, threshold=20, admission_per_day=1)
    LeadScore.objects.filter(pk=lead.pk).update(admit_at=NOW + 9 * DAY)
    in_force(cast, draft, NOW + HOUR)
    rescoring.renew(NOW + HOUR)
    at = NOW + 2 * HOUR
    receive_activity(cast.source, lead, Deed("page_view", at), external_id="1", raw={}, at=at)
    assert cast.fresh(lead).stage == "engaged"
    receive_activity(cast.source, lead, Deed("demo_request", at + MINUTE), external_id="2", raw={}, at=at + MINUTE)
    assert cast.fresh(lead).stage == "mql"
    assert not admission.WAITING.exists()
    assert clean()


def waiting() -> list[tuple[int, datetime | None]]:
    return list(admission.WAITING.order_by("admit_at").values_list("pk", "admit_at"))


def test_newer_rules_give_those_who_wait_new_turns_at_their_rate(cast: Cast) -> None:
    leads = [cast.lead(name, deeds=("webinar", "pricing_page")).lead.pk for name in ("ada", "bob", "cleo")]
    in_force(cast, new_version(cast, NOW, threshold=20, admission_per_day=1), NOW + HOUR)
    rescoring.renew(NOW + HOUR)
    assert admission.admit_due(NOW + HOUR) == 1
    assert waiting() == [(leads[1], NOW + 25 * HOUR), (leads[2], NOW + 49 * HOUR)]
    late = cast.lead("dan", NOW + HOUR, deeds=("webinar",)).lead.pk
    in_force(cast, new_version(cast, NOW + HOUR, threshold=10, admission_per_day=12), NOW + 2 * HOUR)
    rescoring.renew(NOW + 2 * HOUR)
    assert waiting() == [(leads[1], NOW + 4 * HOUR), (leads[2], NOW + 6 * HOUR), (late, NOW + 8 * HOUR)]


def test_rules_that_ask_for_more_take_the_turn_away_and_own_deeds_then_pass_at_once(cast: Cast) -> None:
    lead = cast.lead("ada", deeds=("webinar", "pricing_page")).lead
    draft = new_version(cast, NOW, threshold=45)
    LeadScore.objects.filter(pk=lead.pk).update(admit_at=NOW + 9 * DAY)
    in_force(cast, draft, NOW + HOUR)
    rescoring.renew(NOW + HOUR)
    assert waiting() == []
    for number in range(3):
        at = NOW + 2 * HOUR + number * MINUTE
        receive_activity(cast.source, lead, Deed("webinar", at), external_id=str(number), raw={}, at=at)
    assert cast.fresh(lead).stage == "mql"
    assert clean()


def test_who_does_a_trifle_before_the_run_has_come_waits_like_the_others(cast: Cast) -> None:
    """What becomes of a lead does not depend on when a worker ran."""
    early, other = (cast.lead(name, deeds=("webinar", "pricing_page")).lead for name in ("ada", "bob"))
    below = cast.lead("cleo").lead
    in_force(cast, new_version(cast, NOW, threshold=20, admission_per_day=4), NOW + HOUR)
    receive_activity(cast.source, early, Deed("page_view", NOW + HOUR), external_id="1", raw={}, at=NOW + HOUR)
    assert waiting() == [(early.pk, NOW + HOUR)]
    for number, deed in enumerate(("webinar", "pricing_page")):
        receive_activity(cast.source, below, Deed(deed, NOW + HOUR), external_id=f"b{number}", raw={}, at=NOW + HOUR)
    assert cast.fresh(below).stage == "mql", "it qualified by what it did"
    rescoring.renew(NOW + 2 * HOUR)
    assert waiting() == [(early.pk, NOW + HOUR), (other.pk, NOW + 7 * HOUR)]
    assert Rescoring.objects.get().lifted == 2


def test_a_lead_of_an_imported_past_is_scored_by_the_next_look_at_what_time_has_changed(cast: Cast) -> None:
    lead = cast.lead("ada", deeds=("webinar",)).lead
    for finished in (False, True):
        if finished:
            rescoring.renew(NOW + HOUR)
        LeadScore.objects.filter(pk=lead.pk).update(
            fit=0, engagement=0, total=0, points=[], times=[], version_id=None, rescore_at=NOW
        )
        rescoring.decay(NOW + HOUR)
        assert LeadScore.objects.get(pk=lead.pk).total > 0


def test_time_takes_the_turn_of_a_lead_that_falls_below(cast: Cast) -> None:
    lead = cast.lead("ada", deeds=("webinar", "pricing_page")).lead
    version = in_force(cast, new_version(cast, NOW, threshold=20, admission_per_day=1), NOW)
    LeadScore.objects.filter(pk=lead.pk).update(
        admit_at=NOW + 400 * DAY, rescore_at=NOW + 300 * DAY, version_id=version.pk
    )
    rescoring.decay(NOW + 300 * DAY)
    assert LeadScore.objects.get(pk=lead.pk).total < 20
    assert waiting() == []


def test_a_turn_that_comes_too_late_hands_nothing_over(cast: Cast) -> None:
    lead = cast.lead("ada", deeds=("webinar", "pricing_page")).lead
    LeadScore.objects.filter(pk=lead.pk).update(admit_at=NOW)
    assert admission.admit_due(NOW + HOUR) == 0, "it does not meet the rules in force"
    assert not admission.WAITING.exists()


def test_points_that_time_gives_back_let_a_lead_through(cast: Cast) -> None:
    """Twice the careers page: 40 points below. They halve every 90 days."""
    deeds = ("careers_page", "careers_page", "contact_form")
    lead = cast.lead("ada", job_title="", seniority="VP", industry="Software", deeds=deeds).lead
    draft = new_version(cast, NOW, threshold=40)
    ScoreRule.objects.filter(version=draft, key="contact-form").update(half_life_days=None)
    in_force(cast, draft, NOW)
    rescoring.renew(NOW)
    assert cast.fresh(lead).stage == "engaged"
    due = LeadScore.objects.get(pk=lead.pk).rescore_at
    assert due is not None
    at = NOW + 95 * DAY
    assert due < at
    assert rescoring.decay(at) == 1
    assert LeadScore.objects.get(pk=lead.pk).total == judging.score_of(cases.load(lead.pk, at).facts, cast.terms).total
    assert cast.fresh(lead).stage == "mql"
    assert rescoring.decay(at) == 0, "nothing is due twice"
    assert clean()


def test_a_stage_that_is_switched_off_strands_nobody(cast: Cast) -> None:
    held = cast.with_sales("ada")
    idle = cast.hot("bob").lead
    Handoff.objects.filter(lead=idle).update(state="expired")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM leads_queueitem")
    draft = new_version(cast, NOW)
    StageTerm.objects.filter(version=draft, key__in=("tal", "tql")).update(is_enabled=False)
    StageTerm.objects.filter(version=draft, key="mql").update(is_enabled=False)
    StageTerm.objects.filter(version=draft, key="pql").update(is_enabled=True)
    Definition.objects.filter(version=draft, stage="mql").update(stage="pql")
    ScoreRule.objects.filter(version=draft, catapult_to="mql").update(catapult_to="pql")
    Commitment.objects.filter(version=draft, stage="mql").update(stage="pql")
    in_force(cast, draft, NOW + HOUR)
    rescoring.renew(NOW + HOUR)
    assert cast.fresh(held.lead).stage == "tql", "what is handed over keeps the version it started under"
    assert cast.fresh(idle).stage == "pql"
    assert Handoff.objects.open().filter(lead=idle).exists()
    assert Rescoring.objects.get(version=cast.version).moved == 1


def test_a_run_that_was_broken_off_goes_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        cast.lead(f"lead{number}", deeds=("webinar",))
    in_force(cast, new_version(cast, NOW), NOW + HOUR)
    monkeypatch.setattr(rescoring, "BATCH", 2)
    real, calls = rescoring._apply_batch, []

    def breaks(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise RuntimeError("the worker was killed")
        real(*given)

    monkeypatch.setattr(rescoring, "_apply_batch", breaks)
    with pytest.raises(RuntimeError):
        rescoring.renew(NOW + HOUR)
    assert Rescoring.objects.get().scored == 2
    assert Rescoring.objects.get().finished_at is None
    monkeypatch.setattr(rescoring, "_apply_batch", real)
    assert rescoring.renew(NOW + 2 * HOUR) == 5
    assert LeadScore.objects.filter(version=cast.version).count() == 5
    assert not LeadScore.objects.exclude(total=F("fit") + F("engagement")).exists()
