"""Where a lead goes when a team has refused it, ruled it out or lost it: what the agreed reason says."""

from __future__ import annotations

from datetime import date

from config.accounts.choices import Function
from config.accounts.models import User
from leads.models import DoNotCall, Handoff, HandoffState, Outcome
from leads.services import cases, nurture, routing, stages
from leads.services.cases import Case
from sla.stages import Stage
from sla.terms import ReasonTerms


def send(
    case: Case,
    handoff: Handoff | None,
    reason: ReasonTerms,
    *,
    kind: str,
    by: User | None,
    note: str = "",
    return_on: date | None = None,
) -> None:
    """Send the locked lead where the reason says, after its handoff or opportunity has ended."""
    if reason.suppresses_contact:
        suppress(case, reason.label, by)
    if reason.goes_to == "closed":
        close(case, kind=kind, reason=reason.key, by=by)
    elif reason.goes_to == "giver" and handoff is not None:
        back_to_giver(case, handoff, kind=kind, reason=reason.key, by=by, note=note, days=reason.return_after_days)
    elif reason.goes_to == "reroute" and handoff is not None and _rerouted(case, handoff, by):
        return
    else:
        nurture.park(
            case, kind=kind, reason=reason.key, by=by, note=note, handoff=handoff, return_on=return_on,
            days=reason.return_after_days,
        )  # fmt: skip


def close(case: Case, *, kind: str, reason: str, by: User | None) -> None:
    """The lead's pursuit ends; the person may come back as a new cycle."""
    lead = case.lead
    if lead.stage not in (Stage.LOST, Stage.WON):
        move = stages.Move(case.at, f"{kind}:{reason}", case.terms, by, case.score.total)
        stages.enter(lead, Stage.DISQUALIFIED, move)
    lead.closed_at, lead.closed_reason = case.at, reason
    lead.save(update_fields=["closed_at", "closed_reason", "stage"])


def back_to_giver(
    case: Case, handoff: Handoff, *, kind: str, reason: str, by: User | None, note: str, days: int | None = None
) -> None:
    """To the giver's team as a new handoff; marketing's care is nurture, where it waits with a date."""
    from leads.services import handoffs

    if handoff.from_function == Function.MARKETING or handoff.from_team is None:
        nurture.park(case, kind=kind, reason=reason, by=by, note=note, handoff=handoff, days=days)
        return
    giver = handoff.from_team
    _step_back(case, by, kind)
    decision = routing.Decision(
        route="",
        team_id=giver.pk,
        team_name=giver.name,
        function=giver.function,
        user_id=None if giver.function == Function.TELEQUALIFICATION else handoff.from_user_id,
        to_queue=giver.function == Function.TELEQUALIFICATION,
        kind="standard",
        why=(_back_words(case, handoff, kind, reason),),
    )
    packet = handoff.packet
    _offer_again(
        case,
        handoffs.Offer(
            handoffs.Giver(handoff.to_function, handoff.to_team_id, by), to=decision, follows=handoff, note=note,
            answers=dict(packet.get("answers", {})), next_step=packet.get("next_step", ""),
        ),
    )  # fmt: skip


def _back_words(case: Case, handoff: Handoff, kind: str, reason: str) -> str:
    """Why a lead is back, for whoever gets it."""
    if kind == "expired":
        return f"Pulled back from {handoff.to_team.name}, which had not decided in time"
    term = case.terms.reasons.get(reason)
    verb = "Rejected" if kind == "rejected" else "Given back"
    return f"{verb} by {handoff.to_team.name}: {term.label if term else reason}"


def _rerouted(case: Case, handoff: Handoff, by: User | None) -> bool:
    """Offer the lead to the next fitting route that leads to nobody who has refused it; False when there is none."""
    from leads.services import handoffs

    leg = routing.LEG_TELEQUALIFIED if handoff.from_function == Function.TELEQUALIFICATION else routing.LEG_QUALIFIED
    now = cases.renewed(case)
    decision = routing.decide(now.lead, now.facts, now.terms, leg, now.at, not_to=_refused(handoff))
    if decision is None:
        return False
    stages.bring_back(case.lead, handoff.stage, stages.Move(case.at, "rerouted", case.terms, by, case.score.total))
    giver = handoffs.Giver(handoff.from_function, handoff.from_team_id, handoff.from_user)
    answers = dict(handoff.packet.get("answers", {}))
    _offer_again(case, handoffs.Offer(giver, leg=leg, to=decision, follows=handoff, answers=answers))
    return True


def _refused(handoff: Handoff) -> set[tuple[int, int | None]]:
    """Who has sent the lead away since it was qualified: this handoff's receiver, and those of the ones it follows."""
    on_the_way = [handoff]
    while handoff.follows_id is not None:
        handoff = Handoff.objects.defer("packet").get(pk=handoff.follows_id)
        if handoff.state == HandoffState.REJECTED or handoff.outcome in (Outcome.DISQUALIFIED, Outcome.RECYCLED):
            on_the_way.append(handoff)
    return {(one.to_team_id, one.to_user_id or one.decided_by_id) for one in on_the_way}


def _step_back(case: Case, by: User | None, cause: str) -> None:
    """Back to the stage of qualification, so that the next team's acceptance is an ordinary step forward."""
    qualified = list(case.terms.qualifying_stages)
    if case.lead.stage not in qualified and qualified:
        move = stages.Move(case.at, cause, case.terms, by, case.score.total)
        stages.enter(case.lead, qualified[0], move)


def _offer_again(case: Case, what: object) -> Handoff:
    from leads.services import handoffs

    assert isinstance(what, handoffs.Offer)
    return handoffs.offered(cases.renewed(case), what)


def suppress(case: Case, why: str, by: User | None) -> None:
    """The person and their number are not called again, by anybody, for any lead."""
    marks = [(DoNotCall.Kind.PERSON, str(case.lead.person.public_id))]
    if case.addresses.get("phone"):
        marks.append((DoNotCall.Kind.PHONE, case.addresses["phone"]))
    DoNotCall.objects.bulk_create(
        [DoNotCall(kind=kind, value=value, reason=why[:160], added_at=case.at, added_by=by) for kind, value in marks],
        ignore_conflicts=True,
    )
