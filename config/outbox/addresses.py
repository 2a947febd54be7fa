"""Where a webhook may go.

Whoever may enter a webhook's URL could otherwise make this server fetch what only it can reach: a cloud's metadata
service, a database's admin page, the router. So a target is refused unless every address its name stands for is a
public one, and the connection itself is checked again, for a name may stand for another address a moment later.

`WEBHOOKS_ALLOW_PRIVATE` lifts this where the systems to be told live in the same network; on a developer's machine it
is lifted, for there everything is local.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class PrivateAddress(Exception):
    """The target stands in a network of our own."""

    def __init__(self, address: str):
        super().__init__(f"{address} is not a public address; private targets are refused.")
        self.address = address


def private_allowed() -> bool:
    return bool(getattr(settings, "WEBHOOKS_ALLOW_PRIVATE", settings.LOCAL))


def is_public(address: str) -> bool:
    """Whether the address is reachable by everybody. An IPv4 address wrapped in an IPv6 one counts as itself."""
    try:
        found = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    return found.is_global and not found.is_multicast


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def refuse_private(host: str, port: int | None) -> None:
    """Raise PrivateAddress if the name stands for any address that is not public; OSError if it stands for none."""
    if private_allowed():
        return
    for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not is_public(str(place[0])):
            raise PrivateAddress(str(place[0]))


def private_address_of(url: str) -> str | None:
    """For forms: the private address a URL leads to now. A name that does not resolve yet is left to the first try."""
    try:
        parts = urlsplit(url)
        refuse_private(parts.hostname or "", parts.port)
    except PrivateAddress as refused:
        return refused.address
    except (OSError, ValueError):
        return None
    return None
