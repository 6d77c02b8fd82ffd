"""Which addresses may be connected to, and a connection that checks the address that it really connects to.

An image's name, a redirect and a token realm are all chosen by somebody else. The check is made on the resolved
address, at the moment of connecting, so that neither a redirect nor a name that changes its address gets around it.
"""

from __future__ import annotations

import ipaddress
import socket

from webhook.clients.http.responses import within_time
from webhook.errors import Final

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(*texts: str) -> tuple[_Network, ...]:
    return tuple(map(ipaddress.ip_network, texts))


# Services of clouds for their own machines that are not at a link-local address: Azure's host, Alibaba, Oracle, AWS
# (metadata, time, names, credentials of Pods), Google, Scaleway.
_METADATA = _networks(
    "168.63.129.16/32",
    "100.100.100.200/32",
    "192.0.0.192/32",
    "fd00:ec2::/112",
    "fd00:c1::a9fe:a9fe/128",
    "fd20:ce::254/128",
    "fd00:42::42/128",
)
# The IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890), of 2025: all that is not for everybody.
# Python's own list depends on its age. Prefixes that hold an IPv4 address are opened first, see _embedded.
_SPECIAL = _networks(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "::/8",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fec0::/10",
)
_HOLDING_IPV4 = _networks("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")
"""NAT64, translated (RFC 2765) and, long given up, compatible addresses; their last 32 bits are the IPv4 address."""
_REMEDY = (
    "If this is intended, add the registry to registries with allowPrivate: true; bomgate never contacts link-local "
    "and metadata addresses."
)


def refusal(address: str, allow_private: bool) -> str | None:
    """Why an address is not connected to; None when it is.

    Args:
        address: a numeric IPv4 or IPv6 address.
        allow_private: whether private and loopback addresses are allowed; link-local and metadata addresses never are.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = _embedded(found)
        if inner is not None:
            return refusal(str(inner), allow_private)
    if found.is_link_local or _is_in(found, _METADATA):
        return "a link-local or metadata address"
    if found.is_unspecified or found.is_multicast or (found.is_reserved and not found.is_private):
        return "not the address of a machine"
    if allow_private or (found.is_global and not _is_in(found, _SPECIAL)):
        return None
    return "a loopback address" if found.is_loopback else "a private address"


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, translated, compatible, 6to4, Teredo or NAT64."""
    if _is_in(address, _HOLDING_IPV4) and int(address) > 1:  # :: and ::1 are addresses in their own right
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: tuple[_Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def check_literal(host: str, allow_private: bool) -> None:
    """Refuse a host that is written as an address, before anything is sent; a proxy would connect to it for us.

    Raises:
        Final: the address may not be asked.
    """
    try:
        address = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        if host.rstrip(".").lower() != "localhost" or allow_private:
            return
        address = "127.0.0.1"
    why = refusal(address, allow_private)
    if why is not None:
        raise _refused(host, why)


def connect(host: str, port: int, allow_private: bool | None, timeout: float | None) -> socket.socket:
    """Connect to the first allowed address of a host that answers; nothing is sent to any other.

    Args:
        host: a name or an address.
        port: TCP port.
        allow_private: whether private and loopback addresses are allowed; None allows all addresses.
        timeout: seconds for each address; None waits for ever.

    Raises:
        Final: the host has addresses, and none of them is allowed.
        OSError: the name is not known, or no allowed address answered.
    """
    why, problem = "", OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        refused = None if allow_private is None else refusal(str(address[0]), allow_private)
        if refused is not None:
            why = refused
            continue
        attempt = socket.socket(family, kind, protocol)
        try:
            attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            attempt.settimeout(within_time(timeout))
            attempt.connect(address)
        except OSError as error:
            attempt.close()
            why, problem = "", error
            continue
        return attempt
    raise _refused(host, why) if why else problem


def _refused(host: str, why: str) -> Final:
    return Final(f"{host} is {why}, which bomgate does not contact.", remedy=_REMEDY)
