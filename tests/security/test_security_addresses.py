"""No registry that a stranger names is asked at an address that is not for everybody."""

from __future__ import annotations

import ipaddress

import pytest

from webhook.clients.http.addresses import refusal

SPECIAL = """
0.0.0.1 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 172.16.0.1 172.31.255.254 192.0.0.1 192.0.0.9 192.0.0.170
192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.1.1 192.175.48.1 198.18.0.1 198.19.255.254 198.51.100.1
203.0.113.1 240.0.0.1 255.255.255.255 224.0.0.1 239.255.255.250
:: ::1 ::2 ::ffff:10.0.0.1 ::ffff:0:10.0.0.1 ::10.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 100:0:0:1::1 2001::1
2001:1::1 2001:2::1 2001:3::1 2001:4:112::1 2001:20::1 2001:30::1 2001:db8::1 2002:a00:1::1 2620:4f:8000::1 3fff::1
3fff:fff::1 5f00::1 fc00::1 fd12::1 fec0::1 ff02::1 fe80::1%eth0
"""
"""One of each block of the IANA special-purpose address registries that is not for everybody, and multicast."""
NEVER = """
169.254.169.254 169.254.170.23 168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254 fd00:ec2::23 fd20:ce::254
fd00:42::42 fd00:c1::a9fe:a9fe fe80::a9fe:a9fe ::ffff:169.254.169.254 ::ffff:168.63.129.16 64:ff9b::a83f:8110
2002:a83f:8110::1 ::168.63.129.16 ::ffff:0:168.63.129.16
"""
"""Services of clouds for their own machines, in every form."""


@pytest.mark.parametrize("address", SPECIAL.split())
def test_an_address_that_is_not_for_everybody_needs_a_rule(address):
    assert refusal(address, allow_private=False)


@pytest.mark.parametrize("address", NEVER.split())
@pytest.mark.parametrize("allowed", [False, True])
def test_no_rule_opens_a_service_of_the_cloud(address, allowed):
    assert refusal(address, allow_private=allowed) == "a link-local or metadata address"


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "fd12::1", "192.168.1.1", "100.64.0.1"])
def test_a_rule_opens_private_addresses(address):
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", ["1.1.1.1", "168.63.129.17", "2606:4700::1111", "64:ff9b::1.1.1.1", "2a00::1"])
def test_public_addresses_are_asked(address):
    assert refusal(address, allow_private=False) is None
    assert ipaddress.ip_address(address)
