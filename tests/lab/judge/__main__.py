# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read targets as JSON on stdin; write what was found, one entry per target, key type and TLS version."""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .handshake import TLS_OPTIONS, shake_hands
from .verdict import judge_staple


def main() -> None:
    """Judge every target."""
    parser = argparse.ArgumentParser(prog="judge", description=__doc__)
    parser.add_argument("--ca-file", required=True)
    parser.add_argument("--issuer-file", required=True)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--plain", action="store_true", help="also a handshake that asks for no staple")
    arguments = parser.parse_args()
    jobs = [
        (target, key_type, tls)
        for target in json.load(sys.stdin)
        for key_type in target["key_types"]
        for tls in _versions(target)
    ]
    with ThreadPoolExecutor(arguments.workers) as pool:
        files = {"ca_file": arguments.ca_file, "issuer_file": arguments.issuer_file}
        found = pool.map(lambda job: _judge(*job, **files, plain=arguments.plain), jobs)
        json.dump(list(found), sys.stdout)


def _versions(target: dict[str, Any]) -> list[str]:
    allowed = [word.removeprefix("TLSv") for word in target["protocols"] if word.removeprefix("TLSv") in TLS_OPTIONS]
    return allowed or list(TLS_OPTIONS)


def _judge(
    target: dict[str, Any], key_type: str, tls: str, *, ca_file: str, issuer_file: str, plain: bool
) -> dict[str, Any]:
    handshake = shake_hands(target, key_type, tls, ca_file)
    found = {
        "host": target["host"],
        "name": target["name"],
        "port": target["port"],
        "key_type": key_type,
        "tls": tls,
        "handshake": handshake.completed,
        "trusted": handshake.trusted,
        "detail": handshake.detail,
        "stapled": bool(handshake.staple),
        "acceptable": False,
        "seconds": handshake.seconds,
    }
    if plain:
        without = shake_hands(target, key_type, tls, ca_file, ask=False)
        found.update(plain=without.completed and without.trusted, plain_seconds=without.seconds)
    if handshake.staple and handshake.leaf_pem:
        found.update(judge_staple(handshake.staple, handshake.leaf_pem, issuer_file, ca_file))
    return found


if __name__ == "__main__":
    main()
