# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`openssl ocsp` or `pki --ocsp` of strongSwan behind an HTTP server.

The second has none of its own, and that of the first spins once a client has left without a question.
"""

from __future__ import annotations

import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, NAME, PKI = sys.argv[1:]
SIGNED_BY = {"openssl": "issuing", "strongswan": "delegated"}[NAME]
CERTIFICATE, KEY = f"{PKI}/{SIGNED_BY}.pem", f"{PKI}/{SIGNED_BY}.key"
ISSUER, INDEX = f"{PKI}/issuing.pem", f"{PKI}/index.txt"
COMMANDS = {
    "openssl": (
        "openssl ocsp -reqin /dev/stdin -respout /dev/stdout -out /dev/null -ndays 7"
        f" -CA {ISSUER} -index {INDEX} -rsigner {CERTIFICATE} -rkey {KEY}"
    ),
    "strongswan": (
        f"pki --ocsp --respond --lifetime 10080 --cacert {ISSUER} --index {INDEX} --cert {CERTIFICATE} --key {KEY}"
    ),
}


class Handler(BaseHTTPRequestHandler):
    """What hands each question to the command."""

    timeout = 30

    def do_POST(self) -> None:
        """Answer one question."""
        question = self.rfile.read(int(self.headers["Content-Length"]))
        done = subprocess.run(COMMANDS[NAME].split(), input=question, capture_output=True, timeout=20, check=False)
        self.send_response(200 if done.stdout else 500)
        self.send_header("Content-Type", "application/ocsp-response")
        self.send_header("Content-Length", str(len(done.stdout)))
        self.end_headers()
        self.wfile.write(done.stdout)


ThreadingHTTPServer(("0.0.0.0", int(PORT)), Handler).serve_forever()
