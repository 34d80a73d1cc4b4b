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

# What OpenSSL offers unasked, but for the groups with ML-KEM: to make a key for these takes a tenth of the time of a
# handshake, and says nothing about a staple.
WITHOUT_ML_KEM = "?X25519:?secp256r1:?X448:?secp384r1:?secp521r1:?ffdhe2048:?ffdhe3072"
_FIRST_WITH_ML_KEM = 0x30500000


class TlsContext(t.NamedTuple):
    """A context, None where a program makes the handshakes.

    `forced_by` says what makes the server present the requested kind of certificate, None for nothing. `few_groups`
    says that not every group is offered that OpenSSL knows.
    """

    context: SSL.Context | None
    forced_by: str | None
    few_groups: bool = False


class Staple:
    """Where the callback leaves what the server sent; an empty staple is none."""

    data: bytes = b""


class Contexts:
    """One context for each combination of key type, TLS version and groups, made when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str | None, str | None, bool], TlsContext] = {}

    def get(
        self, *, key_type: str | None = None, tls_version: str | None = None, every_group: bool = False
    ) -> TlsContext:
        """Return the context for a key type and a TLS version; None leaves the choice to both sides."""
        with self._lock:
            key = (key_type, tls_version, every_group)
            if key not in self._known:
                self._known[key] = _make(*key)
            return self._known[key]


def _make(key_type: str | None, tls_version: str | None, every_group: bool) -> TlsContext:
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
    return TlsContext(context, forced_by, not every_group and _leave_out_ml_kem(context))


def _keep_staple(connection: SSL.Connection, data: bytes, _extra: object) -> bool:
    connection.get_app_data().data = data
    return True


def _leave_out_ml_kem(context: SSL.Context) -> bool:
    """Return whether there was something to leave out, and it could be."""
    if SSL.OPENSSL_VERSION_NUMBER < _FIRST_WITH_ML_KEM:
        return False
    return _set_list("SSL_CTX_set1_curves_list", context, WITHOUT_ML_KEM)


def _set_list(function: str, context: SSL.Context, value: str) -> bool:
    """Call a function of OpenSSL for which pyOpenSSL has no method; not every cryptography binds it."""
    set_list = getattr(getattr(SSL, "_lib", None), function, None)
    pointer = getattr(context, "_context", None)
    return set_list is not None and pointer is not None and set_list(pointer, value.encode("ascii")) == 1


def _force_key_type(context: SSL.Context, key_type: str) -> str:
    context.set_cipher_list(CIPHERS[key_type].encode("ascii"))
    # Where that is not possible (cryptography 36 and 37), TLS 1.2 is what is left: there, the cipher list decides.
    possible = _set_list("SSL_CTX_set1_sigalgs_list", context, SIGNATURE_ALGORITHMS[key_type])
    return "signature_algorithms" if possible else "cipher_list"
