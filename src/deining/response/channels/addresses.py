"""Where a name leads: resolved once, and refused when it leads inside."""

from __future__ import annotations

import ipaddress
import socket

from deining.domain.errors import ChannelRefused, ChannelUnavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet.

    Private, loopback, link-local, shared, reserved, multicast and unspecified ones are not, nor an IPv6 address that
    carries such an IPv4 address inside (IPv4-mapped, 6to4, Teredo, NAT64).

    References
    ----------
    IANA, IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890); RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).

    Examples
    --------
    >>> [is_public(ipaddress.ip_address(text)) for text in ("8.8.8.8", "127.0.0.1", "::ffff:10.0.0.1")]
    [True, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner:
            return all(is_public(one) for one in inner)
        if address in LOCAL_NAT64 or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _inner(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries."""
    if address in NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return [one for one in found if one is not None]


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host, in the order in which to try them; numeric, so that connecting resolves nothing again.

    Every way of writing an address counts: a name that leads to one, a decimal number, an IPv6 address that holds an
    IPv4 one.

    Raises
    ------
    ChannelUnavailable
        When the name leads nowhere now.
    ChannelRefused
        When it leads, in part or wholly, to an address inside, and that was not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ChannelUnavailable(f"host {host} cannot be found ({error})") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    inside = [text for text in addresses if not is_public(ipaddress.ip_address(text.partition("%")[0]))]
    if inside and not allow_private:
        raise ChannelRefused(f"host {host} leads to {inside[0]}, an address that is not public; set allow_private = true for this channel if that is meant")
    return addresses
