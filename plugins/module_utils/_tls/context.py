# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS client contexts that ask for a staple and, on request, for one kind of certificate or one version of TLS.

A context is configured once and then shared by all threads: OpenSSL allows that, and making one is slower than using
it.
"""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._pyopenssl_dep import HAS_PYOPENSSL

if HAS_PYOPENSSL:
    from OpenSSL import SSL

KEY_TYPES = ("rsa", "ecdsa", "ed25519", "ed448")
TLS_VERSIONS = ("TLSv1.2", "TLSv1.3")

SIGNATURE_ALGORITHMS = {
    "rsa": (
        "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512"
        ":rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512"
    ),
    "ecdsa": "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512",
    "ed25519": "ed25519",
    "ed448": "ed448",
}
# TLS 1.2 picks the certificate by the cipher suite as well; Ed25519 and Ed448 go by the suites of ECDSA.
CIPHERS = {"rsa": "HIGH+aRSA", "ecdsa": "HIGH+aECDSA", "ed25519": "HIGH+aECDSA", "ed448": "HIGH+aECDSA"}


class TlsContext(t.NamedTuple):
    """A context, None where a program makes the handshakes.

    `forced_by` says what makes the server present the requested kind of certificate, None for nothing.
    """

    context: SSL.Context | None
    forced_by: str | None


class Staple:
    """Where the callback leaves what the server sent; an empty staple is none."""

    data: bytes = b""


class Contexts:
    """One context for each combination of key type and TLS version, made when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str | None, str | None], TlsContext] = {}

    def get(self, *, key_type: str | None = None, tls_version: str | None = None) -> TlsContext:
        """Return the context for a key type and a TLS version; None leaves the choice to both sides."""
        with self._lock:
            key = (key_type, tls_version)
            if key not in self._known:
                self._known[key] = _make(key_type, tls_version)
            return self._known[key]


def _make(key_type: str | None, tls_version: str | None) -> TlsContext:
    if not HAS_PYOPENSSL:
        return TlsContext(None, "signature_algorithms" if key_type else None)
    # pyOpenSSL 20 knows the method under its old name only.
    context = SSL.Context(getattr(SSL, "TLS_METHOD", SSL.SSLv23_METHOD))
    # Certificates are judged afterwards, with a reason for each refusal; here every server gets to show its own. With
    # a callback that allows everything OpenSSL would verify each signature of the chain, for nothing.
    context.set_verify(SSL.VERIFY_NONE)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_ocsp_client_callback(_keep_staple)
    forced_by = _force_key_type(context, key_type) if key_type else None
    if forced_by == "cipher_list" and tls_version is None:
        tls_version = "TLSv1.2"
    elif forced_by == "cipher_list" and tls_version == "TLSv1.3":
        # Its cipher suites say nothing about certificates.
        forced_by = None
    if tls_version == "TLSv1.2":
        context.set_options(SSL.OP_NO_TLSv1 | SSL.OP_NO_TLSv1_1 | SSL.OP_NO_TLSv1_3)
    elif tls_version == "TLSv1.3":
        context.set_options(SSL.OP_NO_TLSv1 | SSL.OP_NO_TLSv1_1 | SSL.OP_NO_TLSv1_2)
    return TlsContext(context, forced_by)


def _keep_staple(connection: SSL.Connection, data: bytes, _extra: object) -> bool:
    connection.get_app_data().data = data
    return True


def _force_key_type(context: SSL.Context, key_type: str) -> str:
    context.set_cipher_list(CIPHERS[key_type].encode("ascii"))
    # pyOpenSSL has no method for this, but the library that it binds has the function; cryptography 36 and 37 lack it.
    # Then TLS 1.2 is what is left: there, the cipher list decides.
    set_list = getattr(getattr(SSL, "_lib", None), "SSL_CTX_set1_sigalgs_list", None)
    pointer = getattr(context, "_context", None)
    if set_list is None or pointer is None or set_list(pointer, SIGNATURE_ALGORITHMS[key_type].encode("ascii")) != 1:
        return "cipher_list"
    return "signature_algorithms"
