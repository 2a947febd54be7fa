"""What the audit of all leads found, run by run: the proof that none fell through the cracks, on record."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditRun(models.Model):
    """Append-only. `findings` as [{"key", "count", "examples": [public ids]}, …], one for each rule that was asked."""

    at = models.DateTimeField()
    seconds = models.FloatField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    leads = models.BigIntegerField()
    findings = models.JSONField(default=list)
    broken = models.PositiveIntegerField(default=0)  # rules that some lead breaks

    class Meta:
        ordering = ("-at",)
        indexes = [models.Index(fields=["-at"], name="leads_audit_latest")]

    def __str__(self) -> str:
        return f"{self.at:%F %H:%M}: {'clean' if not self.broken else f'{self.broken} rules broken'}"
