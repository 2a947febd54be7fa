"""How customers-to-be use the product: counted by day, rolled up to the company."""

from __future__ import annotations

from django.db import models

from leads.models.people import Company


class UsageKind(models.TextChoices):
    ACTIVATION = "activation", "Activation"  # got to know what the product is for
    DEPTH = "depth", "Depth"  # used it
    EXPANSION = "expansion", "Expansion"  # invited others, reached a limit, asked for more


class UsageDay(models.Model):
    """What one user of a company did in the product on one day, event by event. `user_key` is the product's own id of
    the user, or the person's public id where it told us the address; "" for the company itself."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="usage_days", db_index=False)
    day = models.DateField()
    user_key = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=UsageKind)
    times = models.PositiveIntegerField(default=1)
    quantity = models.IntegerField(null=True)  # the latest figure sent with it, such as seats

    class Meta:
        ordering = ("-day",)
        constraints = [
            models.UniqueConstraint(fields=["company", "day", "user_key", "name"], name="leads_usage_once_a_day")
        ]
        indexes = [models.Index(fields=["day"], name="leads_usage_by_day")]

    def __str__(self) -> str:
        return f"{self.name} {self.day}"


class CompanyUsage(models.Model):
    """The roll-up of a company's use as of `counted_on`: the facts that criteria know as `company_usage.…`."""

    company = models.OneToOneField(Company, on_delete=models.CASCADE, primary_key=True, related_name="usage")
    active_users_7d = models.PositiveIntegerField(default=0)
    active_users_30d = models.PositiveIntegerField(default=0)
    active_days_30d = models.PositiveIntegerField(default=0)
    events_30d = models.PositiveIntegerField(default=0)
    features_30d = models.PositiveIntegerField(default=0)
    activated_users = models.PositiveIntegerField(default=0)
    expansions_90d = models.PositiveIntegerField(default=0)
    seats = models.PositiveIntegerField(null=True)
    first_used_on = models.DateField(null=True)
    last_used_on = models.DateField(null=True)
    counted_on = models.DateField()

    class Meta:
        verbose_name_plural = "company usage"
        indexes = [models.Index(fields=["last_used_on"], name="leads_usage_by_last_day")]

    def __str__(self) -> str:
        return f"{self.company_id}: {self.active_users_30d} active users"
