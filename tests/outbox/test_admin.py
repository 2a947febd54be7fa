"""The outbox in the admin: for admins; secrets are shown once, history cannot be changed."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from config.accounts.choices import Function, Role
from config.accounts.models import Membership, Team, User
from config.outbox.health import heartbeat
from config.outbox.models import DeliveryState, Endpoint, Event, WebhookDelivery
from tests.outbox.conftest import NOW, make_event

pytestmark = pytest.mark.django_db

MODELS = ("endpoint", "webhookdelivery", "event", "heartbeat")


def client_of(role: Role) -> Client:
    user = User.objects.create_user(f"{role}@example.com", name=role)
    team = Team.objects.create(name="Operations", function=Function.MARKETING)
    Membership.objects.create(user=user, team=team, role=role)
    client = Client()
    client.force_login(user, backend="config.accounts.backends.AccountBackend")
    return client


@pytest.fixture
def admin() -> Client:
    return client_of(Role.ADMIN)


def listing(model: str) -> str:
    return reverse(f"admin:outbox_{model}_changelist")


def add(admin: Client, **fields: str):
    data = {"name": "CRM", "url": "https://93.184.216.34/hook", "topics": "lead.*", "is_active": "on"} | fields
    return admin.post(reverse("admin:outbox_endpoint_add"), data)


def test_the_secret_is_shown_once_and_in_no_list(admin):
    response = add(admin)
    endpoint = Endpoint.objects.get()
    assert response["Location"] == reverse("admin:outbox_endpoint_change", args=[endpoint.pk])
    assert "messages" not in response.cookies or endpoint.secret not in response.cookies["messages"].value

    first = admin.get(response["Location"])
    assert endpoint.secret in first.content.decode()
    assert all(endpoint.secret not in cookie.value for cookie in first.cookies.values())
    for page in (response["Location"], listing("endpoint")):
        assert endpoint.secret not in admin.get(page).content.decode()


def test_a_new_secret_is_shown_once_too(admin):
    add(admin)
    endpoint = Endpoint.objects.get()
    page = reverse("admin:outbox_endpoint_change", args=[endpoint.pk])
    admin.get(page)
    admin.post(listing("endpoint"), {"action": "renew_secret", "_selected_action": [endpoint.pk]})
    renewed = Endpoint.objects.get().secret
    assert renewed != endpoint.secret
    assert renewed in admin.get(page).content.decode()
    assert renewed not in admin.get(page).content.decode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "ftp://example.com"}, "Enter a valid URL"),
        ({"topics": "Lead Created"}, "Not a topic"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_wrong_endpoint_is_refused_with_a_reason(admin, fields, message):
    assert message in add(admin, **fields).content.decode()
    assert not Endpoint.objects.exists()


def test_a_private_target_is_refused_in_production(admin, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    assert "own network" in add(admin, url="http://169.254.169.254/").content.decode()


def test_sending_a_test_event(admin):
    endpoint = Endpoint.objects.create(name="CRM", url="https://example.com", topics=["clock.*"])
    off = Endpoint.objects.create(name="Old", url="https://example.com", is_active=False)
    chosen = {"action": "send_test_event", "_selected_action": [endpoint.pk, off.pk]}
    page = admin.post(listing("endpoint"), chosen, follow=True).content.decode()
    assert WebhookDelivery.objects.get().endpoint == endpoint
    assert "Old is switched off" in page


def test_parked_rows_can_be_retried(admin):
    endpoint = Endpoint.objects.create(name="CRM", url="https://example.com")
    event = make_event(parked_at=NOW)
    delivery = WebhookDelivery.objects.create(event=event, endpoint=endpoint, state=DeliveryState.PARKED, attempts=8)

    admin.post(listing("event"), {"action": "retry", "_selected_action": [event.pk]})
    assert Event.objects.get().parked_at is None
    admin.post(listing("webhookdelivery"), {"action": "retry", "_selected_action": [delivery.pk]})
    assert WebhookDelivery.objects.get().state == DeliveryState.WAITING
    WebhookDelivery.objects.update(state=DeliveryState.PARKED)
    admin.post(listing("endpoint"), {"action": "retry_parked", "_selected_action": [endpoint.pk]})
    assert WebhookDelivery.objects.get().state == DeliveryState.WAITING


def test_switching_an_endpoint_on_again_forgets_why_it_was_off(admin):
    endpoint = Endpoint.objects.create(
        name="CRM", url="https://93.184.216.34/", is_active=False, switched_off_why="410"
    )
    page = reverse("admin:outbox_endpoint_change", args=[endpoint.pk])
    admin.post(page, {"name": "CRM", "url": endpoint.url, "topics": "", "is_active": "on"})
    endpoint = Endpoint.objects.get()
    assert (endpoint.is_active, endpoint.switched_off_why) == (True, "")


def test_history_is_read_only(admin):
    event = make_event()
    page = reverse("admin:outbox_event_change", args=[event.pk])
    assert admin.get(page).status_code == 200
    assert admin.post(page, {"topic": "x"}).status_code == 403
    assert admin.get(reverse("admin:outbox_event_add")).status_code == 403
    assert admin.post(reverse("admin:outbox_event_delete", args=[event.pk])).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_lists_open_for_admins_with_a_constant_number_of_queries(admin, model, django_assert_max_num_queries):
    endpoint = Endpoint.objects.create(name="CRM", url="https://example.com")
    for number in range(15):
        WebhookDelivery.objects.create(event=make_event(), endpoint=endpoint)
        with heartbeat(f"job {number}"):
            pass
    with django_assert_max_num_queries(9):
        assert admin.get(listing(model)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("role", "status"), [(Role.MANAGER, 403), (Role.REP, 302)])
def test_nobody_else_gets_in(model, role, status):
    assert client_of(role).get(listing(model)).status_code == status
