"""Campaigns and what they cost, month by month."""

from __future__ import annotations

from django.db import models

from config.web.ids import uuid7


class Campaign(models.Model):
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    key = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=60, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class CampaignCost(models.Model):
    """Money spent on a campaign in a month, in the company's currency and in the currency it was paid in."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="costs", db_index=False)
    month = models.DateField(help_text="The first day of the month.")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    base_amount = models.DecimalField(max_digits=14, decimal_places=2)
    rate = models.DecimalField(max_digits=14, decimal_places=6, default=1)
    rate_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering = ("-month",)
        constraints = [
            models.UniqueConstraint(fields=["campaign", "month"], name="leads_campaign_cost_once_a_month"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="leads_cost_month_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.month:%Y-%m}: {self.amount} {self.currency}"
