# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The same responses judged by the validator and by `openssl ocsp`.

Every case in which the two disagree stands in DISAGREEMENTS with its reason, and has to disagree. When it no longer
does, the entry has to go.
"""

from __future__ import annotations

import shutil
import typing as t

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.request import build_request
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.validation import validate_response
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules
from ansible_collections.stapling.httpd.tests.unit.support import answers
from ansible_collections.stapling.httpd.tests.unit.support import pki as authority
from ansible_collections.stapling.httpd.tests.unit.support.openssl import OpenSsl

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")

# In each of them we are the stricter one; the reverse would be a hole.
DISAGREEMENTS = {
    "no_next_update": "Java refuses a response without nextUpdate that is older than 15 minutes, openssl takes it",
    "large": "valid, but too large for the cache of mod_ssl, which openssl knows nothing about",
    "too_old": "Firefox takes nothing that is older than 10 days, openssl only looks at nextUpdate",
    "just_stale": "openssl forgives 300 s after nextUpdate, a client whose clock is right forgives nothing",
    "slightly_ahead": "NSS takes no response from the future, openssl forgives 300 s",
    "critical_response": "openssl ignores critical extensions that it does not know, Firefox does not",
    "critical_single": "openssl ignores critical extensions that it does not know, Firefox does not",
    "delegated_ca": "Firefox takes no CA certificate for that of an end entity, openssl lets it sign responses",
    "delegated_key_usage": "RFC 5280 forbids signatures by a key whose usage does not say so, openssl does not look",
    "delegated_by_ed25519": "Go, NSS and Firefox know no Ed25519 here",
    "two": "GnuTLS reads only the first statement, openssl looks for the right one",
    "two_statements": "openssl looks at the first statement that matches its own CertID, others may pick the other",
    "pss-sha384": "GnuTLS and Go refuse RSASSA-PSS with SHA-384",
    "pss-sha512": "GnuTLS and Go refuse RSASSA-PSS with SHA-512",
}

Case = t.Callable[[authority.Pki], bytes]


def _by_issuer(pki: authority.Pki) -> answers.Signer:
    return answers.Signer(pki.issuer.key, pki.issuer.certificate)


def _single(pki: authority.Pki, **options: t.Any) -> bytes:
    return answers.single(pki.leaf.certificate, pki.issuer.certificate, **options)


def _response(**options: t.Any) -> Case:
    return lambda pki: answers.response(_single(pki), signer=_by_issuer(pki), **options)


def _with_single(**options: t.Any) -> Case:
    return lambda pki: answers.response(_single(pki, **options), signer=_by_issuer(pki))


def _delegated(by: str = "issuer", *, send: bool = True, damage: bool = False, **properties: t.Any) -> Case:
    def make(pki: authority.Pki) -> bytes:
        delegate = authority.certificate("Delegate", **{"issuer": getattr(pki, by), "ocsp_signing": True, **properties})
        signer = answers.Signer(delegate.key, delegate.certificate, send=(delegate.certificate,) if send else ())
        return answers.response(_single(pki), signer=signer, damage=damage)

    return make


def _two(pki: authority.Pki) -> bytes:
    other = authority.certificate("neighbour.test.example", issuer=pki.issuer)
    neighbour = answers.single(other.certificate, pki.issuer.certificate, status="revoked")
    return answers.response(neighbour, _single(pki), signer=_by_issuer(pki))


def _two_statements(pki: authority.Pki) -> bytes:
    revoked = _single(pki, hash_name="sha256", status="revoked")
    return answers.response(_single(pki), revoked, signer=_by_issuer(pki))


def _behaviour(name: str) -> Case:
    return lambda pki: answers.behaviour(name, pki)


CASES: dict[str, Case] = {
    **{name: _behaviour(name) for name in answers.PROBLEM_OF},
    "by_key": _response(by_key=True),
    "nonce": _response(nonce=b"n" * 16),
    "explicit_version": _response(version=True),
    "critical_response": _response(critical=True),
    "critical_single": _with_single(critical=True),
    "sha384_signature": _response(signature_hash="sha384"),
    "sha1_signature": _response(signature_hash="sha1"),
    "sha512_signature": _response(signature_hash="sha512"),
    "revoked_with_reason": _with_single(status="revoked", reason=1),
    "just_valid": _with_single(this_update=-3600, next_update=60),
    "too_old": _with_single(this_update=-11 * 86400),
    "just_stale": _with_single(this_update=-3600, next_update=-60),
    "long_stale": _with_single(this_update=-3600, next_update=-400),
    "slightly_ahead": _with_single(this_update=200),
    "too_far_ahead": _with_single(this_update=400),
    "upside_down": _with_single(this_update=100, next_update=50),
    "two": _two,
    "two_statements": _two_statements,
    "about_nothing": lambda pki: answers.response(signer=_by_issuer(pki)),
    "delegated_by_rsa": _delegated(key_type="rsa"),
    "delegated_by_ed25519": _delegated(key_type="ed25519"),
    "delegated_expired": _delegated(days=(-30, -1)),
    "delegated_not_yet": _delegated(days=(1, 30)),
    "delegated_ca": _delegated(ca=True),
    "delegated_key_usage": _delegated(key_usage_without_signature=True),
    "delegated_of_root": _delegated("root"),
    "delegated_of_stranger": _delegated("stranger"),
    "delegated_not_sent": _delegated(send=False),
    "delegated_damaged": _delegated(damage=True),
    "unknown_status": lambda _pki: answers.error(7),
}
PSS_CASES: dict[str, Case] = {
    f"pss-{hash_name}": _response(signature_hash=hash_name, pss=True) for hash_name in ("sha256", "sha384", "sha512")
}


@pytest.fixture(name="openssl", scope="module")
def fixture_openssl(tmp_path_factory: pytest.TempPathFactory) -> t.Callable[[str], OpenSsl]:
    made: dict[str, OpenSsl] = {}

    def get(key_type: str) -> OpenSsl:
        if key_type not in made:
            made[key_type] = OpenSsl(tmp_path_factory.mktemp(key_type), authority.pki(key_type))
        return made[key_type]

    return get


def ours(data: bytes, pki: authority.Pki) -> bool:
    return validate_response(
        data,
        certificate=pki.leaf.certificate,
        issuer=pki.issuer.certificate,
        now=authority.now(),
        rules=Rules(),
    ).acceptable


def all_cases() -> t.Iterator[t.Any]:
    for key_type in ("rsa", "ecdsa"):
        for name, case in CASES.items():
            yield pytest.param(name, case, key_type, id=f"{name}-{key_type}")
    for name, case in PSS_CASES.items():
        yield pytest.param(name, case, "rsa", id=f"{name}-rsa")


@pytest.mark.parametrize(("name", "case", "key_type"), list(all_cases()))
def test_openssl_and_we_agree(name: str, case: Case, key_type: str, openssl: t.Callable[[str], OpenSsl]) -> None:
    pki = authority.pki(key_type)
    data = case(pki)
    theirs = openssl(key_type).accepts(data)
    if name in DISAGREEMENTS:
        assert theirs and not ours(data, pki), DISAGREEMENTS[name]
    else:
        assert ours(data, pki) == theirs


@pytest.mark.parametrize("hash_name", ["sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("status", ["good", "revoked", "unknown"])
def test_openssl_and_we_agree_on_certids(hash_name: str, status: str, openssl: t.Callable[[str], OpenSsl]) -> None:
    pki = authority.pki()
    data = answers.response(_single(pki, hash_name=hash_name, status=status), signer=_by_issuer(pki))
    assert openssl("ecdsa").accepts(data, hash_name=hash_name) is (status == "good")
    # The others openssl finds because it asks for them here; httpd asks for SHA-1.
    assert ours(data, pki) is (status == "good" and hash_name == "sha1")


@pytest.mark.parametrize("key_type", ["rsa", "ecdsa", "ed25519"])
def test_the_request_is_the_one_that_openssl_makes(key_type: str, openssl: t.Callable[[str], OpenSsl]) -> None:
    """Compare with the openssl command, whose library makes httpd's request with the same function."""
    pki = authority.pki(key_type)
    client = openssl(key_type)
    client.run("-sha1", "-reqout", "request.der")
    request = build_request(certificate=pki.leaf.certificate, issuer=pki.issuer.certificate)
    assert request == (client.directory / "request.der").read_bytes()


def test_every_disagreement_is_a_case() -> None:
    assert set(DISAGREEMENTS) <= set(CASES) | set(PSS_CASES)
