"""One webhook call: its body, its signature, and the guarded connection it goes over. Knows no database."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from standardwebhooks import Webhook
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from config.outbox.addresses import PrivateAddress, is_public, private_allowed, refuse_private
from config.outbox.models import Event

CONNECT_SECONDS, READ_SECONDS = 3, 10
GONE = 410


@dataclass(frozen=True)
class Answer:
    """What became of a call. `reached` is False when the endpoint gave no HTTP answer at all."""

    status: int | None
    error: str = ""
    reached: bool = True

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        return self.status == GONE


def body_of(event: Event) -> str:
    content = {
        "type": event.topic,
        "timestamp": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": event.payload | {"subject": event.subject},
    }
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def headers_of(event: Event, body: str, secret: str, sent_at: datetime) -> dict[str, str]:
    """As the Standard Webhooks specification says. The id stays the same over all tries, so receivers know a repeat."""
    sent_at, message_id = sent_at.astimezone(UTC), str(event.public_id)
    return {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Handoff-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, sent_at, body),
    }


def post(session: requests.Session, url: str, secret: str, event: Event) -> Answer:
    """Call once, now. Never raises: whatever goes wrong is this delivery's failure, and others wait behind it."""
    try:
        body = body_of(event)
        response = session.post(
            url,
            data=body.encode(),
            headers=headers_of(event, body, secret, datetime.now(UTC)),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,  # a redirect would carry a signed body to an address nobody entered
            stream=True,  # the answer's body means nothing to us, however long it is
        )
    except PrivateAddress as refused:
        return Answer(None, str(refused), reached=False)
    except Exception as error:  # noqa: BLE001 - see above
        return Answer(None, f"{type(error).__name__}: {_innermost(error)}", reached=False)
    response.close()
    if 300 <= response.status_code < 400:
        return Answer(response.status_code, f"HTTP {response.status_code}: redirects are not followed")
    return Answer(response.status_code, "" if response.ok else f"HTTP {response.status_code} {response.reason}".strip())


def _innermost(error: BaseException) -> str:
    """requests wraps what happened several times over; the reason is what people need."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(error)


def open_session() -> requests.Session:
    session = requests.Session()
    # Neither proxies nor a .netrc of this machine: a proxy would resolve the name itself, past the guard below.
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    session.mount("http://", GuardedAdapter())
    session.mount("https://", GuardedAdapter())
    return session


def _guarded(connect: Any) -> Any:
    """Around urllib3's `_new_conn`: look at the name first, then at the address that was really connected to."""

    def new_connection(self: HTTPConnection) -> Any:
        refuse_private(self._dns_host, self.port)
        sock = connect(self)
        address = str(sock.getpeername()[0])
        if not private_allowed() and not is_public(address):
            sock.close()
            raise PrivateAddress(address)
        return sock

    return new_connection


class GuardedHTTPConnection(HTTPConnection):
    _new_conn = _guarded(HTTPConnection._new_conn)


class GuardedHTTPSConnection(HTTPSConnection):
    _new_conn = _guarded(HTTPSConnection._new_conn)


class GuardedHTTPPool(HTTPConnectionPool):
    ConnectionCls = GuardedHTTPConnection


class GuardedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = GuardedHTTPSConnection


class GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}
