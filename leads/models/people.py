"""Companies, people and the addresses they are reached at. Personal data stands here and nowhere else."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models.functions import Reverse
from django.utils import timezone

from config.accounts.models import validate_time_zone
from config.web.ids import uuid7


class Company(models.Model):
    """An account. Found by its normalised domain; without one, by nothing: two nameless rows never merge by themselves."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=160)
    domain = models.CharField(max_length=253, unique=True, null=True, blank=True)
    industry = models.CharField(max_length=80, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    revenue = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=80, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="accounts"
    )
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    search = models.GeneratedField(
        expression=SearchVector("name", "domain", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "companies"
        indexes = [
            GinIndex(fields=["search"], name="leads_company_search"),
            models.Index(fields=["name", "id"], name="leads_company_by_name"),
        ]

    def __str__(self) -> str:
        return self.name


class MailKind(models.TextChoices):
    COMPANY = "company", "Company address"
    FREE = "free", "Free provider"
    DISPOSABLE = "disposable", "Disposable"
    NONE = "", "None"


class ZoneOrigin(models.TextChoices):
    STATED = "stated", "as the lead said"
    PHONE = "phone", "from the phone number"
    COUNTRY = "country", "from the country"
    TEAM = "team", "as the team's, nothing else known"


class Person(models.Model):
    """A human being. Erasing one blanks this row and its contact points; the history keeps only ids."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    # What stands before the @ of the address they came with: what they are called until they give a name.
    handle = models.CharField(max_length=80, blank=True, editable=False)
    job_title = models.CharField(max_length=120, blank=True)
    seniority = models.CharField(max_length=40, blank=True)
    department = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)
    city = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=8, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_time_zone])
    time_zone_origin = models.CharField(max_length=8, choices=ZoneOrigin, blank=True)
    mail_kind = models.CharField(max_length=10, choices=MailKind, blank=True, default=MailKind.NONE)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, blank=True, related_name="people")
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from")
    search = models.GeneratedField(
        expression=SearchVector("first_name", "last_name", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ("last_name", "first_name")
        verbose_name_plural = "people"
        indexes: ClassVar = [GinIndex(fields=["search"], name="leads_person_search")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        if self.erased_at:
            return "Erased person"
        return f"{self.first_name} {self.last_name}".strip() or self.handle or "Unnamed person"


class ContactKind(models.TextChoices):
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"


class ContactPoint(models.Model):
    """An address or number, as given and normalised. One normalised value belongs to one person."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contact_points", db_index=False)
    kind = models.CharField(max_length=5, choices=ContactKind)
    value = models.CharField(max_length=254)
    normalised = models.CharField(max_length=254)
    is_primary = models.BooleanField(default=True)
    is_workable = models.BooleanField(default=True)
    unworkable_reason = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("kind", "-is_primary", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "normalised"],
                condition=models.Q(kind=ContactKind.EMAIL),
                name="leads_email_once",
            ),
            models.UniqueConstraint(fields=["person", "kind", "normalised"], name="leads_contact_once_a_person"),
        ]
        indexes = [
            models.Index(fields=["normalised"], opclasses=["varchar_pattern_ops"], name="leads_contact_by_value"),
            # A number is often known by its end only: without its country's prefix, or as an extension.
            models.Index(
                OpClass(Reverse("normalised"), name="text_pattern_ops"),
                condition=models.Q(kind=ContactKind.PHONE),
                name="leads_contact_by_end",
            ),
        ]

    def __str__(self) -> str:
        return self.value


class LawfulBasis(models.TextChoices):
    CONSENT = "consent", "Consent"
    CONTRACT = "contract", "Contract"
    INTEREST = "interest", "Legitimate interest"


class Consent(models.Model):
    """On what basis a person may be contacted by a channel; the latest row of a channel counts."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=5, choices=ContactKind)
    basis = models.CharField(max_length=8, choices=LawfulBasis)
    granted = models.BooleanField(default=True)
    source = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.get_basis_display()} for {self.channel}"
