# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `openssl ocsp -respin` says about a staple."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def judge_staple(staple: bytes, leaf_pem: str, issuer_file: str, ca_file: str) -> dict[str, Any]:
    """Judge a staple: its response status, its signature, its times, and its answer about the leaf that was served."""
    with TemporaryDirectory() as directory:
        answer, leaf = Path(directory) / "answer.der", Path(directory) / "leaf.pem"
        answer.write_bytes(staple)
        leaf.write_text(leaf_pem, encoding="ascii")
        command = [
            "openssl", "ocsp", "-respin", str(answer), "-issuer", issuer_file, "-cert", str(leaf), "-CAfile", ca_file,
            "-no_nonce", "-validity_period", "300", "-resp_text",
        ]  # fmt: skip
        done = subprocess.run(command, input=b"", capture_output=True, timeout=60, check=False)
    text, complaints = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    status = re.search(r"OCSP Response Status: (\w+)|Responder Error: (\w+)", text + complaints)
    # The command's own summary, about this leaf; what it prints of the answer before may be about others as well.
    about = re.search(
        rf"^{re.escape(str(leaf))}: (good|revoked|unknown)\n\s+This Update: .+(?:\n\s+Next Update: (.+))?",
        text,
        re.MULTILINE,
    )
    signed = "Response verify OK" in complaints
    timely = about is not None and "Status times invalid" not in text + complaints
    # The command takes an answer without an end for fresh; clients that follow RFC 5019 do not.
    next_update = about.group(2) if about else None
    return {
        "response_status": next(filter(None, status.groups())) if status else None,
        "signature_valid": signed,
        "certificate_status": about.group(1) if about else None,
        "times_valid": timely,
        "next_update": next_update,
        "acceptable": signed and timely and next_update is not None and about is not None and about.group(1) == "good",
    }
