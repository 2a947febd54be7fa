"""A webhook cannot make the portal fetch from its own network."""

from __future__ import annotations

import socket

import pytest
from django.core.exceptions import ValidationError

from config.outbox import addresses
from config.outbox.health import Beat
from config.outbox.models import DeliveryState, Endpoint, WebhookDelivery
from config.outbox.services import webhooks
from tests.outbox.conftest import NOW, make_event


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = False


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104 - an example of an address that is not public
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
        "64:ff9b::a00:1", "ff02::1", "nonsense",
    ],
)  # fmt: skip
def test_private_addresses(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_public_addresses(address):
    assert addresses.is_public(address)


def resolve_to(monkeypatch, *answers: list[str]):
    """Each look-up of a name gives the next of these answers; the last one stays."""
    left = list(answers)

    def getaddrinfo(host, port, *args, **kwargs):
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_one_private_address_among_public_ones_is_enough(monkeypatch):
    resolve_to(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(addresses.PrivateAddress):
        addresses.refuse_private("crm.example", 443)


def run_one(url: str) -> WebhookDelivery:
    endpoint = Endpoint.objects.create(name="CRM", url=url)
    WebhookDelivery.objects.create(event=make_event(), endpoint=endpoint, next_at=NOW)
    webhooks.deliver_due(NOW, Beat())
    return WebhookDelivery.objects.get()


@pytest.mark.django_db
def test_a_private_target_is_refused_before_anything_is_sent(receiver):
    delivery = run_one(receiver.url)
    assert delivery.state == DeliveryState.WAITING
    assert "127.0.0.1 is not a public address" in delivery.last_error
    assert receiver.got == []


@pytest.mark.django_db
def test_a_name_that_changes_its_address_after_the_check_is_refused_on_the_connection(receiver, monkeypatch):
    resolve_to(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    delivery = run_one(receiver.url.replace("127.0.0.1", "rebinding.example"))
    assert "127.0.0.1 is not a public address" in delivery.last_error
    assert receiver.got == []


@pytest.mark.django_db
def test_where_it_is_allowed_private_targets_are_told(receiver, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    assert run_one(receiver.url).state == DeliveryState.SENT


def test_without_the_setting_only_a_developers_machine_allows_it(settings):
    del settings.WEBHOOKS_ALLOW_PRIVATE
    settings.LOCAL = False
    assert not addresses.private_allowed()
    settings.LOCAL = True
    assert addresses.private_allowed()


def test_the_form_says_so_at_once():
    with pytest.raises(ValidationError, match="own network"):
        Endpoint(name="CRM", url="http://169.254.169.254/latest").clean()
    Endpoint(name="CRM", url="http://93.184.216.34/hook").clean()
    Endpoint(name="CRM", url="http://not-yet.invalid/hook").clean()


def test_the_form_refuses_topics_that_fit_nothing():
    with pytest.raises(ValidationError, match=r"Lead\."):
        Endpoint(name="CRM", url="http://93.184.216.34/hook", topics=["lead.*", "Lead."]).clean()
