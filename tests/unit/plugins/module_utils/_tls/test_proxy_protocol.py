# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._tls.proxy_protocol import is_exception, proxy_line


def test_the_line_of_either_family() -> None:
    line = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"
    assert proxy_line(("192.0.2.1", 56324), ("192.0.2.2", 443)) == line
    line = b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"
    assert proxy_line(("2001:db8::1", 56324), ("2001:db8::2", 443)) == line


@pytest.mark.parametrize(
    ("source", "exceptions", "expected"),
    [
        ("127.0.0.1", [], False),
        ("127.0.0.1", ["127.0.0.1"], True),
        ("127.0.0.1", ["127.0.0.0/8"], True),
        ("10.1.2.3", ["10.1.0.0/255.255.0.0"], True),
        ("10.2.2.3", ["10.1.0.0/16", "192.0.2.1"], False),
        ("2001:db8::1", ["127.0.0.1", "2001:db8::/32"], True),
        ("fe80::1%eth0", ["fe80::/10"], True),
        ("127.0.0.1", ["localhost"], False),
    ],
)
def test_clients_from_which_no_line_is_expected(source: str, exceptions: list[str], expected: bool) -> None:
    assert is_exception(source, exceptions) is expected
