"""Where leads come from: connected systems with their tokens, raw input, own fields, imports and their faults."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from config.accounts.models import token_hash
from config.web.ids import uuid7
from leads.models.lead import Lead
from leads.models.opportunity import Opportunity


class IntakeSource(models.Model):
    """A connected system that may send leads and activities. Only the hash of its token is kept."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    default_lead_source = models.CharField(
        max_length=60, blank=True, help_text="The lead's source where the system does not say."
    )
    visit_key = models.CharField(
        max_length=40, unique=True, null=True, blank=True, editable=False
    )  # public: stands in the pages of the company's own site, and may send nothing but visits
    visit_origins = models.JSONField(
        default=list,
        blank=True,
        help_text='Sites whose pages may send visits: ["https://www.example.com"].',
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def issue_token(self) -> str:
        """Give the source a new token; the old one stops working. Returns the clear text, which is kept nowhere."""
        token = "hs_" + secrets.token_urlsafe(32)
        self.token_hash = token_hash(token)
        self.save(update_fields=["token_hash"])
        return token

    def issue_visit_key(self) -> str:
        """Give the source a new key for visits from browsers; the old one stops working."""
        self.visit_key = "hv_" + secrets.token_urlsafe(18)
        self.save(update_fields=["visit_key"])
        return self.visit_key


class KeyPage(models.Model):
    """Which deed a visit to a page is: visits are told by the beginning of the page's path, the longest that fits."""

    path = models.CharField(max_length=200, unique=True, help_text="The beginning of the path, such as /pricing.")
    type = models.SlugField(max_length=60, help_text="The type of activity it counts as, such as pricing_page.")

    class Meta:
        ordering = ("path",)

    def __str__(self) -> str:
        return f"{self.path}: {self.type}"


class IntakeKey(models.Model):
    """What a source has sent, once per external id, with the raw input as it came."""

    class Kind(models.TextChoices):
        LEAD = "lead", "Lead"
        ACTIVITY = "activity", "Activity"
        OPPORTUNITY = "opportunity", "Opportunity"
        USAGE = "usage", "Product usage"
        VISIT = "visit", "Visit"

    source = models.ForeignKey(IntakeSource, on_delete=models.PROTECT, related_name="keys", db_index=False)
    kind = models.CharField(max_length=11, choices=Kind)
    external_id = models.CharField(max_length=120)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, null=True, related_name="intake_keys")
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, null=True, related_name="intake_keys")
    raw = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["source", "kind", "external_id"], name="leads_intake_once")]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.external_id}"


class CustomField(models.Model):
    """A field of a connected system, usable in segments, definitions, scores and routes as `attributes.<key>`."""

    class Holder(models.TextChoices):
        LEAD = "lead", "Lead"
        PERSON = "person", "Person"
        COMPANY = "company", "Company"

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        YES_NO = "yes_no", "Yes or no"
        DATE = "date", "Date"

    holder = models.CharField(max_length=7, choices=Holder, default=Holder.LEAD)
    key = models.CharField(
        max_length=80,
        validators=[
            RegexValidator(
                r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$", "As the other system calls it."
            )
        ],
    )
    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.TEXT)
    blank_words = models.JSONField(default=list, blank=True, help_text='Words that mean "not filled", such as Select.')

    class Meta:
        ordering = ("holder", "label")
        constraints = [models.UniqueConstraint(fields=["holder", "key"], name="leads_custom_field_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def path(self) -> str:
        """The name under which criteria know it."""
        prefix = "" if self.holder == self.Holder.LEAD else f"{self.holder}_"
        return f"{prefix}attributes.{self.key}"


def import_path(run: ImportRun, file_name: str) -> str:
    return f"imports/{run.public_id}"


class ImportRun(models.Model):
    """One file brought in: what it is, how it was read, how far it has come, what went in and what did not.

    `line` is the last line of the file that has been dealt with. It moves in the transaction that writes the rows, so
    that a run whose worker died goes on where it stopped. `claim` names the worker that may move it.
    """

    class Kind(models.TextChoices):
        LEADS = "leads", "Leads"
        DEALS = "deals", "Opportunities and deals"
        ACTIVITIES = "activities", "Activities and visits"
        ATTEMPTS = "attempts", "Calls and other attempts"
        COSTS = "costs", "Campaign costs"
        COMPANIES = "companies", "Companies"
        PRODUCTS = "products", "Products"
        MEMBERS = "members", "Team members"

    class State(models.TextChoices):
        DRAFT = "draft", "Being prepared"
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.LEADS)
    source = models.ForeignKey(IntakeSource, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=200)
    file = models.FileField(upload_to=import_path, blank=True)  # kept until the run is done
    format = models.CharField(max_length=40, blank=True)  # the known export it was recognised as
    layout = models.JSONField(default=dict)  # encoding, delimiter, headers and what each column holds
    mapping = models.JSONField(default=dict)
    all_or_nothing = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    problem = models.TextField(blank=True)  # why it failed as a whole
    checked = models.JSONField(default=dict)  # what the dry run found
    checked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    line = models.PositiveIntegerField(default=0)
    claim = models.UUIDField(null=True, editable=False)
    beat_at = models.DateTimeField(null=True, editable=False)
    rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    notes = models.JSONField(default=dict)  # how often something else was made or changed on the way

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(
                fields=["beat_at"], condition=models.Q(state__in=("waiting", "running")), name="leads_import_unfinished"
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportFault(models.Model):
    """What is wrong with one row: its line in the file, the column, the reason, and the row as it came."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="faults")
    line = models.PositiveIntegerField()
    field = models.CharField(max_length=80, blank=True)
    message = models.CharField(max_length=400)
    raw = models.JSONField(default=dict)

    class Meta:
        ordering = ("line", "id")

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"
