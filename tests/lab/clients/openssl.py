# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The openssl command: `s_client -status` takes the staple, `ocsp -respin` judges it."""

from __future__ import annotations

from typing import Any

from judge.handshake import shake_hands
from judge.look import jobs_for
from judge.verdict import judge_staple

from .target import ISSUER_FILE, ROOT_FILE, Target


class Openssl:
    """Looks at every combination of key type and TLS version that a server has."""

    def judge(self, targets: list[Target]) -> list[str]:
        """Return the first complaint about each target."""
        return [next(filter(None, map(_complaint, _jobs(target))), "") for target in targets]


def _jobs(target: Target) -> list[tuple[dict[str, Any], str, str]]:
    described = {
        "address": target.address,
        "port": target.port,
        "name": target.name,
        "key_types": target.key_types,
        "protocols": target.protocols,
    }
    return jobs_for([described])


def _complaint(job: tuple[dict[str, Any], str, str]) -> str:
    target, key_type, tls = job
    handshake = shake_hands(target, key_type, tls, str(ROOT_FILE))
    if not handshake.completed:
        return handshake.detail
    if not handshake.trusted:
        return "the certificate is not trusted"
    if not handshake.staple:
        return "nothing is stapled"
    found = judge_staple(handshake.staple, handshake.leaf_pem, str(ISSUER_FILE), str(ROOT_FILE))
    if not found["signature_valid"]:
        return "the response does not verify"
    if found["certificate_status"] != "good":
        return f"certificate status {found['certificate_status']}"
    return "" if found["times_valid"] else "times invalid"
