# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `openssl` as a client that our code has no part in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.stapling.httpd.tests.unit.support import pki as authority


class OpenSsl:
    """`openssl ocsp` as a client that trusts the root and knows the issuing CA."""

    def __init__(self, directory: Path, pki: authority.Pki) -> None:
        self.directory = directory
        for name in ("root", "issuer", "leaf"):
            (directory / f"{name}.pem").write_text(getattr(pki, name).pem)

    def run(self, *arguments: str) -> str:
        """Run `openssl ocsp` about the leaf and return what it prints."""
        files = ["-issuer", "issuer.pem", "-cert", "leaf.pem", "-CAfile", "root.pem", "-verify_other", "issuer.pem"]
        finished = subprocess.run(
            ["openssl", "ocsp", *arguments, *files, "-no_nonce"],
            cwd=self.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=20,
            check=False,
        )
        return finished.stdout.decode("utf-8", "replace")

    def accepts(self, response: bytes, *, hash_name: str = "sha1") -> bool:
        """Return whether it takes this response for the leaf."""
        (self.directory / "response.der").write_bytes(response)
        said = self.run(f"-{hash_name}", "-respin", "response.der")
        return "Response verify OK" in said and "leaf.pem: good" in said and "Status times invalid" not in said
