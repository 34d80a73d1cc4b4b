# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whether a certificate is one for a server, and for which names (RFC 5280, 4.2.1.12; RFC 6125, 6.4).

pyOpenSSL verifies chains without a purpose: not every version binds what would set it.
"""

from __future__ import annotations

import ipaddress

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    BIT_STRING,
    OID,
    SEQUENCE,
    DerError,
    TbsCertificate,
    children,
    expect,
    octets,
)
from ansible_collections.stapling.httpd.plugins.module_utils._connection import is_address
from ansible_collections.stapling.httpd.plugins.module_utils._names import HostNameError, ascii_name

_EXTENDED_KEY_USAGE = bytes.fromhex("551d25")
_KEY_USAGE = bytes.fromhex("551d0f")
_SUBJECT_ALTERNATIVE_NAME = bytes.fromhex("551d11")
_SERVER_AUTHENTICATION = bytes.fromhex("2b06010505070301")
# digitalSignature, keyEncipherment or keyAgreement: what the key exchanges of TLS use.
_USED_BY_TLS = 0x80 | 0x20 | 0x08
_DNS_NAME = 0x82
_IP_ADDRESS = 0x87


def purpose_problem(tbs: TbsCertificate, *, leaf: bool) -> str | None:
    """Return why clients do not take this certificate in the chain of a server, or None; leaf: it is the server's."""
    try:
        usage = tbs.extensions.get(_EXTENDED_KEY_USAGE)
        if usage is not None:
            parts = children(usage, expect(usage, 0, len(usage), SEQUENCE))
            if not any(part.tag == OID and octets(usage, part) == _SERVER_AUTHENTICATION for part in parts):
                return "the extended key usage lacks serverAuth"
        key_usage = tbs.extensions.get(_KEY_USAGE) if leaf else None
        if key_usage is not None:
            bits = octets(key_usage, expect(key_usage, 0, len(key_usage), BIT_STRING))
            if len(bits) < 2 or not bits[1] & _USED_BY_TLS:
                return "the key usage allows neither signatures nor key exchange"
    except DerError as error:
        return f"its key usage cannot be read ({error})"
    return None


def covers(tbs: TbsCertificate, name: str) -> bool:
    """Return whether a subjectAltName covers this host name or IP address; the common name counts for no one."""
    value = tbs.extensions.get(_SUBJECT_ALTERNATIVE_NAME)
    if value is None:
        return False
    try:
        found = children(value, expect(value, 0, len(value), SEQUENCE))
    except DerError:
        return False
    if not is_address(name):
        encoded = _ascii(name)
        names = (octets(value, part) for part in found if part.tag == _DNS_NAME)
        return encoded is not None and any(_is_covered(encoded, pattern.lower()) for pattern in names)
    packed = ipaddress.ip_address(name).packed
    return any(part.tag == _IP_ADDRESS and octets(value, part) == packed for part in found)


def _ascii(name: str) -> bytes | None:
    try:
        return ascii_name(name).encode("ascii").lower().rstrip(b".")
    except HostNameError:
        return None


def _is_covered(name: bytes, pattern: bytes) -> bool:
    """Return whether a pattern covers a name; a wildcard stands for the whole first label of at least three."""
    if not pattern.startswith(b"*."):
        return name == pattern
    label, _dot, rest = name.partition(b".")
    return bool(label) and rest == pattern[2:] and b"." in rest
