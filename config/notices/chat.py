"""Chat messages by Apprise, to the services that are chats.

Apprise also knows how to run a program, write a log or call any URL; what people enter in their preferences must not
reach those. So its classes are listed here, and only these are ever loaded. Where the server's name is the person's to
choose, it may not stand in the company's own network unless the portal allows that (`config/outbox/addresses.py`).
"""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from typing import Any

import apprise

from config.outbox.addresses import PrivateAddress, refuse_private

HOSTED = (
    ("slack", "NotifySlack"),
    ("discord", "NotifyDiscord"),
    ("google_chat", "NotifyGoogleChat"),
    ("webexteams", "NotifyWebexTeams"),
    ("telegram", "NotifyTelegram"),
    ("lark", "NotifyLark"),
)
OWN_HOST = (
    ("workflows", "NotifyWorkflows"),  # Microsoft Teams
    ("mattermost", "NotifyMattermost"),
    ("rocketchat", "NotifyRocketChat"),
    ("zulip", "NotifyZulip"),
)
EXAMPLES = "slack://…, workflows://… (Microsoft Teams), mmosts://… (Mattermost), gchat://… or discord://…"


class ChatFailed(Exception):
    """The service did not take the message; says why, as far as it did."""


def problem_with(address: str) -> str:
    """Why this chat address cannot be used, or an empty string."""
    service = _service(address)
    if service is None:
        return f"This is not the address of a chat. Use one such as {EXAMPLES}."
    try:
        _check_host(service)
    except PrivateAddress:
        return "This chat stands in the company's own network, which the portal may not reach."
    return ""


def send(address: str, title: str, body: str) -> None:
    """Send now; raises ChatFailed."""
    service = _service(address)
    if service is None:
        raise ChatFailed("The chat address is not usable any more.")
    try:
        _check_host(service)
    except PrivateAddress as refused:
        raise ChatFailed(str(refused)) from None
    service.redirects = False  # a redirect would lead past the check of the host
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:
        sent = service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)
        reasons = said.getvalue().strip()
    if not sent:
        raise ChatFailed(reasons or "The chat service did not take the message.")


def _service(address: str) -> Any | None:
    """The service an address means: Apprise's own form, or the https:// address that the service itself gives out."""
    address = address.strip().replace("/#", "/%23")
    scheme = address.partition("://")[0].lower()
    for plugin in _plugins(HOSTED + OWN_HOST):
        found = plugin.parse_native_url(address) if scheme == "https" else None
        if scheme in _schemes(plugin):
            found = plugin.parse_url(address)
        if found:
            try:
                return plugin(**found, asset=_asset())
            except TypeError:  # how Apprise says that a part is missing or malformed
                return None
    return None


@cache
def _plugins(names: tuple[tuple[str, str], ...]) -> tuple[Any, ...]:
    return tuple(getattr(import_module(f"apprise.plugins.{module}"), name) for module, name in names)


def _asset() -> apprise.AppriseAsset:
    return apprise.AppriseAsset(app_id="Handoff", app_desc="Handoff", app_url="", async_mode=False)


def _schemes(plugin: Any) -> set[str]:
    found: set[str] = set()
    for scheme in (plugin.protocol, plugin.secure_protocol):
        found |= {scheme} if isinstance(scheme, str) else set(scheme or ())
    return found


def _check_host(service: Any) -> None:
    if not isinstance(service, _plugins(OWN_HOST)):
        return
    try:
        refuse_private(service.host, service.port)
    except OSError:
        return  # a name that stands for nothing: sending will say so
