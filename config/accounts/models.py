"""Who works here: users who sign in by e-mail, teams with a function, memberships with a role, presence, absences."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import JSONObject, Lower
from django.utils import timezone

from config.accounts.choices import Function, PresenceState, Role
from config.web.ids import uuid7


def validate_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(f"{value!r} is not a time zone of the IANA database.")


class UserQuerySet(models.QuerySet["User"]):
    def with_memberships(self) -> UserQuerySet:
        """Each user carries `membership_rows`, so that a request knows its actor from one query."""
        rows = (
            Membership.objects.filter(user=models.OuterRef("pk"), is_active=True, team__is_active=True)
            .order_by("team__name")
            .values(
                row=JSONObject(id="pk", team_id="team_id", team="team__name", function="team__function", role="role")
            )
        )
        return self.annotate(membership_rows=ArraySubquery(rows))

    def working_in(self, function: str) -> UserQuerySet:
        return self.filter(is_active=True, memberships__is_active=True, memberships__team__function=function).distinct()


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normalise_email(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_superuser=True, **fields)


def normalise_email(email: str) -> str:
    """Lower-cased and trimmed: the form in which addresses are compared and stored. The domain becomes ASCII."""
    email = email.strip().lower()
    local, _, domain = email.rpartition("@")
    if not local:
        return email
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    return f"{local}@{domain}"


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail. What they may do follows from their memberships."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="Europe/Berlin", validators=[validate_time_zone])
    theme = models.CharField(
        max_length=5,
        default="auto",
        choices=[("auto", "As the system"), ("light", "Light"), ("dark", "Dark")],
    )
    phone = models.CharField(max_length=32, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    # Set by `with_memberships()`: the active memberships as plain rows.
    membership_rows: list[dict[str, Any]]

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = normalise_email(self.email)
        super().save(*args, **kwargs)

    @property
    def initials(self) -> str:
        words = self.name.split() or [self.email]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    @property
    def is_staff(self) -> bool:
        """Whether the admin opens: for managers and admins of any team. Which rows they may touch is asked per model."""
        rows: list[dict[str, Any]] | None = getattr(self, "membership_rows", None)
        if rows is None:
            rows = [dict(row) for row in self.memberships.filter(is_active=True).values("role")]
        return self.is_superuser or any(row["role"] in (Role.MANAGER, Role.ADMIN) for row in rows)


class Team(models.Model):
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=80, unique=True)
    function = models.CharField(max_length=24, choices=Function)
    time_zone = models.CharField(max_length=64, default="Europe/Berlin", validators=[validate_time_zone])
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> MembershipQuerySet:
        return self.filter(is_active=True, user__is_active=True, team__is_active=True)

    def managers_of(self, team_ids: list[int]) -> MembershipQuerySet:
        return self.active().filter(team_id__in=team_ids, role__in=(Role.MANAGER, Role.ADMIN))


class Membership(models.Model):
    """One person in one team. A person may belong to several; history stays because rows are switched off, not deleted."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role, default=Role.REP)
    weekly_capacity = models.PositiveIntegerField(
        default=50, help_text="New leads this person can follow up in a week; 0 takes none."
    )
    is_active = models.BooleanField(default=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("team__name", "user__name")
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="accounts_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.team}"


class Presence(models.Model):
    """What a person is doing now. `seen_at` is renewed by open pages; a page that falls silent means offline."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="presence")
    state = models.CharField(max_length=10, choices=PresenceState, default=PresenceState.OFFLINE)
    reason = models.CharField(max_length=40, blank=True)
    since_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user}: {self.get_state_display()}"


class PresenceChange(models.Model):
    """Append-only: each spell of a presence state, for a person's own day and for staffing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="presence_changes", db_index=False)
    state = models.CharField(max_length=10, choices=PresenceState)
    reason = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at",)
        indexes = [models.Index(fields=["user", "at"], name="accounts_presence_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.state} {self.at:%F %T}"


class Absence(models.Model):
    """A person is away: no new leads, and their own clocks do not count these hours."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("from_at",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_at__gt=models.F("from_at")), name="accounts_absence_has_length"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} away {self.from_at:%F} to {self.until_at:%F}"

    @property
    def last_moment(self) -> datetime:
        """The last instant of the absence: its day is the last one away."""
        return self.until_at - timedelta(microseconds=1)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    """Lets a program act as a user. Only the hash is kept; the token is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("label",)
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.label

    @classmethod
    def issue(cls, user: User, label: str, *, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
        """Make a token; returns the row and the clear text, which exists nowhere else."""
        row = cls(user=user, label=label, expires_at=expires_at)
        token = row.renew()
        row.save()
        return row, token

    def renew(self) -> str:
        """Give an unsaved row its token; returns the clear text."""
        token = "hu_" + secrets.token_urlsafe(32)
        self.token_hash = token_hash(token)
        return token
