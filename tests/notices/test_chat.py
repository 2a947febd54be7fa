"""Chat goes out through Apprise, to chats and nowhere else."""

from __future__ import annotations

import json

import pytest

from config.notices import chat
from tests.outbox.conftest import receiver, receivers  # noqa: F401 - fixtures

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#leads"


def mattermost(receiver) -> str:  # noqa: F811
    return receiver.url.replace("http://", "mmost://").replace("/hook", "/3ccdd113474722377935511fc85d3dd4")


@pytest.mark.parametrize(
    "address",
    [SLACK, "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "mmost://8.8.8.8/tok3n"],
)
def test_chats_are_accepted(address):
    assert chat.problem_with(address) == ""


@pytest.mark.parametrize(
    "address",
    ["", "hello", "json://example.com/x", "syslog://", "mailto://me:pw@example.com", "file:///etc/passwd", "http://x"],
)
def test_nothing_else_is(address):
    assert "not the address of a chat" in chat.problem_with(address)


def test_a_chat_in_the_companys_network_needs_permission(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    assert "own network" in chat.problem_with("mmost://127.0.0.1/tok3n")
    with pytest.raises(chat.ChatFailed, match=r"127\.0\.0\.1"):
        chat.send("mmost://127.0.0.1/tok3n", "Title", "Body")
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    assert chat.problem_with("mmost://127.0.0.1/tok3n") == ""


def test_a_message_arrives(receiver):  # noqa: F811
    chat.send(mattermost(receiver), "A lead for you", "Acme <b>\nhttps://handoff.example.com/x")
    [(_, body)] = receiver.got
    text = json.loads(body)["text"]
    assert "A lead for you" in text
    assert "Acme <b>" in text


@pytest.mark.parametrize("status", [500, 302])
def test_a_message_that_is_refused_says_why(receiver, status):  # noqa: F811
    receiver.answers = [status]
    with pytest.raises(chat.ChatFailed, match="Mattermost"):
        chat.send(mattermost(receiver), "Title", "Body")
    assert len(receiver.got) == 1
