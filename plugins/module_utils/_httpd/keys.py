# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether httpd could start again with the keys and certificates that are on disk now.

`httpd -t` does not tell: it accepts a key that does not match its certificate, a certificate cut short and an encrypted
key that nobody is there to open, of which the next reload or start dies. Keys are read by `openssl pkey` and `grep`
only, which hand over the public half and names of files.

Whatever the running httpd has loaded is known to be good: only what has changed since is looked at.
"""

from __future__ import annotations

import base64
import os
import re
import stat
import typing as t
from dataclasses import dataclass, field

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import CertificateError
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.file import MAXIMUM_FILE_SIZE
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import HAS_CRYPTOGRAPHY
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.certificates import CertificateStore
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.conflicts import FATAL, finding
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import first_word, server_path
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Dump, Place
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import Vhost
from ansible_collections.stapling.httpd.plugins.module_utils._process import (
    Output,
    ProcessError,
    Running,
    find_program,
)

if HAS_CRYPTOGRAPHY:
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

_ENCRYPTED = "^(-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED)"
_AT_ONCE = 16
_FILES_OF_A_GREP = 500
_LONGEST_LINK = 40
# Of the file system's clock, which may be a little behind, and of httpd, which reads for a while.
_MARGIN_NS = 2 * 10**9


@dataclass(frozen=True)
class Pair:
    """A certificate file and the file with its key, as a virtual host uses them."""

    vhost: str
    certificate: str
    key: str
    place: Place


@dataclass
class KeyReport:
    """What was found out about the keys."""

    problems: list[dict[str, t.Any]] = field(default_factory=list)
    encrypted: list[str] = field(default_factory=list)

    @property
    def obstacle(self) -> str | None:
        """Return why httpd cannot be started by a program, None if it can."""
        fatal = [problem["message"] for problem in self.problems if problem["severity"] == FATAL]
        if fatal:
            return f"httpd could not start again: {fatal[0]}"
        if self.encrypted:
            return f"the key {self.encrypted[0]} is encrypted, so that starting httpd takes its passphrase"
        return None


def pairs_of(dump: Dump, vhosts: t.Iterable[Vhost]) -> list[Pair]:
    """Return the certificates with their keys, each pair once.

    The key of the third SSLCertificateFile is in the third SSLCertificateKeyFile; where there are fewer of these, it is
    in the file of the certificate. Files of the server come before those of the virtual host.
    """
    found: dict[tuple[str, str], Pair] = {}
    for vhost in vhosts:
        if not vhost.tls:
            continue
        directives = [*dump.server.directives, *([] if vhost.main else vhost.section.directives)]
        certificates = [one for one in directives if one.name == "sslcertificatefile"]
        keys = [one for one in directives if one.name == "sslcertificatekeyfile"]
        for number, certificate in enumerate(certificates):
            key = keys[number] if number < len(keys) else certificate
            paths = (first_word(certificate.arguments), first_word(key.arguments))
            if not any(path.startswith("pkcs11:") for path in paths):
                files = (server_path(dump, paths[0]), server_path(dump, paths[1]))
                found.setdefault(files, Pair(vhost.id, *files, key.place))
    return list(found.values())


def check_keys(
    dump: Dump, vhosts: t.Iterable[Vhost], store: CertificateStore, *, taken_up: int | None, timeout: float
) -> KeyReport:
    """Look at the keys of all virtual hosts that speak TLS.

    `taken_up` is the time (in nanoseconds) at which the running httpd has read its configuration, None if none runs.
    """
    pairs = pairs_of(dump, vhosts)
    if not pairs:
        return KeyReport()
    encrypted = _encrypted(sorted({pair.key for pair in pairs}), timeout=timeout)
    report = KeyReport()
    report.encrypted = [pair.key for pair in pairs if pair.key in encrypted]
    for pair in {pair.key: pair for pair in pairs if pair.key in encrypted}.values():
        report.problems.append(
            finding(
                "key_encrypted",
                f"the key {pair.key} is encrypted: a reload works, a start needs its passphrase",
                place=pair.place,
                vhost=pair.vhost,
                severity="remark",
            )
        )
    changes = _Changes(taken_up)
    all_of_them = any(changes.is_new(include.file) for include in dump.includes)
    suspects = [pair for pair in pairs if all_of_them or changes.is_new(pair.certificate) or changes.is_new(pair.key)]
    if suspects:
        _compare(suspects, store, report, encrypted=encrypted, timeout=timeout)
    return report


class _Changes:
    """Which files have changed since a moment, or whether their path leads to another file now."""

    def __init__(self, moment: int | None) -> None:
        self._moment = moment
        self._links: dict[str, str | None] = {}

    def is_new(self, path: str) -> bool:
        """Tell whether there may be something else behind this path than at that moment."""
        if self._moment is None:
            return True
        for _count in range(_LONGEST_LINK):
            parts = path.split("/")
            target = None
            for length in range(2, len(parts) + 1):
                prefix = "/".join(parts[:length])
                target = self._link(prefix)
                if target is not None:
                    path = os.path.join(os.path.dirname(prefix), target, *parts[length:])
                    break
            if target is None:
                break
            if target == "":
                return True
        return self._is_newer(os.stat(path)) if os.path.exists(path) else True

    def _link(self, path: str) -> str | None:
        """Return what a symbolic link contains, nothing if it is new, None if it is no link."""
        if path not in self._links:
            try:
                status = os.lstat(path)
                found = os.readlink(path) if stat.S_ISLNK(status.st_mode) else None
                self._links[path] = "" if found is not None and self._is_newer(status) else found
            except OSError:
                self._links[path] = None
        return self._links[path]

    def _is_newer(self, status: os.stat_result) -> bool:
        return self._moment is None or max(status.st_ctime_ns, status.st_mtime_ns) > self._moment - _MARGIN_NS


def _encrypted(paths: t.Sequence[str], *, timeout: float) -> set[str]:
    """Return those of the files that hold an encrypted key."""
    found: set[str] = set()
    for first in range(0, len(paths), _FILES_OF_A_GREP):
        some = paths[first : first + _FILES_OF_A_GREP]
        try:
            output = Running([*["grep", "-lsaZE", "--"], _ENCRYPTED, *some], timeout=timeout).output()
        except ProcessError:
            continue
        found.update(output.stdout.split("\0"))
    return found.intersection(paths)


def _compare(
    pairs: t.Sequence[Pair], store: CertificateStore, report: KeyReport, *, encrypted: set[str], timeout: float
) -> None:
    """Add what is wrong with these pairs to the report."""
    program = find_program("openssl")
    if program is None:
        return
    # openssl takes a minute for a file that is too large for anybody.
    keys = sorted(key for key in {pair.key for pair in pairs} - encrypted if not _too_large(key))
    # An empty password: whoever asks for one gets an answer, and never waits for a person.
    public = _run_all(
        {key: [program, *["pkey", "-pubout", "-passin", "pass:", "-in"], key] for key in keys}, timeout=timeout
    )
    broken = [pair.certificate for pair in pairs if _certificate_key(store, pair.certificate) is None]
    readable = _readable(program, broken, timeout=timeout)
    for pair in pairs:
        fault = _fault(pair, store, public=public, readable=readable)
        if fault is not None:
            code, message = fault
            report.problems.append(finding(code, message, place=pair.place, vhost=pair.vhost, severity=FATAL))


def _readable(program: str, paths: t.Iterable[str], *, timeout: float) -> dict[str, bool]:
    """Tell of each file whether openssl reads it to its end, and finds a certificate in it."""
    # openssl takes minutes for one that is too large for anybody; that it is has been reported already.
    paths = [path for path in paths if not _too_large(path)]
    whole = _run_all({path: [program, *["crl2pkcs7", "-nocrl", "-certfile"], path] for path in paths}, timeout=timeout)
    # A file without any certificate is one that openssl reads to its end.
    first = _run_all({path: [program, *["x509", "-noout", "-in"], path] for path in paths}, timeout=timeout)
    return {path: all(found[path].code == 0 for found in (whole, first) if path in found) for path in paths}


def _too_large(path: str) -> bool:
    try:
        return os.path.getsize(path) > MAXIMUM_FILE_SIZE
    except OSError:
        return False


def _fault(
    pair: Pair, store: CertificateStore, *, public: t.Mapping[str, Output], readable: t.Mapping[str, bool]
) -> tuple[str, str] | None:
    """Return the word and the sentence for what keeps httpd from starting with this pair, None if nothing does."""
    certificate = _certificate_key(store, pair.certificate)
    if certificate is None:
        if readable.get(pair.certificate, True):
            return None
        return "certificate_damaged", f"the certificate {pair.certificate} is damaged or cut short; put it there again"
    if _too_large(pair.key):
        return "key_unreadable", f"{pair.key} is too large to be a key; put the key of {pair.certificate} there"
    output = public.get(pair.key)
    if output is None:
        return None
    if output.code != 0:
        return "key_unreadable", f"openssl finds no private key in {pair.key}; put the key of {pair.certificate} there"
    if not _same_key(certificate, _der(output.stdout)):
        return "key_mismatch", f"the key {pair.key} is not that of the certificate {pair.certificate}"
    return None


def _certificate_key(store: CertificateStore, path: str) -> bytes | None:
    """Return the public key of the certificate in a file, None if the file cannot be read to its end."""
    try:
        return store.load(path)[0].tbs.public_key
    except CertificateError:
        return None


def _same_key(certificate: bytes, key: bytes) -> bool:
    """Tell whether these are the same public key. There is more than one way to write one."""
    if certificate == key or not HAS_CRYPTOGRAPHY:
        return certificate == key
    try:
        return _normal(certificate) == _normal(key)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        # One that this cryptography does not know: the host is not refused for that.
        return True


def _normal(info: bytes) -> bytes:
    return serialization.load_der_public_key(info).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _der(pem: str) -> bytes:
    match = re.search(r"-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----", pem)
    return base64.b64decode(match.group(1)) if match else b""


def _run_all(commands: t.Mapping[str, t.Sequence[str]], *, timeout: float) -> dict[str, Output]:
    """Run the commands, some at a time, and return the outputs of those that came to their end."""
    found: dict[str, Output] = {}
    names = list(commands)
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        running = [Running(commands[name], timeout=timeout) for name in some]
        for name, process in zip(some, running):
            try:
                found[name] = process.output()
            except ProcessError:
                continue
    return found
