"""A lead does something: it is scored anew, moves as far as the definitions let it, and is handed over when it qualifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from config.web.onewrite import Writes
from leads.models import Activity, Handoff
from leads.services import admission, cases, handoffs, judging, nurture, scores, stages
from leads.services.cases import Case
from leads.services.scores import Held
from sla.services.compiling import InForce, in_force
from sla.stages import BEFORE_QUALIFICATION, Stage


def add_deeds(
    lead_id: int, deeds: Sequence[Activity], *, at: datetime, current: InForce | None = None, cause: str = "activity"
) -> Handoff | None:
    """Add activities to a lead, score it anew, and hand it over where it now qualifies. Must run in a transaction.

    A constant number of statements, however many activities the lead has.
    """
    lead = cases.locked_lead(lead_id)
    for deed in deeds:
        deed.lead = lead
    Activity.objects.bulk_create(deeds)
    terms = (current or in_force(at)).terms_for(lead.segment_id)
    if terms is None or lead.closed_at is not None:
        return None
    case = Case(lead, cases.addresses_of(lead.person_id), cases.deeds_of(lead.pk), terms, at)
    held = scores.restore(case, cause if not deeds else deeds[-1].type)
    return advance(case, fresh=deeds, held=held)


def advance(case: Case, *, fresh: Sequence[Activity] = (), held: Held | None = None) -> Handoff | None:
    """Move a locked lead as far as the definitions let it, and hand it over when it qualifies. `fresh` are the deeds that
    have just come in: without one nothing leaves nurture. `held` is what its score was before, where that has changed."""
    lead = case.lead
    if lead.stage not in BEFORE_QUALIFICATION and lead.stage != Stage.NURTURE:
        return None
    in_nurture = lead.stage == Stage.NURTURE
    if in_nurture and not fresh:
        return None
    judgement = judging.next_stage(lead.stage, case.facts, case.score, case.terms)
    if held is not None and held.admit_at and not _qualifies(judgement, case):
        admission.forget(lead.pk)
    if judgement is None or (in_nurture and not _fresh_enough(case, judgement)):
        return None
    if _qualifies(judgement, case) and not in_nurture and _must_wait(case, judgement.stage, fresh, held):
        return None
    if in_nurture:
        nurture.leave(lead, case.at, "activity")
    if _qualifies(judgement, case):
        admission.forget(lead.pk)
    move = stages.Move(case.at, judgement.cause, case.terms, None, case.score.total)
    if in_nurture:
        stages.enter(lead, judgement.stage, move)
    else:
        stages.enter_through(lead, tuple(stages.path_between(lead.stage, judgement.stage, case.terms)[1:]), move)
    if not _qualifies(judgement, case):
        return None
    writes = Writes()
    writes.reserve({Handoff: 1})
    handoff = handoffs.offer(case, handoffs.Offer(), writes)
    writes.flush()
    return handoff


def _qualifies(judgement: judging.Judgement | None, case: Case) -> bool:
    return judgement is not None and judgement.stage in case.terms.qualifying_stages


def _must_wait(case: Case, stage: str, fresh: Sequence[Activity], held: Held | None) -> bool:
    """Whether the lead met the definition by new rules alone and its turn has not come (services/admission.py). A new deed
    that carries straight to the stage passes at once."""
    early = held is not None and admission.outruns(case.terms, held)
    if early:
        waits = _lifted_by_rules(case, fresh)
    else:
        waits = bool(held.admit_at if held is not None else admission.turn_of(case.lead.pk))
    if not waits or stage in replace(case, activities=list(fresh)).score.catapults:
        return False
    if early:
        admission.queue_up(case)
    return True


def _lifted_by_rules(case: Case, fresh: Sequence[Activity]) -> bool:
    """Whether the lead would qualify without what it has just done."""
    before = replace(case, activities=[deed for deed in case.activities if deed not in fresh])
    return _qualifies(judging.next_stage(case.lead.stage, before.facts, before.score, case.terms), case)


def _fresh_enough(case: Case, judgement: judging.Judgement) -> bool:
    """From nurture only a new deed brings a lead back, and only to a qualifying stage it has earned since it went there."""
    if not _qualifies(judgement, case):
        return False
    since = case.lead.stage_since
    fresh = [deed for deed in case.activities if deed.occurred_at > since]
    if not fresh:
        return False
    again = replace(case, activities=fresh)
    found = judging.next_stage(Stage.NURTURE, again.facts, again.score, case.terms)
    return found is not None and found.stage == judgement.stage
