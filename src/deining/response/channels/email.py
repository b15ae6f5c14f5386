"""E-mail over SMTP: plain text, keyed, and cut off when the server hangs."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import ClassVar

from deining.domain.errors import ChannelRefused, ChannelUnavailable
from deining.domain.notice import ChannelForm, ChannelSetting, Notice
from deining.response.channels.common import check_may_leave, cut_off, one_line, plain
from deining.response.channels.options import check_choice, names_of, read_secret, take_options, wrong

ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)
SECURITIES = ("starttls", "tls", "none")
REMEMBERED = 1000
"""Keys of which it is remembered who has them already, so that a second try reaches only the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOptions:
    """What an e-mail channel asks for."""

    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 0
    security: str = "starttls"
    user: str = ""
    password_env: str = ""
    ca_file: str = ""
    timeout_s: float = 20.0


class Email:
    """Sends a notice as one message to all its addresses.

    `Message-ID` and `X-Deining-Key` are made of the key, so that a second copy is recognised. A 5xx answer about the
    sender, an address or the text is final; everything else may work later. Where a server takes some addresses and not
    others, the next try goes to the others alone.

    References
    ----------
    RFC 5321, section 4.2.1: 4yz is a transient, 5yz a permanent negative reply. RFC 3834: `Auto-Submitted`.
    """

    form: ClassVar[ChannelForm] = ChannelForm(names_of(EmailOptions))
    leaves_machine: ClassVar[bool] = True

    def __init__(self, setting: ChannelSetting, environment: Mapping[str, str], folder: Path) -> None:
        self._languages = setting.languages
        self._options = options = take_options(EmailOptions, setting)
        check_choice(setting, "security", options.security, SECURITIES)
        for option, addresses in (("sender", (options.sender,)), ("to", options.to)):
            if not addresses or not all(ADDRESS.fullmatch(address) for address in addresses):
                raise wrong(setting, option, repr(list(addresses)), "addresses such as control-room@town.example")
        self._password = read_secret(setting, environment, "password_env", options.password_env)
        if options.user and options.security == "none":
            raise wrong(setting, "security", "'none' with a user", "starttls or tls, so that the password is not sent in the clear")
        if bool(options.user) != bool(self._password):
            raise wrong(setting, "user", "only one of user and password_env", "both, or neither")
        try:
            self._tls = ssl.create_default_context(cafile=options.ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise wrong(setting, "ca_file", repr(options.ca_file), "a file of certificates in PEM form") from error
        self._port = options.port or {"starttls": 587, "tls": 465, "none": 25}[options.security]
        self._served: OrderedDict[str, set[str]] = OrderedDict()

    def send(self, notice: Notice, now: datetime) -> None:
        """Send it to all addresses that do not have it yet.

        Raises
        ------
        ChannelUnavailable
            When the server does not answer, or asks to come again.
        ChannelRefused
            When the server will never take it, for one address or for all.
        """
        check_may_leave(notice)
        served = self._served.setdefault(notice.id, set())
        remaining = [address for address in self._options.to if address not in served]
        with self._said_plainly():
            refused = self._post(self.write(notice), remaining) if remaining else {}
        served.update(address for address in remaining if address not in refused)
        while len(self._served) > REMEMBERED:
            self._served.popitem(last=False)
        if refused:
            raise _recipients_refused(refused, len(served))

    def write(self, notice: Notice) -> EmailMessage:
        """The message, as it is sent."""
        domain = self._options.sender.rpartition("@")[2]
        message = EmailMessage(policy=SMTP)
        message["From"] = self._options.sender
        message["To"] = ", ".join(self._options.to)
        message["Subject"] = one_line(notice.title[self._languages[0]])
        message["Date"] = format_datetime(notice.created_at)
        message["Message-ID"] = f"<{notice.id}@{domain}>"
        message["References"] = f"<{notice.thread}@{domain}>"
        message["X-Deining-Key"] = notice.id
        message["Auto-Submitted"] = "auto-generated"
        texts = [f"{one_line(notice.title[language])}\n\n{plain(notice.text[language])}" for language in self._languages]
        message.set_content("\n\n--\n\n".join(texts) + f"\n\n{notice.created_at.isoformat()} · {one_line(notice.area)} · {notice.id}\n")
        return message

    def _post(self, message: EmailMessage, to: list[str]) -> dict[str, tuple[int, bytes]]:
        """Give it to the server; the addresses that were refused, when not all were."""
        options, server = self._options, self._server()
        try:
            with cut_off(options.timeout_s, lambda: getattr(server, "sock", None)):
                server.connect(options.host, self._port)
                if options.security == "starttls":
                    server.starttls(context=self._tls)
                if options.user:
                    server.login(options.user, self._password)
                refused = server.send_message(message, options.sender, to)
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()
            return refused
        finally:
            server.close()

    def _server(self) -> smtplib.SMTP:
        """Not connected yet: the constructor would connect where nothing can cut it off."""
        limit_s, own_name = self._options.timeout_s, "[127.0.0.1]"
        if self._options.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=limit_s, local_hostname=own_name, context=self._tls)
        else:
            server = smtplib.SMTP(timeout=limit_s, local_hostname=own_name)
        vars(server)["_host"] = self._options.host  # the name that certificates are checked against, else set by that constructor
        return server

    @contextlib.contextmanager
    def _said_plainly(self) -> Iterator[None]:
        """Errors of the mail library as the two of a channel."""
        where = f"mail server {self._options.host}:{self._port}"
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            raise _recipients_refused(error.recipients, 0) from error
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            raise ChannelUnavailable(f"{where} does not let us in ({_answer(error.smtp_code, error.smtp_error)})") from error
        except smtplib.SMTPResponseException as error:
            kind = ChannelRefused if error.smtp_code >= 500 else ChannelUnavailable
            raise kind(f"{where} did not take it ({_answer(error.smtp_code, error.smtp_error)})") from error
        except smtplib.SMTPServerDisconnected as error:
            raise ChannelUnavailable(f"{where} ended the connection, or was cut off after {self._options.timeout_s:g} s") from error
        except smtplib.SMTPNotSupportedError as error:
            raise ChannelUnavailable(f"{where} does not offer what is asked of it ({one_line(str(error))}); nothing was sent") from error
        except ssl.SSLError as error:
            raise ChannelUnavailable(f"{where} gave no certificate that can be trusted ({one_line(str(error))}); set ca_file where it is your own") from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelUnavailable(
                f"{where} does not answer within {self._options.timeout_s:g} s ({one_line(str(error)) or type(error).__name__})"
            ) from error


def _recipients_refused(refused: Mapping[str, tuple[int, bytes]], taken: int) -> ChannelUnavailable | ChannelRefused:
    told = "; ".join(f"{address}: {_answer(code, text)}" for address, (code, text) in sorted(refused.items()))
    kind = ChannelUnavailable if any(code < 500 for code, _ in refused.values()) else ChannelRefused
    return kind(f"the mail server took it for {taken} of {taken + len(refused)} addresses and refused {told}")


def _answer(code: int, text: bytes | str) -> str:
    return one_line(f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}", 200)
