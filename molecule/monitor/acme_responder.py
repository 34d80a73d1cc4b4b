# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An OCSP responder for pebble, which has none: answers of `openssl ocsp` about every certificate that certbot has got.

Runs in the directory that holds issuing.pem and issuing.key.
"""

from __future__ import annotations

import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

PORT = 8889


def write_index() -> None:
    """Write the index that `openssl ocsp` reads: valid is what certbot keeps."""
    lines = []
    for path in sorted(Path("/etc/letsencrypt/archive").glob("*/cert*.pem")):
        command = ["openssl", "x509", "-noout", "-serial", "-in", str(path)]
        serial = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().split("=")[1]
        lines.append(f"V\t491231235959Z\t\t{serial}\tunknown\t/CN={path.stem}\n")
    Path("index.txt").write_text("".join(lines), encoding="utf-8")


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        question = self.rfile.read(int(self.headers["Content-Length"]))
        write_index()
        command = ["openssl", "ocsp", "-index", "index.txt", "-CA", "issuing.pem", "-rsigner", "issuing.pem"]
        command += ["-rkey", "issuing.key", "-ndays", "7", "-reqin", "/dev/stdin", "-respout", "/dev/stdout"]
        answer = subprocess.run([*command, "-out", "/dev/null"], input=question, check=True, capture_output=True).stdout
        self.send_response(200)
        self.send_header("Content-Type", "application/ocsp-response")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


if __name__ == "__main__":
    HTTPServer(("", PORT), Handler).serve_forever()
