# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads kind and size of a public key from its SubjectPublicKeyInfo, which is much faster than loading the key."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.der import (
    BIT_STRING,
    INTEGER,
    OID,
    SEQUENCE,
    DerError,
    children,
    expect,
    octets,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.names import oid_text

_RSA = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10")
_EC = "1.2.840.10045.2.1"
_DSA = "1.2.840.10040.4.1"
_FIXED = {
    "1.3.101.112": ("ed25519", 256),
    "1.3.101.113": ("ed448", 456),
}
_CURVES = {
    "1.2.840.10045.3.1.1": 192,
    "1.2.840.10045.3.1.7": 256,
    "1.3.132.0.33": 224,
    "1.3.132.0.34": 384,
    "1.3.132.0.35": 521,
    "1.3.132.0.10": 256,
    "1.3.36.3.3.2.8.1.1.7": 256,
    "1.3.36.3.3.2.8.1.1.11": 384,
    "1.3.36.3.3.2.8.1.1.13": 512,
}


@lru_cache(maxsize=1024)
def key_of_info(info: bytes) -> tuple[str, int | None]:
    """Return rsa, ecdsa, ed25519, ed448, dsa or unknown, and the number of bits."""
    try:
        algorithm, key = children(info, expect(info, 0, len(info), SEQUENCE))[:2]
        parts = children(info, algorithm)
        if not parts or parts[0].tag != OID or key.tag != BIT_STRING:
            return "unknown", None
        name = oid_text(octets(info, parts[0]))
        if name in _FIXED:
            return _FIXED[name]
        if name in _RSA:
            return "rsa", _first_integer_bits(octets(info, key)[1:])
        if name == _DSA:
            return "dsa", _first_integer_bits(octets(info, parts[1]), inside=False) if len(parts) > 1 else None
        if name == _EC:
            curve = oid_text(octets(info, parts[1])) if len(parts) > 1 and parts[1].tag == OID else ""
            return "ecdsa", _CURVES.get(curve)
    except (DerError, ValueError):
        pass
    return "unknown", None


@lru_cache(maxsize=1024)
def key_digest(info: bytes) -> bytes | None:
    """Return the SHA-1 of a public key, which most CAs take for its identifier (RFC 5280, 4.2.1.2, method 1)."""
    try:
        _algorithm, key = children(info, expect(info, 0, len(info), SEQUENCE))[:2]
    except (DerError, ValueError):
        return None
    return hashlib.sha1(octets(info, key)[1:]).digest()


def _first_integer_bits(data: bytes, *, inside: bool = True) -> int:
    """Return the bits of the modulus: the first number, in a sequence or not."""
    start, end = 0, len(data)
    if inside:
        sequence = expect(data, 0, len(data), SEQUENCE)
        start, end = sequence.start, sequence.end
    return int.from_bytes(octets(data, expect(data, start, end, INTEGER)), "big").bit_length()
