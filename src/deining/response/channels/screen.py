"""The screen: always there, and told as soon as the notice is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from deining.domain.notice import ChannelForm, ChannelSetting, Notice


class Screen:
    """What is stored is on the screen, in every mode; there is nothing left to send."""

    form: ClassVar[ChannelForm] = ChannelForm(())
    leaves_machine: ClassVar[bool] = False

    def __init__(self, setting: ChannelSetting, environment: Mapping[str, str], folder: Path) -> None:
        self.name = setting.name

    def send(self, notice: Notice, now: datetime) -> None:
        """Nothing: the page reads the outbox."""
