# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import comparable_name, show_name
from ansible_collections.stapling.httpd.tests.unit.support import hostile


@settings(max_examples=100)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=64))
def test_any_name_is_shown_in_printable_ascii(name: str) -> None:
    attribute = hostile.tlv(0x30, bytes.fromhex("0603550403") + hostile.tlv(0x0C, name.encode("utf-8")))
    shown = show_name(hostile.tlv(0x30, hostile.tlv(0x31, attribute)))
    assert shown.startswith("CN=")
    assert len(shown) >= 3 + len(name)
    assert shown.isascii()
    assert shown.isprintable()


def test_names_are_shown_escaped() -> None:
    name = bytes.fromhex("3021310b3009060355040613024445" + "311230100603550403" + "0c0961622c630a0922205c")
    assert show_name(name) == 'CN=ab\\,c\\x0a\\x09\\" \\\\,C=DE'
    assert show_name(b"garbage") == "#" + b"garbage".hex()


def test_names_are_compared_as_openssl_does() -> None:
    def named(tag: int, value: bytes) -> bytes:
        attribute = hostile.tlv(0x30, bytes.fromhex("0603550403") + hostile.tlv(tag, value))
        return hostile.tlv(0x30, hostile.tlv(0x31, attribute))

    assert comparable_name(named(0x0C, b"Test  CA ")) == comparable_name(named(0x13, b"test ca"))
    assert comparable_name(named(0x0C, b"Test CA")) != comparable_name(named(0x0C, b"Test CB"))
