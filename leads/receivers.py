"""What leads do when a clock steps, and when something happened that people should be told of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from config.accounts.choices import PresenceState
from config.accounts.models import User
from config.accounts.services.presence import presence_changed
from leads.fields import known_fields, label_of
from leads.models import CallingRule
from leads.services import claiming, escalation, vocabulary, windows
from sla.models import Clock, ClockEvent, Closing
from sla.services import versions
from sla.signals import clock_stepped
from sla.words.taxonomy import name_fields_by

versions.known_fields = known_fields
versions.deeds_done = vocabulary.deeds_done


def _within_a_sentence(name: str) -> str:
    """A field's name as it stands inside a sentence: "job title", "E-mail domain" as "e-mail domain"."""
    label = label_of(name)
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


name_fields_by(_within_a_sentence)


@receiver(clock_stepped, dispatch_uid="leads.escalation")
def on_clock_stepped(clock: Clock, event: ClockEvent, at: datetime, **_: Any) -> str:
    return escalation.act(clock, event, at)


@receiver(presence_changed, dispatch_uid="leads.away")
def on_presence_changed(user: User, state: str, at: datetime, **_: Any) -> None:
    """Who goes on a break, or home, holds no lead."""
    if state in (PresenceState.BREAK, PresenceState.OFFLINE):
        claiming.let_go_of_all(user, at)


@receiver(post_save, sender=CallingRule, dispatch_uid="leads.rule_changed")
@receiver(post_delete, sender=CallingRule, dispatch_uid="leads.rule_removed")
def on_calling_rule_changed(instance: CallingRule, **_: Any) -> None:
    """Leads that wait become callable by the rule as it now stands."""
    windows.refresh(timezone.now(), country=instance.country or None)


@receiver(post_save, sender=Closing, dispatch_uid="leads.closing_changed")
@receiver(post_delete, sender=Closing, dispatch_uid="leads.closing_removed")
def on_closing_changed(instance: Closing, **_: Any) -> None:
    windows.refresh(timezone.now(), team_id=instance.team_id)
