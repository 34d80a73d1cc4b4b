# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages about stapling in httpd's error log, by their numbers, and what each of them means."""

from __future__ import annotations

import os
import re
import stat
import time
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape

EXPLANATIONS = {
    "AH00020": "httpd could not take its configuration up and has ended",
    "AH01872": "the directory of a dbm cache does not exist, so httpd cannot start",
    "AH01926": "stapling is skipped for this certificate",
    "AH01928": "the responder's answer is too large for the cache of mod_ssl",
    "AH01935": "the responder's answer is about another certificate",
    "AH01936": "the response is not valid yet, or not any more; compare the clocks of the host and the responder",
    "AH01941": "the responder's answer could not be used",
    "AH01943": "the responder's answer does not hold",
    "AH01958": "SSLUseStapling is on without an SSLStaplingCache, of which httpd dies at a reload",
    "AH01972": "the responder's name cannot be resolved on this host",
    "AH01974": "no connection to the responder or its proxy; open the outbound path, or see whether it runs",
    "AH01977": "the responder or the proxy took the connection and did not answer in time",
    "AH01980": "the responder or the proxy answered with an HTTP error",
    "AH01985": "the responder did not finish its answer in time",
    "AH01988": "what answered is no OCSP responder",
    "AH02217": "the issuer's certificate is missing; add the chain to SSLCertificateFile",
    "AH02218": "the certificate names no OCSP responder",
    "AH02321": "the responder or the proxy closed the connection without an answer",
    "AH02604": "the issuer's certificate is missing; add the chain to SSLCertificateFile",
    "AH02814": "the certificate names no OCSP responder",
    "AH02969": "the responder says that the certificate is revoked or unknown",
}

# httpd adds the system's own word for why it could not connect.
_FORBIDDEN = re.compile(r"\((?:1|13|97)\)(?:Operation not permitted|Permission denied|Address family not supported)")
_WHAT_FORBIDS = (
    "httpd itself is forbidden to connect, by SELinux, AppArmor or the settings of its unit; other programs of the same"
    " user may get through"
)

_CODE = re.compile(r"\b(AH\d{5}): ")
_TIME = re.compile(r"\[(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4})\]")
_TAIL = 256 * 1024
_LONGEST = 500


def read_log(paths: t.Iterable[str], *, seconds: float, now: float, most: int) -> list[dict[str, t.Any]]:
    """Return the explained lines of the last `seconds`, file by file, newest last, each message of a file once."""
    found: dict[tuple[str, str], dict[str, t.Any]] = {}
    for path in paths:
        for line in _tail(path):
            code = _CODE.search(line)
            if code is None or code.group(1) not in EXPLANATIONS or not _recent(line, since=now - seconds):
                continue
            text = escape(line[code.start() : code.start() + _LONGEST])
            # A repeated message has its newest place.
            found.pop((path, text), None)
            found[(path, text)] = {
                "file": path,
                "code": code.group(1),
                "line": text,
                "explanation": _explanation(code.group(1), line),
            }
    return list(found.values())[-most:]


def _explanation(code: str, line: str) -> str:
    """Return what a line means. For a connection that the system has forbidden, no path has to be opened."""
    return _WHAT_FORBIDS if code == "AH01974" and _FORBIDDEN.search(line) else EXPLANATIONS[code]


def _tail(path: str) -> list[str]:
    """Return the last lines of a log; none of one that is not there or is no regular file."""
    try:
        # A pipe would hang a plain open().
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return []
        data = os.pread(descriptor, _TAIL, max(0, status.st_size - _TAIL))
    except OSError:
        return []
    finally:
        os.close(descriptor)
    return data.decode("utf-8", errors="replace").splitlines()


def _recent(line: str, *, since: float) -> bool:
    """Tell whether a line is new enough. One without a time that can be read is."""
    match = _TIME.match(line)
    if match is None:
        return True
    try:
        # httpd writes local time to the second, so the second in which the run began counts as recent.
        return time.mktime(time.strptime(" ".join(match.groups()), "%a %b %d %H:%M:%S %Y")) >= int(since)
    except (ValueError, OverflowError):
        return True
