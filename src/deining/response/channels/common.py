"""What the channels share: nothing leaves from an area that is not live, texts stay text, no server holds us up."""

from __future__ import annotations

import contextlib
import socket
import threading
import unicodedata
from collections.abc import Callable, Iterator

from deining.domain.errors import ChannelRefused
from deining.domain.notice import Mode, Notice


def check_may_leave(notice: Notice) -> None:
    """Refuse what must stay inside.

    Raises
    ------
    ChannelRefused
        When the notice's area is not live.
    """
    if notice.mode is not Mode.LIVE:
        raise ChannelRefused(f"notice {notice.id} is of a {notice.mode.value}; nothing of it leaves the machine")


def plain(text: str) -> str:
    """The text without control characters, which no mail, feed or terminal should be handed; line ends stay."""
    return "".join(sign if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else " " for sign in text)


def one_line(text: str, most: int = 160) -> str:
    """The text on one line, cut where it is longer than `most` characters.

    Examples
    --------
    >>> one_line("Square\\r\\nBcc: someone")
    'Square Bcc: someone'
    """
    words = " ".join(plain(text).split())
    return words if len(words) <= most else words[: most - 1] + "…"


@contextlib.contextmanager
def cut_off(after_s: float, find_socket: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut a connection after so many seconds, whatever trickles in over it.

    A socket's own timeout begins anew with each byte that comes; this one does not.
    """

    def shut() -> None:
        found = find_socket()
        if found is not None:
            with contextlib.suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(after_s, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
