# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates from files, directories, globs, text and live servers, each with the endpoints of its responders."""

from __future__ import annotations

import glob
import os
import stat
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    CertificateError,
    IssuerIndex,
    Parsed,
    describe_parsed,
    describe_problem,
    parse_certificates,
    read_certificate_file,
)
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.live import LiveEndpoint, Presented, fetch_all


class Source(t.NamedTuple):
    """Where certificates came from, and what was there."""

    path: str | None
    endpoint: str | None
    certificates: tuple[Parsed, ...]
    problem: CertificateError | None = None
    tls_version: str | None = None
    chain_known: bool = True


def from_paths(paths: t.Iterable[str]) -> list[Source]:
    """Read the certificates of files, of directories (the files directly in them) and of globs, each file once."""
    sources: list[Source] = []
    seen: set[str] = set()
    known: dict[bytes, Parsed] = {}
    for path in paths:
        for found, explicit in _expand(path):
            if found in seen:
                continue
            source = _from_file(found, known)
            if explicit or source.problem is None:
                seen.add(found)
                sources.append(source)
    return sources


def _expand(path: str) -> list[tuple[str, bool]]:
    matches = sorted(glob.glob(path)) if glob.has_magic(path) and not os.path.lexists(path) else [path]
    found: list[tuple[str, bool]] = []
    for match in matches:
        if os.path.isdir(match):
            try:
                names = sorted(os.listdir(match))
            except OSError:
                found.append((match, True))
                continue
            inside = [os.path.join(match, name) for name in names]
            # Keys, notes and sub-directories in there are nobody's mistake.
            found += [(file, False) for file in inside if _is_regular(file)]
        else:
            found.append((match, True))
    return found


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _from_file(path: str, known: dict[bytes, Parsed]) -> Source:
    try:
        return Source(path, None, tuple(parse_certificates(read_certificate_file(path), known)))
    except CertificateError as error:
        return Source(path, None, (), error)


def from_content(content: str | None) -> list[Source]:
    """Read the certificates of PEM text; None stands for no text."""
    if content is None:
        return []
    try:
        return [Source(None, None, tuple(parse_certificates(content.encode("utf-8", "surrogateescape"))))]
    except CertificateError as error:
        return [Source(None, None, (), error)]


def from_endpoints(endpoints: t.Sequence[LiveEndpoint], *, timeout: float) -> list[Source]:
    """Fetch what live servers present, in the order of the endpoints; `timeout` is in seconds, for each."""
    return [
        _from_answer(endpoint, answer) for endpoint, answer in zip(endpoints, fetch_all(endpoints, timeout=timeout))
    ]


def _from_answer(endpoint: LiveEndpoint, answer: Presented | CertificateError) -> Source:
    if isinstance(answer, CertificateError):
        return Source(None, endpoint.label, (), answer)
    try:
        parsed = tuple(parse_certificates(der)[0] for der in (answer.leaf, *(answer.chain or ())))
    except CertificateError as error:
        return Source(None, endpoint.label, (), error)
    return Source(None, endpoint.label, parsed, tls_version=answer.tls_version, chain_known=answer.chain is not None)


def report(sources: t.Sequence[Source], *, include_ca: bool) -> dict[str, t.Any]:
    """Return the certificates of all sources in order, and the endpoints that they need."""
    index = IssuerIndex()
    for source in sources:
        for parsed in source.certificates:
            index.add(parsed, source.path)
    certificates: list[dict[str, t.Any]] = []
    for source in sources:
        if source.problem is not None:
            error = source.problem
            certificates.append(describe_problem(error.code, error.message, path=source.path, endpoint=source.endpoint))
        for position, parsed in enumerate(source.certificates):
            if position > 0 and parsed.extensions.is_ca and not include_ca:
                continue
            certificates.append(_describe(parsed, source, index))
    return {"certificates": certificates, "endpoints": endpoints_of(certificates)}


def _describe(parsed: Parsed, source: Source, index: IssuerIndex) -> dict[str, t.Any]:
    own = IssuerIndex()
    for candidate in source.certificates:
        own.add(candidate, source.path)
    found = own.find(parsed) or index.find(parsed)
    available: bool | None = found is not None
    if not available and not source.chain_known:
        available = None
    description = describe_parsed(
        parsed,
        path=source.path,
        endpoint=source.endpoint,
        issuer_path=found[1] if found is not None else None,
        issuer_available=bool(available),
    )
    description["issuer_available"] = available
    description["tls_version"] = source.tls_version
    return description


def endpoints_of(certificates: t.Iterable[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return each endpoint once, with the fingerprints of the certificates that need it."""
    needed: dict[tuple[str, int, str], dict[str, None]] = {}
    for certificate in certificates:
        for endpoint in certificate["ocsp_endpoints"]:
            if endpoint["problem"] is None:
                key = (endpoint["host"], endpoint["port"], endpoint["scheme"])
                needed.setdefault(key, {}).setdefault(certificate["fingerprint_sha256"], None)
    return [
        {"host": host, "port": port, "scheme": scheme, "needed_by": list(fingerprints)}
        for (host, port, scheme), fingerprints in needed.items()
    ]
