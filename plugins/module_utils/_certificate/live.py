# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate that a live server presents, as openssl s_client shows it."""

from __future__ import annotations

import ssl
import time
import typing as t
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.chain import chain_by_openssl, chain_of
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import CertificateError
from ansible_collections.stapling.httpd.plugins.module_utils._connection import (
    NetworkError,
    TlsConnection,
    connect,
    is_address,
)
from ansible_collections.stapling.httpd.plugins.module_utils._names import HostNameError, sni_name

DEFAULT_PORT = 443
_WORKERS = 16
# A chain takes a few thousand bytes; OpenSSL itself stops at 100 kB of certificates.
_MAXIMUM_RECEIVED = 512 * 1024


@dataclass(frozen=True)
class LiveEndpoint:
    """Where to connect, and the name to ask for; an address is never sent as a name."""

    address: str
    port: int
    server_name: str | None

    @property
    def label(self) -> str:
        """`address:port`, with `#name` where another name is asked for."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        label = f"{host}:{self.port}"
        return label if self.server_name in (None, self.address) else f"{label}#{self.server_name}"


def parse_live_endpoint(value: t.Any) -> LiveEndpoint:
    """Return the endpoint for `host[:port]`, `[IPv6]:port` or a mapping of the three fields; or raise ValueError."""
    if isinstance(value, str):
        address, port = _split(value)
        return _live_endpoint(address, port, None)
    if not isinstance(value, dict):
        raise ValueError("an endpoint is host:port, or a mapping with address, port and server_name")
    unknown = sorted(set(value) - {"address", "port", "server_name"})
    if unknown:
        raise ValueError(f"an endpoint has address, port and server_name, not {', '.join(map(str, unknown))}")
    if not value.get("address"):
        raise ValueError("an endpoint needs an address")
    address = str(value["address"])
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    name = value.get("server_name")
    return _live_endpoint(address, str(value.get("port") or DEFAULT_PORT), str(name) if name else None)


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is not an address in brackets with a port")
        return address, rest[1:] or str(DEFAULT_PORT)
    if text.count(":") > 1:
        # An IPv6 address without brackets has no room for a port.
        return text, str(DEFAULT_PORT)
    address, _colon, port = text.partition(":")
    return address, port or str(DEFAULT_PORT)


def _live_endpoint(address: str, port: str, server_name: str | None) -> LiveEndpoint:
    if not port.isascii() or not port.isdigit() or len(port) > 5 or not 1 <= int(port) <= 65535:
        raise ValueError(f"{port if len(port) <= 5 else port[:5] + '...'!r} is not a port from 1 to 65535")
    for name in (address, server_name or "-"):
        if not name or not name.isprintable() or any(character in name for character in " /\\@"):
            raise ValueError(f"{name!r} is not the name or address of a host")
    if server_name is None and not is_address(address):
        server_name = address
    return LiveEndpoint(address, int(port), server_name)


@dataclass(frozen=True)
class Presented:
    """What a server sent: its certificate, the rest of the chain where it can be found out, and the version."""

    leaf: bytes
    chain: tuple[bytes, ...] | None
    tls_version: str | None


def fetch_all(endpoints: t.Sequence[LiveEndpoint], *, timeout: float) -> list[Presented | CertificateError]:
    """Ask all endpoints in parallel, and return the results in their order."""
    if not endpoints:
        return []
    with ThreadPoolExecutor(max_workers=min(_WORKERS, len(endpoints))) as pool:
        return list(pool.map(lambda endpoint: _fetch_or_error(endpoint, timeout), endpoints))


def _fetch_or_error(endpoint: LiveEndpoint, timeout: float) -> Presented | CertificateError:
    try:
        return fetch(endpoint, timeout=timeout)
    except CertificateError as error:
        return error


def fetch(endpoint: LiveEndpoint, *, timeout: float) -> Presented:
    """Shake hands once, or raise CertificateError, within `timeout` seconds, name resolution included."""
    deadline = time.monotonic() + timeout
    try:
        name = sni_name(endpoint.server_name)
        with connect(endpoint.address, endpoint.port, deadline=deadline) as connection:
            tls = TlsConnection(connection, _context(), name, limit=_MAXIMUM_RECEIVED).tls
            host = connection.attempts[-1].address
            leaf = tls.getpeercert(binary_form=True)
            chain, version = chain_of(tls), tls.version()
    except NetworkError as error:
        raise _refusal(endpoint.label, error, timeout) from error
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        raise CertificateError("tls_failed", f"{endpoint.label}: the TLS handshake failed: {reason}") from error
    except (HostNameError, ValueError) as error:
        # Python's own refusal is a ValueError.
        raise CertificateError("invalid_server_name", f"{endpoint.label}: {error}") from error
    if not leaf:
        raise CertificateError("no_certificate", f"{endpoint.label} presented no certificate")
    if chain is None:
        remaining = deadline - time.monotonic()
        chain = chain_by_openssl(host, endpoint.port, name, leaf=leaf, timeout=remaining)
    return Presented(leaf, chain, version)


def _refusal(label: str, error: NetworkError, timeout: float) -> CertificateError:
    if error.code == "timeout":
        return CertificateError("timeout", f"{label} did not answer within {timeout:.3g} seconds")
    if error.code == "refused":
        return CertificateError("connection_refused", f"{label} refuses the connection")
    if error.code == "closed":
        return CertificateError("connection_closed", f"{label} closed the connection")
    if error.code == "too_much":
        return CertificateError("tls_failed", f"{label}: the TLS handshake failed: {error.message}")
    if error.code == "unresolvable":
        return CertificateError("unresolvable", f"{label} cannot be resolved: {error.message}")
    return CertificateError("unreachable", f"{label}: {error.message}")


def _context() -> ssl.SSLContext:
    """Return a context that verifies nothing and takes old servers: a certificate is looked at, not trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context
