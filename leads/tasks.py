"""Scheduled work on leads: thin wrappers that give the services their `now`."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from config.accounts.services import presence
from config.celery import app
from config.outbox.health import heartbeat
from leads.imports import preparing
from leads.services import (
    admission,
    attempts,
    audit,
    callbacks,
    claiming,
    feedback,
    merging,
    next_steps,
    nurture,
    rescoring,
    usage,
    watching,
    windows,
)


@app.task(name="leads.tasks.settle_attempts")
def settle_attempts() -> None:
    with heartbeat("settle_attempts") as beat:
        beat.handled = attempts.settle_due(timezone.now())


@app.task(name="leads.tasks.renew_queue")
def renew_queue() -> None:
    """Free lapsed leases, attend to callbacks, renew callable windows at their edges."""
    with heartbeat("renew_queue") as beat:
        now = timezone.now()
        beat.handled = claiming.lapse(now) + callbacks.attend(now) + windows.renew(now)


@app.task(name="leads.tasks.sweep_presence")
def sweep_presence() -> None:
    """Note as offline whoever fell silent."""
    with heartbeat("sweep_presence") as beat:
        beat.handled = presence.sweep(timezone.now())


@app.task(name="leads.tasks.return_from_nurture")
def return_from_nurture() -> None:
    with heartbeat("return_from_nurture") as beat:
        beat.handled = nurture.return_due(timezone.now())


@app.task(name="leads.tasks.remind_of_next_steps")
def remind_of_next_steps() -> None:
    """Remind of the next steps of opportunities that are due today or have gone by."""
    with heartbeat("remind_of_next_steps") as beat:
        beat.handled = next_steps.remind(timezone.now())


@app.task(name="leads.tasks.audit_leads")
def audit_leads() -> None:
    """Prove that no lead fell through the cracks; alarm whoever runs the portal where one did."""
    with heartbeat("audit_leads") as beat:
        _, findings = audit.record(timezone.now())
        beat.handled = len(findings)
        for finding in findings:
            if not finding.clean:
                beat.failed(f"{finding.rule.key}: {finding.count} leads, such as {', '.join(finding.examples[:3])}")


@app.task(name="leads.tasks.rescore_versions")
def rescore_versions() -> None:
    """Score the open leads of a segment by the rules that have come into force."""
    with heartbeat("rescore_versions") as beat:
        beat.handled = rescoring.renew(timezone.now(), beat)


@app.task(name="leads.tasks.rescore_decayed")
def rescore_decayed() -> None:
    """Score anew what time has changed."""
    with heartbeat("rescore_decayed") as beat:
        beat.handled = rescoring.decay(timezone.now(), beat)


@app.task(name="leads.tasks.admit_leads")
def admit_leads() -> None:
    """Hand over leads that new rules have lifted over the threshold, when their turn comes."""
    with heartbeat("admit_leads") as beat:
        beat.handled = admission.admit_due(timezone.now(), beat)


@app.task(name="leads.tasks.tell_score_watchers")
def tell_score_watchers() -> None:
    with heartbeat("tell_score_watchers") as beat:
        beat.handled = watching.tell_watchers(timezone.now())


@app.task(name="leads.tasks.propose_duplicates")
def propose_duplicates() -> None:
    with heartbeat("propose_duplicates") as beat:
        beat.handled = merging.propose_likely(timezone.now())


@app.task(name="leads.tasks.recount_usage")
def recount_usage() -> None:
    """Windows of thirty days move on by themselves."""
    with heartbeat("recount_usage") as beat:
        beat.handled = usage.recount_all(timezone.now())


IMPORT_SLICE = timedelta(seconds=20)  # then the worker is free for what is due, and the next tick goes on


@app.task(name="leads.tasks.carry_imports")
def carry_imports() -> None:
    """Bring in files that people uploaded, a slice at a time."""
    with heartbeat("carry_imports") as beat:
        now = timezone.now()
        beat.handled = preparing.carry_on(now, now + IMPORT_SLICE) + preparing.tidy(now)


@app.task(name="leads.tasks.propose_changes")
def propose_changes() -> None:
    """Draft changes of definitions where one reason takes too large a share of a source's handoffs."""
    with heartbeat("propose_changes") as beat:
        beat.handled = feedback.propose(timezone.now())
