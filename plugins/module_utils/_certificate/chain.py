# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain that a live server presents, where Python itself does not show it.

The ssl module of Python 3.13 does. Before, the openssl command is asked, which is a handshake of its own.
"""

from __future__ import annotations

import ssl

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import (
    CertificateError,
    split_certificates,
)
from ansible_collections.stapling.httpd.plugins.module_utils._process import ProcessError, find_program, run


def chain_of(tls: ssl.SSLObject) -> tuple[bytes, ...] | None:
    """Return what came after the server's own certificate, in DER, or None if this Python cannot tell."""
    ask = getattr(tls, "get_unverified_chain", None)
    return tuple(bytes(certificate) for certificate in ask()[1:]) if ask is not None else None


def chain_by_openssl(
    address: str, port: int, server_name: str | None, *, leaf: bytes, timeout: float
) -> tuple[bytes, ...] | None:
    """Return the chain that the openssl command shows, or None if it is missing, fails, or sees another `leaf`."""
    program = find_program("openssl")
    if program is None or timeout <= 0:
        return None
    host = f"[{address}]" if ":" in address else address
    name = ["-servername", server_name] if server_name is not None else ["-noservername"]
    command = [program, "s_client", "-showcerts", "-connect", f"{host}:{port}", *name, "-cipher", "ALL:@SECLEVEL=0"]
    try:
        output = run(command, timeout=timeout)
        presented = split_certificates(output.stdout.encode("utf-8"))
    except (ProcessError, CertificateError):
        return None
    # Behind one address there may be several servers.
    return tuple(presented[1:]) if presented[0] == leaf else None
