"""The agreement in the admin: segments, closings, and drafts with everything that stands in them."""

from sla.admin import setup, versions

__all__ = ["setup", "versions"]
