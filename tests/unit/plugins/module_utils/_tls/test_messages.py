# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages as s_client prints them, and ones that end too early."""

from __future__ import annotations

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._tls.messages import (
    Message,
    MessageError,
    is_complete,
    presented,
    read_messages,
)

PRINTED = """\
>>> TLS 1.0, RecordHeader [length 0005]
    16 03 01
>>> TLS 1.3, Handshake [length 0006], ClientHello
    01 00 00 02 aa bb
<<< TLS 1.2, Handshake [length 0014], Certificate
    0b 00 00 0a 00 00 07 00 00 04 01 02 03 04
<<< TLS 1.2 Handshake [length 0009], CertificateStatus
    16 00 00 06 01 00 00 02 05
    06
<<< TLS 1.2, Alert [length 0002], warning close_notify
    01 00
"""


def test_what_is_printed() -> None:
    messages = read_messages(PRINTED)
    assert messages == [
        Message(False, "ClientHello", "TLSv1.3", b"\xaa\xbb"),
        Message(True, "Certificate", "TLSv1.2", b"\0\0\7\0\0\4\1\2\3\4"),
        Message(True, "CertificateStatus", "TLSv1.2", b"\1\0\0\2\5\6"),
    ]
    found = presented(messages)
    assert found is not None
    assert (found.chain, found.staple, found.tls_version) == ((b"\1\2\3\4",), b"\5\6", "TLSv1.2")


def test_the_extensions_of_tls_1_3() -> None:
    status = b"\0\5\0\6\1\0\0\2st"
    entries = b"\0\0\1a\0\x0e\0\1\0\0" + status + b"\0\0\1b\0\0"
    body = b"\0" + len(entries).to_bytes(3, "big") + entries
    found = presented([Message(True, "Certificate", "TLSv1.3", body)])
    assert found is not None
    assert (found.chain, found.staple) == ((b"a", b"b"), b"st")
    for length in range(1, len(body)):
        with pytest.raises(MessageError):
            presented([Message(True, "Certificate", "TLSv1.3", body[:length])])


@pytest.mark.parametrize(
    ("senders", "complete"), [([], False), ([True], False), ([False, False], False), ([True, False], True)]
)
def test_both_sides_have_to_finish(senders: list[bool], complete: bool) -> None:
    assert is_complete([Message(sender, "Finished", "TLSv1.3", b"") for sender in senders]) is complete
    assert presented([Message(sender, "Finished", "TLSv1.3", b"") for sender in senders]) is None
