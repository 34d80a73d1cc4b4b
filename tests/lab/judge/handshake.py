# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One handshake by `openssl s_client -status`, and the staple as it came over the wire."""

from __future__ import annotations

import ipaddress
import re
import subprocess
import time
from dataclasses import dataclass
from typing import Any

TLS_OPTIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}
_FIRST_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)
_SIGNATURES = {
    "rsa": "rsa_pss_rsae_sha256:RSA+SHA256",
    "ecdsa": "ECDSA+SHA256:ECDSA+SHA384",
    "ed25519": "ed25519",
}
_CIPHERS = {
    "rsa": "ECDHE-RSA-AES128-GCM-SHA256",
    "ecdsa": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ed25519": "ECDHE-ECDSA-AES128-GCM-SHA256",
}
_CERTIFICATE, _CERTIFICATE_STATUS, _STATUS_REQUEST = 11, 22, 5


@dataclass(frozen=True)
class Handshake:
    """The outcome of a handshake; staple: the answer's DER, b"" where none was sent."""

    completed: bool
    trusted: bool
    leaf_pem: str
    staple: bytes
    detail: str
    seconds: float = 0.0


def shake_hands(target: dict[str, Any], key_type: str, tls: str, ca_file: str, *, ask: bool = True) -> Handshake:
    """Connect to a target (address, port, name) in one TLS version, accepting one type of key; ask for a staple."""
    command = [
        "openssl", "s_client", "-connect", f"{target['address']}:{target['port']}", *_name_options(target["name"]),
        "-CAfile", ca_file, TLS_OPTIONS[tls], "-sigalgs", _SIGNATURES[key_type],
        *(["-status"] if ask else []), "-showcerts", "-msg",
    ]  # fmt: skip
    started = time.monotonic()
    if tls == "1.2":
        command += ["-cipher", _CIPHERS[key_type]]
    try:
        done = subprocess.run(command, input=b"", capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return Handshake(False, False, "", b"", "no handshake within 60 seconds")
    text = done.stdout.decode(errors="replace")
    # After this headline: the staple, printed before it, may hold certificates of its own.
    leaf = _FIRST_CERTIFICATE.search(text, text.find("\nCertificate chain\n"))
    completed = done.returncode == 0 and leaf is not None
    complaint = [line for line in done.stderr.decode(errors="replace").splitlines() if "error" in line.lower()]
    return Handshake(
        completed=completed,
        trusted="Verify return code: 0 (ok)" in text,
        leaf_pem=leaf.group(0) if leaf else "",
        staple=_staple(text),
        seconds=round(time.monotonic() - started, 3),
        detail="" if completed else (complaint[0] if complaint else "no certificate was served"),
    )


def _name_options(name: str) -> list[str]:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return ["-servername", name, "-verify_hostname", name]
    return ["-noservername", "-verify_ip", name]


def _staple(text: str) -> bytes:
    for message in _messages(text):
        if message[0] == _CERTIFICATE_STATUS:  # TLS 1.2: a message of its own
            return _status(message[4:])
        if message[0] == _CERTIFICATE:  # TLS 1.3: an extension of the leaf, the first entry
            found = _leaf_extension(message)
            if found:
                return found
    return b""


def _messages(text: str) -> list[bytes]:
    """Return every handshake message that the server sent, from the dump that -msg prints."""
    messages: list[bytes] = []
    current: list[str] | None = None
    for line in text.splitlines():
        if line.startswith(("<<<", ">>>")):
            if current:
                messages.append(bytes.fromhex("".join(current)))
            current = [] if line.startswith("<<<") and ", Handshake" in line else None
        elif current is not None and re.fullmatch(r"\s+([0-9a-f]{2} ?)+", line):
            current.append(line)
        elif current:
            messages.append(bytes.fromhex("".join(current)))
            current = None
    return messages


def _status(data: bytes) -> bytes:
    return data[4 : 4 + int.from_bytes(data[1:4], "big")] if data[:1] == b"\x01" else b""


def _leaf_extension(message: bytes) -> bytes:
    entries = message[4 + 1 + message[4] + 3 :]
    leaf_size = int.from_bytes(entries[:3], "big")
    rest = entries[3 + leaf_size :]
    extensions = rest[2 : 2 + int.from_bytes(rest[:2], "big")]
    while len(extensions) >= 4:
        kind, size = int.from_bytes(extensions[:2], "big"), int.from_bytes(extensions[2:4], "big")
        if kind == _STATUS_REQUEST:
            return _status(extensions[4 : 4 + size])
        extensions = extensions[4 + size :]
    return b""
