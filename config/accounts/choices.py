"""Functions, roles and presence states, each with its label and colour in one place."""

from django.db.models import TextChoices


class Function(TextChoices):
    """What a team does. The first four may be party to an agreement; management reads."""

    MARKETING = "marketing", "Marketing"
    TELEQUALIFICATION = "telequalification", "Telequalification"
    SALES = "sales", "Sales"
    BUSINESS_DEVELOPMENT = "business_development", "Business development"
    MANAGEMENT = "management", "Management"


class Role(TextChoices):
    REP = "rep", "Rep"
    MANAGER = "manager", "Manager"
    ADMIN = "admin", "Admin"


class PresenceState(TextChoices):
    AVAILABLE = "available", "Available"
    IN_CALL = "in_call", "In a call"
    WRAP_UP = "wrap_up", "Wrapping up"
    BREAK = "break", "On a break"
    OFFLINE = "offline", "Offline"


PRESENCE_COLOUR = {
    PresenceState.AVAILABLE: "green",
    PresenceState.IN_CALL: "blue",
    PresenceState.WRAP_UP: "azure",
    PresenceState.BREAK: "yellow",
    PresenceState.OFFLINE: "secondary",
}

BREAK_REASONS = ("Lunch", "Short break", "Meeting", "Training", "Technical problem")
