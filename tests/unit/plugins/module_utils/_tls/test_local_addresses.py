# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._tls.local_addresses import held_addresses, is_elsewhere

# Of a host with a second address in the same network, and with one more on its loopback interface.
FIB_TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.7
           /32 host LOCAL
        |-- 192.0.2.9
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
"""
IF_INET6 = "20010db8000000000000000000000007 02 40 00 80     eth0\n"


@pytest.fixture(name="files")
def fixture_files(tmp_path):
    trie, inet6 = tmp_path / "fib_trie", tmp_path / "if_inet6"
    trie.write_text(FIB_TRIE)
    inet6.write_text(IF_INET6)
    return trie, inet6


@pytest.mark.skipif(shutil.which("ip") is None, reason="there is no ip command to compare with")
def test_the_same_as_the_ip_command_says():
    links = json.loads(subprocess.run(["ip", "-json", "address"], check=True, stdout=subprocess.PIPE).stdout)
    said = {ipaddress.ip_address(entry["local"]) for link in links for entry in link.get("addr_info", ())}
    assert held_addresses() == said


@pytest.mark.parametrize(
    "address, elsewhere",
    [
        ("192.0.2.7", False),
        ("192.0.2.9", False),
        ("2001:db8::7", False),
        ("[2001:DB8:0::7]", False),
        ("127.0.0.9", False),
        ("::1", False),
        ("192.0.2.255", True),
        ("192.0.2.77", True),
        ("2001:db8::8", True),
        ("www.example.org", False),
    ],
)
def test_addresses_of_this_host_and_of_others(files, address, elsewhere):
    assert is_elsewhere(address, held_addresses(*files)) is elsewhere


def test_without_ipv6_only_those_of_ipv4(files):
    files[1].unlink()
    assert held_addresses(*files) == {ipaddress.ip_address("192.0.2.7"), ipaddress.ip_address("192.0.2.9")}


def test_where_the_kernel_does_not_say_nothing_is_elsewhere(tmp_path):
    assert held_addresses(tmp_path / "missing", Path("/proc/net/if_inet6")) is None
    assert not is_elsewhere("192.0.2.77", None)
