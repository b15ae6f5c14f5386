"""MQTT over a real broker: the topic, what is retained, and that no password goes in the clear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deining.domain.errors import WrongData
from deining.domain.notice import ChannelSetting
from deining.response.channels.mqtt import Mqtt
from tests.builders import NOON, a_notice
from tests.receivers import mqtt_broker


def an_mqtt(port: int = 1883, **options: Any) -> Mqtt:
    usual = {"host": "127.0.0.1", "port": port, "tls": False, "timeout_s": 5}
    return Mqtt(ChannelSetting(name="bus", kind="mqtt", options={**usual, **options}), {"BUS_PASSWORD": "very secret"}, Path())


def test_a_notice_is_published_at_least_once_under_its_area_and_kind() -> None:
    with mqtt_broker() as broker:
        an_mqtt(broker.port, topic="city/crowd").send(a_notice(), NOON)
        (message,) = broker.messages
    assert (message.topic, message.qos) == ("city/crowd/town/alert_raised", 1)
    body = json.loads(message.payload)
    assert (body["id"], body["level"], body["title"]["nl"]) == ("a" * 32, "orange", "Oranje: Square")
    assert "shape" not in body


def test_signs_with_a_meaning_in_topics_are_not_taken_from_an_area() -> None:
    with mqtt_broker() as broker:
        an_mqtt(broker.port).send(a_notice(area="a/#+"), NOON)
        assert [message.topic for message in broker.messages] == ["deining/a___/alert_raised"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"topic": "deining/#"}, "without \\+ and #"),
        ({"topic": "$SYS"}, "topic: found"),
        ({"user": "deining", "password_env": "BUS_PASSWORD"}, "not sent in the clear"),
        ({"user": "deining", "tls": True}, "both, or neither"),
        ({"user": "deining", "tls": True, "password_env": "NOT_SET"}, "NOT_SET, which is not set"),
    ],
)
def test_what_is_set_up_wrong_is_said_in_one_sentence(options: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongData, match=said):
        an_mqtt(**options)
