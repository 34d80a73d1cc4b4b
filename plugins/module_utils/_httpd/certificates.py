# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of all virtual hosts. Every file is read once, every issuer looked for where mod_ssl looks."""

from __future__ import annotations

import os
import re
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
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import CertificateFile, Vhost

_HASHED = re.compile(r"[0-9a-f]{8}\.\d+$")


class CertificateStore:
    """The files that have been read, and the certificates in them.

    mod_ssl keeps what it knows about a certificate under its fingerprint, for all virtual hosts: the issuer has to be
    there for one of them only.
    """

    def __init__(self) -> None:
        self._files: dict[tuple[int, int], list[Parsed] | CertificateError] = {}
        self._known: dict[bytes, Parsed] = {}
        self._indexes: dict[tuple[str | None, str | None], IssuerIndex] = {}
        self._described: dict[str, dict[str, t.Any]] = {}
        self._by_der: dict[bytes, dict[str, t.Any]] = {}

    @property
    def certificates(self) -> list[dict[str, t.Any]]:
        """Return every certificate that was added, once."""
        return list(self._described.values())

    def load(self, path: str) -> list[Parsed]:
        """Return the certificates in a file. Raises the same CertificateError each time."""
        try:
            status = os.stat(path)
            key = (status.st_dev, status.st_ino)
        except (OSError, ValueError):
            return self._read(path)
        found = self._files.get(key)
        if found is None:
            try:
                found = self._read(path)
            except CertificateError as error:
                found = error
            self._files[key] = found
        if isinstance(found, CertificateError):
            raise found
        return found

    def _read(self, path: str) -> list[Parsed]:
        return parse_certificates(read_certificate_file(path), self._known)

    def add(self, file: CertificateFile, vhost: Vhost) -> dict[str, t.Any]:
        """Describe the certificate in this file, with the issuer as this virtual host finds it."""
        if file.path.startswith("pkcs11:"):
            message = "the certificate is in a token, which cannot be inspected"
            return self._problem(file.path, CertificateError("pkcs11", message))
        try:
            certificates = self.load(file.path)
        except CertificateError as error:
            if file.managed_domain and error.code == "not_found":
                error = CertificateError("md_pending", f"mod_md has not obtained {file.path} yet")
            return self._problem(file.path, error)
        leaf = certificates[0]
        description = self._by_der.get(leaf.der)
        if description is None:
            description = describe_parsed(leaf, path=file.path, issuer_available=False)
            self._by_der[leaf.der] = description
            self._described[description["fingerprint_sha256"]] = description
        if not description["issuer_available"]:
            issuer_path = self._issuer(leaf, certificates, file, vhost)
            if issuer_path is not None:
                description["issuer_available"] = True
                description["issuer_path"] = issuer_path
        return description

    def _problem(self, path: str, error: CertificateError) -> dict[str, t.Any]:
        return self._described.setdefault(path, describe_problem(error.code, error.message, path=path))

    def _issuer(self, leaf: Parsed, inside: list[Parsed], file: CertificateFile, vhost: Vhost) -> str | None:
        """Return the file in which mod_ssl finds the issuer, None if it does not.

        SSLCertificateChainFile hides the chain in the certificate's own file; after them come the CA files.
        """
        if vhost.chain_file is not None:
            found = self._index(vhost.chain_file, None).find(leaf)
        else:
            found = None
            own = IssuerIndex(trust_key_identifiers=True)
            for candidate in inside[1:]:
                own.add(candidate, file.path)
            found = own.find(leaf)
        if found is None and (vhost.ca_file is not None or vhost.ca_path is not None):
            found = self._index(vhost.ca_file, vhost.ca_path).find(leaf)
        return found[1] if found is not None else None

    def _index(self, file: str | None, directory: str | None) -> IssuerIndex:
        index = self._indexes.get((file, directory))
        if index is None:
            index = self._indexes[(file, directory)] = IssuerIndex(trust_key_identifiers=True)
            for path in ([file] if file is not None else []) + _hashed(directory):
                try:
                    for candidate in self.load(path):
                        index.add(candidate, path)
                except CertificateError:
                    # httpd itself refuses a broken file of this kind; there is no issuer in it.
                    continue
        return index


def _hashed(directory: str | None) -> list[str]:
    """Return the files that OpenSSL sees in SSLCACertificatePath: those that are named after their hash."""
    if directory is None:
        return []
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return [os.path.join(directory, name) for name in sorted(names) if _HASHED.match(name)]


def inspect(
    vhosts: t.Iterable[Vhost], store: CertificateStore | None = None
) -> tuple[list[dict[str, t.Any]], dict[str, list[dict[str, t.Any]]]]:
    """Return all certificates once, and those of each TLS virtual host by its id, in the order of its files."""
    store = CertificateStore() if store is None else store
    by_vhost: dict[str, list[dict[str, t.Any]]] = {}
    for vhost in vhosts:
        if vhost.tls:
            by_vhost[vhost.id] = _served(store, vhost)
    return store.certificates, by_vhost


def _served(store: CertificateStore, vhost: Vhost) -> list[dict[str, t.Any]]:
    """Return the certificates that a virtual host serves: of several with the same type of key, the last."""
    served: dict[str, dict[str, t.Any]] = {}
    for file in vhost.certificate_files:
        description = store.add(file, vhost)
        key = description["key_type"] or description["path"]
        served.pop(key, None)
        served[key] = description
    return list(served.values())


def reference(description: dict[str, t.Any]) -> str:
    """Return how a virtual host refers to a certificate: its fingerprint, or its path if it could not be read."""
    return str(description["fingerprint_sha256"] or description["path"])
