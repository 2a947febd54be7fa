"""What a clock's step asks for: tell the owner, the manager or the giver, pass the lead on, or pull it back.

Called for each step once, inside the transaction that marks it as handled. Who is told twice for one step is told
once: every notice has a key of clock, step and person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils import timezone

from config.accounts.choices import PresenceState, Role
from config.accounts.models import Membership, User
from config.notices.kinds import register_kind
from config.notices.models import Urgency
from config.notices.services.notices import Action, tell
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Refusal
from config.web.wording import local
from leads.models import Handoff, QueueItem
from leads.services import contests, handoffs, routing
from sla.metrics import METRICS
from sla.models import Clock, ClockEvent
from sla.models.clock import BREACH, OPEN_STATES
from sla.services.compiling import terms_by_id
from sla.terms import CommitmentTerms
from sla.timing import percent_of

for code, label in (
    ("clock_warned", "A promise comes near its time, or is passed on"),
    ("clock_breached", "A promise was not kept in time"),
):
    register_kind(code, label, group="Clocks")


def act(clock: Clock, event: ClockEvent, at: datetime) -> str:
    """Do what one step asks for, and say what came of it where that is not plain; "" else. A clock that has ended meanwhile
    asks for nothing more; its breach is still told."""
    handoff = (
        Handoff.objects.select_related("lead__person", "lead__company", "to_team", "from_team", "to_user", "from_user")
        .filter(pk=clock.subject)
        .first()
    )
    if handoff is None:
        return ""
    if clock.kind == "contest" and percent_of(event.step) >= 100:
        contests.lapse(handoff.pk)  # silence lets a rejection stand: nobody is late, nobody is told
        return ""
    action = BREACH if event.step == BREACH else event.step.partition(":")[2]
    if action != BREACH and clock.state not in OPEN_STATES:
        return "over by then"
    return ACTIONS[action](clock, event, handoff, at) or ""


def commitment_of(clock: Clock) -> CommitmentTerms:
    return terms_by_id(clock.version_id).commitment(clock.commitment)


# --- telling -------------------------------------------------------------------------------------------------------


def _tell_owner(clock: Clock, event: ClockEvent, handoff: Handoff, at: datetime) -> None:
    if event.speaks and not _told_by_the_breach(clock, event):
        _tell(givers(handoff) if clock.kind == "contest" else owners(handoff, at), clock, event, handoff, at)


def _told_by_the_breach(clock: Clock, event: ClockEvent) -> bool:
    """The breach of the same instant tells who holds the lead and the managers; nobody hears of it twice."""
    return clock.kind != "contest" and event.at == clock.breaches_at


def _tell_manager(clock: Clock, event: ClockEvent, handoff: Handoff, at: datetime) -> None:
    if event.speaks and not _told_by_the_breach(clock, event):
        _tell(managers_of([handoff.to_team_id]), clock, event, handoff, at)


def _tell_giver(clock: Clock, event: ClockEvent, handoff: Handoff, at: datetime) -> None:
    if event.speaks:
        _tell(givers(handoff), clock, event, handoff, at)


def _breached(clock: Clock, event: ClockEvent, handoff: Handoff, at: datetime) -> None:
    """A broken promise is told to who holds the lead and to both sides' managers."""
    people = {user.pk: user for user in owners(handoff, at)}
    for manager in managers_of([handoff.to_team_id, *giver_teams(handoff)]):
        people[manager.pk] = manager
    _tell(people.values(), clock, event, handoff, at)
    publish(
        News(
            "clock.breached",
            str(handoff.public_id),
            event.at,
            {"commitment": clock.commitment, "kind": clock.kind, "lead": str(handoff.lead.public_id)},
            teams=[handoff.to_team_id, *giver_teams(handoff)],
        )
    )


def _tell(people: Iterable[User], clock: Clock, event: ClockEvent, handoff: Handoff, at: datetime) -> None:
    commitment = commitment_of(clock)
    person, company = handoff.lead.person.name, handoff.lead.company
    who = f"{person}, {company.name}" if company else person
    title = title_of(commitment, event, who)
    offers = clock.kind == "decision" and handoff.state == "offered"
    deciders = {user.pk for user in receivers(handoff)} if offers else set()
    for (zone, decides), readers in _alike(people, deciders).items():
        tell(
            readers,
            kind="clock_breached" if event.step == BREACH else "clock_warned",
            urgency=Urgency.NOW,
            title=title,
            body=body_of(commitment, clock, event, zone),
            url=f"/handoffs/{handoff.public_id}/",
            dedupe_key=f"clock:{clock.pk}:{event.step}",
            subject=str(handoff.lead.public_id),
            actions=_decisions(handoff) if decides else (),
            at=at,
        )


def _alike(people: Iterable[User], deciders: set[int]) -> dict[tuple[str, bool], list[User]]:
    """Who reads times in which zone, and may decide on the lead or may not."""
    found: dict[tuple[str, bool], list[User]] = {}
    for user in people:
        found.setdefault((user.time_zone, user.pk in deciders), []).append(user)
    return found


def _decisions(handoff: Handoff) -> tuple[Action, ...]:
    subject = str(handoff.public_id)
    return Action("Accept", "accept_handoff", subject), Action("Reject", "reject_handoff", subject)


