# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
NSS: its test client, which is told with -F to verify the certificate once more, with the staple.

That is after the handshake, when NSS 3.110 (Debian 13) has forgotten the other certificates that the server sent: each
server was refused with exit status 1. So they are put into a database that is used for this server alone, trusted for
nothing. NSS 3.87 (Debian 12) still has them in memory.
"""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

from .commands import Command, succeeded
from .target import NO_VERDICT, NSS_DIRECTORY, ROOT_FILE, SECONDS, Target

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_MARKS = ("error ", "SEC_ERROR", "SSL_ERROR", "PR_")


class Nss:
    """Demands a staple."""

    def judge(self, targets: list[Target]) -> list[str]:
        """Return for each target why NSS refuses it; an empty text where it is content."""
        return [_judge(target) for target in targets]


def _judge(target: Target) -> str:
    with tempfile.TemporaryDirectory(prefix="nss-") as directory:
        database = Path(directory, "database")
        shutil.copytree(NSS_DIRECTORY, database)
        try:
            for number, pem in enumerate(_sent(target)):
                _add(database, f"sent {number}", pem)
        except subprocess.TimeoutExpired:
            return f"{NO_VERDICT} within {SECONDS} seconds"
        return Command(lambda asked: _tstclnt(asked, database), succeeded, _MARKS).judge([target])[0]


def _tstclnt(target: Target, database: Path) -> list[str]:
    options = ["-d", f"sql:{database}", "-O", "-F", "-T", "-M", "1", "-V", "tls1.2:tls1.3", "-v"]
    return ["tstclnt", "-h", target.name, "-p", str(target.port), *options]


def _sent(target: Target) -> list[str]:
    """Return the certificates that the server sends with its own, but for the root: that one has its trust already."""
    command = ["openssl", "s_client", "-showcerts", "-connect", f"{target.address}:{target.port}"]
    command += ["-noservername"] if target.is_address else ["-servername", target.name]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    root = ssl.PEM_cert_to_DER_cert(ROOT_FILE.read_text(encoding="ascii"))
    found = _CERTIFICATE.findall(done.stdout.partition("\nServer certificate\n")[0])
    return [pem for pem in found[1:] if ssl.PEM_cert_to_DER_cert(pem) != root]


def _add(database: Path, nickname: str, pem: str) -> None:
    """Add a certificate that is trusted only if the root has issued it."""
    command = ["certutil", "-A", "-d", f"sql:{database}", "-n", nickname, "-t", ",,"]
    subprocess.run(command, input=pem, text=True, check=True, timeout=SECONDS)
