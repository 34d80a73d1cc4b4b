#!/usr/bin/env python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Judge mutated OCSP responses.

100,000 have broken signatures, and each has to end in the right verdict. Others are signed again: clients must refuse
none of these that is accepted here.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import time
from collections import Counter
from pathlib import Path

from _mutants import Mutants
from _table import Row, show

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.validation import validate_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "tests" / "lab" / "lab"
TESTS = "tests/unit/plugins/module_utils/_ocsp/test_response.py"
MUTATIONS = 100_000
SIGNED_AGAIN = int(os.environ.get("STAPLING_SIGNED_AGAIN", "10000"))
# The clients of Debian 12 and 13: OpenSSL 3.0 and 3.5, GnuTLS 3.7 and 3.8.
IMAGES = ("clients", "clients13")
# In a container: a line for each response that a client refuses.
ASK = """
cd "$(mktemp -d)" && tar -x
for file in *.der; do
  openssl ocsp -respin $file -issuer issuer.pem -cert leaf.pem -CAfile root.pem -verify_other issuer.pem -no_nonce \
    >said 2>&1
  grep -q 'Response verify OK' said && grep -q 'leaf.pem: good' said && ! grep -q 'times invalid' said \\
    || echo openssl $file
  ocsptool --verify-response --load-signer issuer.pem --infile $file >said 2>&1 || echo gnutls $file
done
"""


def accepted_here(mutants: Mutants, count: int) -> tuple[set[bytes], Counter[str]]:
    """Return those that the validator accepts, each once, and how many of each problem there are."""
    accepted, problems = set(), Counter()
    for _number in range(count):
        data = mutants.make()
        verdict = validate_response(
            data,
            certificate=mutants.pki.leaf.certificate,
            issuer=mutants.pki.issuer.certificate,
            now=authority.now(),
            rules=Rules(),
        )
        problems[verdict.problem or "accepted"] += 1
        if verdict.acceptable and not verdict.warnings:
            accepted.add(data)
    return accepted, problems


def refused_there(files: dict[str, bytes], image: str) -> list[str]:
    """Return the complaints of the clients in an image of the lab: CLIENT FILE."""
    tag = subprocess.run([LAB, "images", image], check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-1]
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    command = ["docker", "run", "--rm", "-i", "--network", "none", "--entrypoint", "sh", tag, "-c", ASK]
    done = subprocess.run(command, check=True, input=archive.getvalue(), stdout=subprocess.PIPE)
    return done.stdout.decode().splitlines()


def signed_again() -> list[Row]:
    """Judge mutations that are signed again, and ask clients about all that is accepted here."""
    seed = int(time.time())
    begin = time.monotonic()
    mutants = Mutants(seed)
    accepted, problems = accepted_here(mutants, SIGNED_AGAIN)
    each = (time.monotonic() - begin) / SIGNED_AGAIN
    responses = {f"{number:05}.der": data for number, data in enumerate(sorted(accepted))}
    rows = [
        Row(f"{SIGNED_AGAIN:,} mutations, signed again (seed {seed})", f"{each * 1e6:.0f} us each"),
        Row("accepted here", f"{problems['accepted']:,}, {len(accepted):,} different", "some", len(accepted) > 50),
        Row("kinds of problems here", f"{len(problems) - 1}", "at least 10", len(problems) > 10),
    ]
    broken = {"broken.der": b"\x30\x03\x0a\x01\x06"}
    for image in IMAGES:
        refused = refused_there({**mutants.files(), **responses, **broken}, image)
        for client in ("openssl", "gnutls"):
            names = {line.split()[1] for line in refused if line.startswith(f"{client} ")}
            if "broken.der" not in names:
                sys.exit(f"{client} of {image} is no judge: it takes what is no response")
            names.discard("broken.der")
            for name in sorted(names)[:5]:
                print(f"{client} of {image} refuses {responses[name].hex()}")
            rows.append(Row(f"refused by {client} of {image}", f"{len(names):,}", "0", not names))
    return rows


def main() -> None:
    kept = show("Mutations that are signed again", signed_again())
    kept = show("Hostile responses", [hostile()]) and kept
    sys.exit(0 if kept else 1)


def hostile() -> Row:
    """Run the unit test with many more mutations."""
    command = [sys.executable, "-m", "pytest", "-q", "-k", "mutated", TESTS]
    environment = {**os.environ, "STAPLING_MUTATIONS": str(MUTATIONS)}
    begin = time.monotonic()
    finished = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.monotonic() - begin
    kept = finished.returncode == 0
    if not kept:
        print(finished.stdout)
    return Row(f"{MUTATIONS:,} mutated responses", f"{seconds / MUTATIONS * 1e6:.0f} us each", "verdicts only", kept)


if __name__ == "__main__":
    main()
