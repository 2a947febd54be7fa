"""Terms that describe the work: parties, procedure, reasons, dispositions, cadences, questions, messages, FAQ, clauses."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from config.accounts.choices import Function
from config.accounts.models import Team
from sla.history import keep_history
from sla.models.taxonomy import frost
from sla.models.termrow import TermRow, once_per_version, validate_ranges, validate_texts
from sla.stages import CHOICES


@keep_history
class Party(TermRow):
    """A team function that is bound by the agreement, with what it is responsible for."""

    section: ClassVar[str] = "parties"

    function = models.CharField(max_length=24, choices=Function)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    responsibilities = models.TextField(blank=True)
    signs = models.BooleanField(default=True)

    class Meta(TermRow.Meta):
        verbose_name_plural = "parties"
        constraints = once_per_version("party")
        triggers = frost

    def to_term(self) -> dict[str, Any]:
        return super().to_term() | {
            "team": {"id": str(self.team.public_id), "name": self.team.name} if self.team else None
        }


@keep_history
class ProcedureStep(TermRow):
    """One step of the handoff procedure."""

    section: ClassVar[str] = "procedure"

    who = models.CharField(max_length=24, choices=Function, blank=True)
    text = models.TextField()

    class Meta(TermRow.Meta):
        constraints = once_per_version("procedure")
        triggers = frost


@keep_history
class Clause(TermRow):
    """A paragraph in people's own words."""

    section: ClassVar[str] = "clauses"

    heading = models.CharField(max_length=120)
    text = models.TextField()

    class Meta(TermRow.Meta):
        constraints = once_per_version("clause")
        triggers = frost


class ReasonKind(models.TextChoices):
    REJECT = "reject", "Reject"
    DISQUALIFY = "disqualify", "Disqualify"
    RECYCLE = "recycle", "Recycle"
    LOST = "lost", "Lost"


class NextPlace(models.TextChoices):
    NURTURE = "nurture", "Nurture, with a return date"
    GIVER = "giver", "Back to who handed it over"
    REROUTE = "reroute", "To the right owner, by the routes"
    CLOSED = "closed", "Closed"


@keep_history
class Reason(TermRow):
    """Why a lead is refused, ruled out, given back or lost, and what then becomes of it. Switched off, never deleted."""

    section: ClassVar[str] = "reasons"

    kind = models.CharField(max_length=10, choices=ReasonKind)
    label = models.CharField(max_length=100)
    goes_to = models.CharField(max_length=8, choices=NextPlace, default=NextPlace.NURTURE)
    return_after_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    counts_for = models.CharField(
        max_length=24, choices=Function, blank=True, help_text="Whose quality of work it counts for."
    )
    needs_note = models.BooleanField(default=False)
    needs_attribute = models.BooleanField(default=False, help_text="Names the attribute that is outside.")
    needs_evidence = models.BooleanField(default=False)
    suppresses_contact = models.BooleanField(default=False, help_text="The person is not called again.")
    is_active = models.BooleanField(default=True)

    class Meta(TermRow.Meta):
        constraints = once_per_version("reason")
        triggers = frost


class Effect(models.TextChoices):
    RETRY = "retry", "Try again later"
    CALLBACK = "callback", "Call back when agreed"
    NEXT_STEP = "next_step", "Ask for the next step"
    QUALIFY = "qualify", "Open the packet and hand over"
    RECYCLE = "recycle", "Back to nurture until a date"
    DISQUALIFY = "disqualify", "Close with a reason"
    OTHER_NUMBER = "other_number", "Find another number"
    SUPPRESS = "suppress", "Never call this number again"
    REROUTE = "reroute", "To a colleague"
    SKIP = "skip", "Back to the queue"


