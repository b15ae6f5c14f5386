"""The ways in which a notice reaches people; one file a channel.

A channel sends one notice and returns when the other side has it. It bears the notice's key where a receiver can see
it, because after a kill between sending and writing it down the same notice comes once more. It cuts off a server that
hangs, it sends texts as text, and it sends nothing from an area that is not live. What goes wrong is one of two things:
`ChannelUnavailable`, and the notice waits, or `ChannelRefused`, and it is given up and shown.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from deining.domain.notice import Channel, ChannelForm, ChannelSetting
from deining.response.channels.cap import CapFeed
from deining.response.channels.email import Email
from deining.response.channels.mqtt import Mqtt
from deining.response.channels.screen import Screen
from deining.response.channels.webhook import Webhook

MakeChannel = Callable[[ChannelSetting, Mapping[str, str], Path], Channel]
"""Makes a channel from how it was set up, the environment that holds the secrets, and the data folder."""

CHANNELS: dict[str, MakeChannel] = {
    "screen": Screen,
    "email": Email,
    "webhook": Webhook,
    "cap": CapFeed,
    "mqtt": Mqtt,
}
"""All channels by kind; a new one is one file and one row here."""

FORMS: dict[str, ChannelForm] = {
    "screen": Screen.form,
    "email": Email.form,
    "webhook": Webhook.form,
    "cap": CapFeed.form,
    "mqtt": Mqtt.form,
}
"""By kind: what may be written of it in `channels.toml`."""
