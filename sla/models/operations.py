"""What changes daily outside the signed terms."""

from django.db import models

from config.accounts.models import Team


class Closing(models.Model):
    """An exceptional closing of a team's desk. Clocks started while it is known do not count these hours."""

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, help_text="Leave empty to close every team."
    )
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    reason = models.CharField(max_length=120)

    class Meta:
        ordering = ("-from_at",)
        constraints = [
            models.CheckConstraint(condition=models.Q(until_at__gt=models.F("from_at")), name="sla_closing_has_length")
        ]

    def __str__(self) -> str:
        return f"{self.team or 'Everybody'} closed {self.from_at:%F %H:%M} to {self.until_at:%F %H:%M}"
