"""Read the environment once, loudly: every variable the portal knows is read here or in `config/settings.py`."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.core.exceptions import ImproperlyConfigured
from kombu.transport import TRANSPORT_ALIASES
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("HANDOFF_VAR") or ROOT / "var").absolute()

LOCAL, PRODUCTION = "local", "production"
DATABASE_BROKER = "database+"
PREPARE_AFTER = 5  # runs of a statement whose values the server binds, until it is kept ready
TRANSPORT_ALIASES["database"] = "config.embedded.broker:Transport"  # kombu takes only short names from a URL


def mode() -> str:
    """`local` (make run, make test) or `production`; anything else is a mistake worth stopping for."""
    value = os.environ.get("HANDOFF_MODE", PRODUCTION)
    if value not in (LOCAL, PRODUCTION):
        raise ImproperlyConfigured(f"HANDOFF_MODE is {value!r}; it must be 'local' or 'production'.")
    return value


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def secret(name: str, local: str) -> str:
    """The variable's value; `local` stands in on a developer's machine, never in production."""
    value = text(name)
    if value:
        return value
    if mode() == PRODUCTION:
        raise ImproperlyConfigured(f"{name} is not set. It is a secret and has no default in production.")
    return local


def flag(name: str, *, default: bool = False) -> bool:
    value = text(name).lower()
    if value in ("", "default"):
        return default
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be yes or no.")


def number(name: str, default: int) -> int:
    value = text(name)
    if not value:
        return default
    if not value.isdigit():
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(url: str, *, pool_size: int, prepare: bool = True) -> dict[str, Any]:
    """Django's settings for a libpq URL such as `postgresql://user:password@host:5432/name?sslmode=require`."""
    parts = dict(conninfo_to_dict(url))
    options: dict[str, Any] = {
        key: parts.pop(key) for key in list(parts) if key not in ("user", "password", "host", "port", "dbname")
    }
    options["prepare_threshold"] = PREPARE_AFTER if prepare else None
    if pool_size:
        options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname") or "handoff",
        "USER": parts.get("user") or "",
        "PASSWORD": parts.get("password") or "",
        "HOST": parts.get("host") or "",
        "PORT": str(parts.get("port") or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool_size else None,
        "CONN_HEALTH_CHECKS": not pool_size,
    }


def broker_on_database(url: str) -> str:
    """The queue on the same database (`config/embedded/broker.py`), its tables in a schema of their own."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    user, password = quote(parts.pop("user", ""), safe=""), quote(parts.pop("password", ""), safe="")
    credentials = f"{user}:{password}@" if password else f"{user}@" if user else ""
    name = quote(parts.pop("dbname", "handoff"), safe="")
    # Host and port as parameters: a folder of a socket, an IPv6 address and several hosts all fit there.
    query = urlencode(parts | {"options": f"{parts.get('options', '')} -csearch_path=broker".strip()})
    return f"{DATABASE_BROKER}postgresql+psycopg://{credentials}/{name}?{query}"
