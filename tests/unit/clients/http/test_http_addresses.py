"""Which addresses are connected to."""

from __future__ import annotations

import socket

import pytest

from webhook.clients.http.addresses import check_literal, connect, refusal
from webhook.errors import Final


@pytest.mark.parametrize("address", ["8.8.8.8", "140.82.121.34", "2606:4700::6810:84e5", "64:ff9b::808:808"])
def test_public_addresses_are_asked(address):
    assert refusal(address, allow_private=False) is None


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "100.64.0.1",
        "fd00::1",
        "fec0::1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::",
        "64:ff9b::a00:1",
        "198.18.0.1",
    ],
)
def test_private_addresses_are_asked_only_where_they_are_allowed(address):
    assert refusal(address, allow_private=False)
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
    ],
)
def test_link_local_and_metadata_addresses_are_never_asked(address):
    assert refusal(address, allow_private=False)
    assert refusal(address, allow_private=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "LOCALHOST.", "10.0.0.1"])
def test_a_host_that_is_written_as_a_private_address_is_refused_before_anything_is_sent(host):
    with pytest.raises(Final, match="does not contact"):
        check_literal(host, allow_private=False)
    check_literal(host, allow_private=True)


@pytest.mark.parametrize("host", ["registry.example", "10.example", "localhost.example"])
def test_a_name_is_judged_when_it_is_connected_to(host):
    check_literal(host, allow_private=False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_name_is_judged_by_the_address_that_it_resolves_to(host):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        port = server.getsockname()[1]
        with pytest.raises(Final, match="loopback"):
            connect(host, port, allow_private=False, timeout=5)
        connect(host, port, allow_private=True, timeout=5).close()
        server.accept()[0].close()


def test_a_port_that_nobody_listens_on_is_no_refusal():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        connect("127.0.0.1", port, allow_private=True, timeout=5)
