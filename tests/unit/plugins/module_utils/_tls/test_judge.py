# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

pytest.importorskip("OpenSSL")

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules
from ansible_collections.stapling.httpd.plugins.module_utils._tls import judge as judge_module
from ansible_collections.stapling.httpd.plugins.module_utils._tls.handshake import Handshake, HandshakeRequest
from ansible_collections.stapling.httpd.plugins.module_utils._tls.judge import Finding, Judge, Target
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Trust
from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority

PKI = authority.pki()
CHAIN = (PKI.leaf.der, PKI.issuer.der)


def judged(
    chain: tuple[bytes, ...] = CHAIN,
    staple: bytes | None = None,
    *,
    anchors: t.Sequence[authority.Identity] = (),
    strict_trust: bool = False,
    server_name: str | None = None,
    accepted: t.Iterable[str] = (),
) -> Finding:
    judge = Judge(
        Trust([anchor.certificate for anchor in anchors]),
        Rules(accepted=frozenset(accepted)),
        strict_trust=strict_trust,
    )
    staple = answers.behaviour("good", PKI) if staple is None else staple
    target = Target(HandshakeRequest("192.0.2.1", 443, server_name))
    return judge.judge(Handshake(chain, staple, "TLSv1.3", None), target, authority.now())


def words(finding: Finding) -> list[str]:
    return [word for word, _detail in finding.warnings]


def test_a_chain_that_ends_below_an_unknown_ca_is_a_warning_that_names_it() -> None:
    finding = judged()
    assert (finding.problem, finding.issuer_trusted) == (None, False)
    assert finding.warnings == (("chain_incomplete", "CN=Test Root is not sent"),)


def test_a_chain_with_its_root_is_complete() -> None:
    assert words(judged((*CHAIN, PKI.root.der))) == []
    assert words(judged(anchors=[PKI.root])) == []


def test_with_anchors_an_incomplete_chain_is_a_problem() -> None:
    assert judged(anchors=[PKI.root], strict_trust=True).problem is None
    finding = judged(anchors=[PKI.stranger], strict_trust=True)
    assert (finding.problem, finding.detail, words(finding)) == ("untrusted", "it ends below CN=Test Root", [])


def test_a_site_may_accept_what_is_not_trusted() -> None:
    finding = judged(anchors=[PKI.stranger], strict_trust=True, accepted=["untrusted"])
    assert (finding.problem, words(finding)) == (None, ["untrusted"])


@pytest.mark.parametrize(
    ("name", "warned"), [("test.example", False), ("other.example", True), (None, False), ("192.0.2.9", True)]
)
def test_a_name_that_the_certificate_does_not_cover_is_a_warning(name: str | None, warned: bool) -> None:
    finding = judged(anchors=[PKI.root], server_name=name)
    assert (finding.problem, words(finding)) == (None, ["name_mismatch"] if warned else [])


def test_a_leaf_that_anybody_may_have_written_is_believed_by_nobody() -> None:
    """Its signature cannot be verified; that its key identifier is the issuer's made it acceptable and trusted."""
    ecdsa_with_sha256, unknown = bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d04037f")
    forged = PKI.leaf.der.replace(ecdsa_with_sha256, unknown)
    for anchors in ([], [PKI.root], [PKI.issuer]):
        finding = judged((forged, PKI.issuer.der), anchors=anchors)
        assert (finding.problem, finding.issuer_trusted) == ("issuer_missing", None)


def test_what_strangers_sent_is_not_kept() -> None:
    finding = judged()
    assert finding.stapled is True
    assert finding.handshake is not None
    assert (finding.handshake.chain, finding.handshake.staple) == ((), b"")
    assert judged(staple=b"").stapled is False


def test_what_nobody_foresaw_is_a_problem_of_one_target(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise RecursionError("text of a stranger")

    monkeypatch.setattr(judge_module, "validate_response", fail)
    finding = judged()
    assert finding.problem == "judge_failed"
    assert finding.detail.startswith("RecursionError at test_judge.py:")


def test_no_certificate() -> None:
    assert judged(()).problem == "handshake_failed"
    assert judged((b"\x30\x00",)).problem == "certificate_unreadable"
