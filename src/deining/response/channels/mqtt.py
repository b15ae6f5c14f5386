"""MQTT: the notice as JSON on a topic of a broker, at quality of service 1."""

from __future__ import annotations

import json
import math
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion

from deining.domain.errors import ChannelRefused, ChannelUnavailable
from deining.domain.notice import ChannelForm, ChannelSetting, Notice
from deining.response.channels.common import check_may_leave, one_line
from deining.response.channels.options import names_of, read_secret, take_options, wrong

QOS = 1
"""At least once: the broker acknowledges what it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttOptions:
    """What an MQTT channel asks for."""

    host: str
    port: int = 0
    topic: str = "deining"
    retain: bool = False
    tls: bool = True
    user: str = ""
    password_env: str = ""
    ca_file: str = ""
    timeout_s: float = 10.0


class Mqtt:
    """Publishes a notice on `TOPIC/AREA/KIND`; the key is the member `id` of the JSON.

    It connects for each notice and leaves again, so that between two there is nothing that can hang. MQTT 3.1.1, which
    every broker speaks.

    References
    ----------
    OASIS, MQTT 3.1.1, section 4.3.2: at quality of service 1 a message arrives at least once.
    """

    form: ClassVar[ChannelForm] = ChannelForm(names_of(MqttOptions))
    leaves_machine: ClassVar[bool] = True

    def __init__(self, setting: ChannelSetting, environment: Mapping[str, str], folder: Path) -> None:
        self._options = options = take_options(MqttOptions, setting)
        self._password = read_secret(setting, environment, "password_env", options.password_env)
        if options.user and not options.tls:
            raise wrong(setting, "tls", "false with a user", "true, so that the password is not sent in the clear")
        if bool(options.user) != bool(self._password):
            raise wrong(setting, "user", "only one of user and password_env", "both, or neither")
        if not options.topic or any(sign in options.topic for sign in "+#\0") or options.topic.startswith("$"):
            raise wrong(setting, "topic", repr(options.topic), "a topic such as town/deining, without + and #")
        try:
            self._tls = ssl.create_default_context(cafile=options.ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise wrong(setting, "ca_file", repr(options.ca_file), "a file of certificates in PEM form") from error
        self._port = options.port or (8883 if options.tls else 1883)

    def send(self, notice: Notice, now: datetime) -> None:
        """Publish it, and wait until the broker has it.

        Raises
        ------
        ChannelUnavailable
            When the broker does not answer, does not let us in, or does not acknowledge.
        ChannelRefused
            When the notice's area is not live, or the broker can never take it.
        """
        check_may_leave(notice)
        where = f"broker {self._options.host}:{self._port}"
        client, answered = Client(CallbackAPIVersion.VERSION2, clean_session=True, reconnect_on_failure=False), _Answer()
        client.on_connect = answered.take
        client.connect_timeout = self._options.timeout_s
        if self._options.tls:
            client.tls_set_context(self._tls)
        if self._options.user:
            client.username_pw_set(self._options.user, self._password)
        try:
            client.connect(self._options.host, self._port, keepalive=max(5, math.ceil(self._options.timeout_s)))
            client.loop_start()
            answered.wait(self._options.timeout_s, where)
            info = self._publish(client, notice)
            info.wait_for_publish(self._options.timeout_s)
            if not info.is_published():
                raise ChannelUnavailable(f"{where} did not acknowledge within {self._options.timeout_s:g} s")
        except ssl.SSLError as error:
            raise ChannelUnavailable(f"{where} gave no certificate that can be trusted ({one_line(str(error))})") from error
        except (OSError, RuntimeError) as error:
            raise ChannelUnavailable(f"{where} does not answer ({one_line(str(error)) or type(error).__name__})") from error
        finally:
            client.disconnect()
            client.loop_stop()

    def _publish(self, client: Client, notice: Notice) -> MQTTMessageInfo:
        area = "".join("_" if sign in "+#/\0" else sign for sign in notice.area)
        body = json.dumps(notice.message(), ensure_ascii=False)
        try:
            return client.publish(f"{self._options.topic}/{area}/{notice.kind.value}", body, qos=QOS, retain=self._options.retain)
        except ValueError as error:
            raise ChannelRefused(f"notice {notice.id} cannot be published ({error})") from error


class _Answer:
    """Waits for the broker's answer to a connection."""

    def __init__(self) -> None:
        self._come = threading.Event()
        self._failure = ""

    def take(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._failure = str(reason) if reason.is_failure else ""
        self._come.set()

    def wait(self, limit_s: float, where: str) -> None:
        if not self._come.wait(limit_s):
            raise ChannelUnavailable(f"{where} does not answer within {limit_s:g} s")
        if self._failure:
            raise ChannelUnavailable(f"{where} does not let us in ({self._failure})")