def receivers(handoff: Handoff) -> list[User]:
    """Who is to decide on it: its owner, else the team, and the team's managers. Admins may too, and need no button."""
    seats = Membership.objects.active().filter(team_id=handoff.to_team_id).select_related("user")
    mine = [seat.user for seat in seats if seat.role == Role.MANAGER or handoff.to_user_id is None]
    return list({user.pk: user for user in [*mine, *([handoff.to_user] if handoff.to_user else [])]}.values())


def title_of(commitment: CommitmentTerms, event: ClockEvent, who: str) -> str:
    if event.step == BREACH:
        return f"Late: {commitment.name} for {who}"
    return f"{percent_of(event.step)} % of the time gone: {commitment.name} for {who}"


def body_of(commitment: CommitmentTerms, clock: Clock, event: ClockEvent, zone: str) -> str:
    label = METRICS[commitment.metric].label
    if event.step == BREACH:
        return f"{label}: the agreed time is up. Please act, or name the cause."
    if clock.due_at is None:
        return label
    with timezone.override(zone):
        return f"{label}: due {local(clock.due_at)}."


def owners(handoff: Handoff, at: datetime) -> list[User]:
    """Who holds the lead now: its owner, who has claimed it or for whom it is kept. A lead that waits in a queue is that of
    the rep who has been free longest and has not skipped it, for everybody else has another in hand or is away; where
    nobody is free, the managers must know. One without a queue is the whole team's."""
    if handoff.to_user is not None:
        return [handoff.to_user]
    item = QueueItem.objects.select_related("claimed_by", "reserved_for").filter(pk=handoff.pk).first()
    if item is not None and item.claimed_by is not None:
        return [item.claimed_by]
    if item is not None and item.reserved_for is not None and item.reserved_until and item.reserved_until > at:
        return [item.reserved_for]
    members = Membership.objects.active().filter(team_id=handoff.to_team_id, role=Role.REP).select_related("user")
    if item is None:
        return [member.user for member in members]
    free = members.filter(
        user__presence__state=PresenceState.AVAILABLE, user__presence__seen_at__gt=at - routing.SEEN
    ).exclude(user__in=QueueItem.objects.filter(claimed_by__isnull=False).values("claimed_by"))
    if item.skipped_until is not None and item.skipped_until > at:
        free = free.exclude(user__in=item.skipped_by)
    longest = free.order_by("user__presence__since_at", "pk").first()
    return [longest.user] if longest is not None else managers_of([handoff.to_team_id])


def givers(handoff: Handoff) -> list[User]:
    """Who answers for what was handed over: the person who gave it, else the managers of the side that did."""
    return [handoff.from_user] if handoff.from_user else managers_of(giver_teams(handoff))


def giver_teams(handoff: Handoff) -> list[int]:
    """The giver's team; marketing hands over by its definitions, so there every marketing team is the giver."""
    if handoff.from_team_id is not None:
        return [handoff.from_team_id]
    teams = Membership.objects.active().filter(team__function=handoff.from_function)
    return list(teams.values_list("team_id", flat=True).distinct())


def managers_of(team_ids: list[int]) -> list[User]:
    members = Membership.objects.managers_of(team_ids).select_related("user")
    return list({member.user_id: member.user for member in members}.values())


# --- moving --------------------------------------------------------------------------------------------------------


def _reassign(clock: Clock, event: ClockEvent, handoff: Handoff, at: datetime) -> str:
    """To the colleague with the most free capacity; a lead in a queue loses its claim and stays first in line. Where there
    is nobody to pass it to, the managers are told: someone has to do something."""
    if not handoff.is_open:
        return "over by then"
    managers = managers_of([handoff.to_team_id])
    item = (
        QueueItem.objects.select_for_update(of=("self",), no_key=True)
        .select_related("claimed_by")
        .filter(pk=handoff.pk)
        .first()
    )
    if item is not None and item.claimed_by is not None:
        from leads.services import queueing

        holder = item.claimed_by.name
        queueing.release(item, at, "moved")
        return f"{holder} had it in hand; it is back in the queue"
    if item is not None:
        _tell(managers, clock, event, handoff, at)
        return f"nobody had taken it from the queue; told {_names(managers)}"
    chosen = routing.candidates(handoff.to_team_id, at).exclude(user_id=handoff.to_user_id).first()
    if chosen is None:
        _tell(managers, clock, event, handoff, at)
        return f"nobody else has capacity; told {_names(managers)}"
    handoffs.reassign(handoff.pk, to_user=chosen.user, by=None, at=at, cause="escalated")
    _tell([chosen.user], clock, event, handoff, at)
    return f"passed to {chosen.user.name}"


def _names(people: list[User]) -> str:
    return ", ".join(person.name for person in people) or "nobody, for the team has no manager"


def _pull_back(clock: Clock, event: ClockEvent, handoff: Handoff, at: datetime) -> str:
    """An offer nobody decided on goes back to who gave it. What was decided meanwhile stays."""
    try:
        handoffs.expire(handoff.pk, at=at)
    except (Conflict, Refusal):
        return "decided by then"
    return "pulled back"


ACTIONS: dict[str, Callable[[Clock, ClockEvent, Handoff, datetime], str | None]] = {
    BREACH: _breached,
    "tell_owner": _tell_owner,
    "tell_manager": _tell_manager,
    "tell_giver": _tell_giver,
    "reassign": _reassign,
    "pull_back": _pull_back,
}
