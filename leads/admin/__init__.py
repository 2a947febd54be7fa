"""What leads bring to the admin: the desk's queues and calling rules, and what connected systems may send."""

from leads.admin import desk, intake

__all__ = ["desk", "intake"]
