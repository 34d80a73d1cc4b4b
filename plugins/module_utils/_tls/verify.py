# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify chains by the program `openssl verify`, for a host without pyOpenSSL; the same OpenSSL, the same words."""

from __future__ import annotations

import base64
import os
import re
import ssl
import tempfile
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._process import ProcessError, find_program, run

_REFUSED = re.compile(r"^error (\d+) at (\d+) depth lookup: ?(.*)$", re.MULTILINE | re.ASCII)
_SECONDS = 30.0


class Refused(t.NamedTuple):
    """Why a chain is refused: OpenSSL's number and words, and how far from the server's certificate."""

    code: int
    depth: int
    reason: str


class Verifier:
    """Verifies chains with the system's anchors and these; certificates are given in DER."""

    def __init__(self, anchors: t.Sequence[bytes]) -> None:
        self._anchors = tuple(anchors)

    def verify(self, leaf: bytes, served: t.Sequence[bytes], *, anchor: bytes | None) -> Refused | None:
        """Return why the chain is refused, None if it is not. Of anchors only `anchor` counts, if it is given."""
        with tempfile.TemporaryDirectory(prefix="ocsp-stapling-") as directory:

            def file(name: str, certificates: t.Iterable[bytes], before: bytes = b"") -> str:
                path = os.path.join(directory, name)
                with open(path, "wb") as stream:
                    stream.write(before + b"".join(map(_pem, certificates)))
                return path

            command = [find_program("openssl") or "openssl", "verify", "-partial_chain"]
            if served:
                command += ["-untrusted", file("served.pem", served)]
            if anchor is not None:
                command += ["-trusted", file("anchor.pem", [anchor])]
            else:
                paths = ssl.get_default_verify_paths()
                command += ["-CAfile", file("anchors.pem", self._anchors, _content(paths.cafile))]
                command += ["-CApath", paths.capath] if paths.capath else []
            return _verdict([*command, file("leaf.pem", [leaf])])


def _verdict(command: t.Sequence[str]) -> Refused | None:
    try:
        output = run(command, timeout=_SECONDS)
    except ProcessError as error:
        return Refused(-1, 0, error.message)
    if output.code == 0:
        return None
    match = _REFUSED.search(output.stderr + output.stdout)
    if match is None:
        return Refused(-1, 0, "it cannot be read (openssl verify)")
    return Refused(int(match.group(1)), int(match.group(2)), match.group(3).strip())


def _pem(der: bytes) -> bytes:
    lines = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + lines + b"-----END CERTIFICATE-----\n"


def _content(path: str | None) -> bytes:
    """Return the system's file of anchors; a system without a readable one trusts nobody."""
    try:
        with open(path or "", "rb") as stream:
            return stream.read() + b"\n"
    except OSError:
        return b""
