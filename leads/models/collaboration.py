"""Comments and files on a lead."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from config.web.ids import uuid7
from leads.models.lead import Lead


class LeadComment(models.Model):
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="mentioned_in")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at",)

    def __str__(self) -> str:
        return self.text[:60]


def attachment_path(attachment: LeadFile, file_name: str) -> str:
    return f"leads/{attachment.public_id}"


class LeadFile(models.Model):
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="files")
    file = models.FileField(upload_to=attachment_path)
    name = models.CharField(max_length=160)
    size = models.PositiveIntegerField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-added_at",)

    def __str__(self) -> str:
        return self.name