@keep_history
class Disposition(TermRow):
    """The outcome of one try to reach a lead: its flags say what it counts as, its effect what happens next."""

    section: ClassVar[str] = "dispositions"

    label = models.CharField(max_length=60)
    hotkey = models.CharField(max_length=1, blank=True, validators=[RegexValidator(r"^[a-z0-9]$")])
    human_answered = models.BooleanField(default=False)
    real_contact = models.BooleanField(default=False)
    counts_as_attempt = models.BooleanField(default=True)
    effect = models.CharField(max_length=12, choices=Effect)
    retry_minutes = models.PositiveIntegerField(null=True, blank=True)
    other_time_band = models.BooleanField(default=False)
    reason = models.SlugField(max_length=60, blank=True, help_text="Key of the reason it closes with.")
    is_active = models.BooleanField(default=True)

    class Meta(TermRow.Meta):
        constraints = [
            *once_per_version("disposition"),
            models.UniqueConstraint(
                fields=["version", "hotkey"],
                condition=~models.Q(hotkey="") & models.Q(is_active=True),
                name="sla_hotkey_once",
            ),
        ]
        triggers = frost


@keep_history
class Cadence(TermRow):
    """Spacing and number of tries, and where the lead goes when all were in vain."""

    section: ClassVar[str] = "cadences"

    name = models.CharField(max_length=80)
    function = models.CharField(max_length=24, choices=Function, default=Function.TELEQUALIFICATION)
    attempts = models.PositiveSmallIntegerField(default=6, validators=[MinValueValidator(1)])
    within_days = models.PositiveSmallIntegerField(default=14, validators=[MinValueValidator(1)])
    minimum_gap_minutes = models.PositiveIntegerField(
        default=30, help_text="Tries closer together than this count once."
    )
    time_bands = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_ranges],
        help_text='Parts of the day that tries rotate through: [["09:00", "12:00"], …].',
    )
    unreachable_reason = models.SlugField(max_length=60, blank=True, help_text="Key of a reason.")

    class Meta(TermRow.Meta):
        constraints = once_per_version("cadence")
        triggers = frost


@keep_history
class Question(TermRow):
    """A qualification question; the answers travel in the handoff packet."""

    section: ClassVar[str] = "questions"

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        CHOICE = "choice", "One of a list"
        NUMBER = "number", "Number"
        DATE = "date", "Date"
        YES_NO = "yes_no", "Yes or no"

    label = models.CharField(max_length=120)
    help_text = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TEXT)
    choices = models.JSONField(default=list, blank=True, validators=[validate_texts])
    is_required = models.BooleanField(default=False)
    fills_field = models.CharField(
        max_length=60, blank=True, help_text="A field of lead, person or company that the answer also fills."
    )

    class Meta(TermRow.Meta):
        constraints = once_per_version("question")
        triggers = frost


@keep_history
class KeyMessage(TermRow):
    """What we tell this kind of person at this stage: one message to the customer, whoever speaks."""

    section: ClassVar[str] = "messages"

    persona = models.SlugField(max_length=60, blank=True, help_text="Key of a persona; empty: everybody.")
    stage = models.CharField(max_length=12, choices=CHOICES, blank=True)
    text = models.TextField()

    class Meta(TermRow.Meta):
        constraints = once_per_version("message")
        triggers = frost


@keep_history
class Script(TermRow):
    """What a rep says, with the lead's data filled in: {first_name}, {company}, {job_title}, {source}, {rep}."""

    section: ClassVar[str] = "scripts"

    name = models.CharField(max_length=80)
    function = models.CharField(max_length=24, choices=Function, default=Function.TELEQUALIFICATION)
    stage = models.CharField(max_length=12, choices=CHOICES, blank=True)
    text = models.TextField()

    class Meta(TermRow.Meta):
        constraints = once_per_version("script")
        triggers = frost


@keep_history
class Faq(TermRow):
    section: ClassVar[str] = "faq"

    question = models.CharField(max_length=200)
    answer = models.TextField()

    class Meta(TermRow.Meta):
        verbose_name = "frequent question"
        constraints = once_per_version("faq")
        triggers = frost
