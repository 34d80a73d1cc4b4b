#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stapled_response_info
author: stapling.httpd contributors (@stapling-httpd)
version_added: 1.0.0
short_description: Confirm that TLS servers staple valid OCSP responses
description:
  - Makes a TLS handshake with each target, asks for a stapled OCSP response, and judges what comes back as the
    strictest client would.
  - A response counts only if it belongs to the certificate that the server really presents, is signed by the CA that
    issued that certificate or by a responder which that CA authorized, is valid now, and says that the certificate is
    good. Apache httpd itself checks hardly any of this and staples the rest without complaint.
  - Targets are looked at in parallel, and one that refuses, hangs or answers with garbage does not affect the others.
  - The first handshake after a reload is the one for which httpd fetches the response, so this module also warms the
    server's cache.
extends_documentation_fragment:
  - stapling.httpd.attributes
  - stapling.httpd.attributes.info_module
  - stapling.httpd.cryptography_dep
  - stapling.httpd.pyopenssl_dep
options:
  targets:
    description:
      - The servers to shake hands with. There has to be at least one, so that nothing is not taken for all well.
    type: list
    elements: dict
    required: true
    suboptions:
      address:
        description: An IP address, or a host name.
        type: str
        required: true
      port:
        description: The TCP port.
        type: int
        default: 443
      server_name:
        description:
          - The name to send as SNI.
          - Without it none is sent, which leads to the server's default virtual host.
        type: str
      key_types:
        description:
          - Makes one handshake for each of these types of key, and forces the server to present a certificate of that
            type. For servers that have several.
          - When empty, there is one handshake and the server chooses.
          - Forcing is done by the list of signature algorithms. With cryptography 36 and 37 that is not possible; there
            the cipher list is used, which only works with TLS 1.2. RV(targets[].forced_by) tells which. A server
            without TLS 1.2 that presents another certificate then is the problem V(key_type_not_forced).
        type: list
        elements: str
        choices: [rsa, ecdsa, ed25519, ed448]
        default: []
      tls_versions:
        description:
          - Makes one handshake for each of these versions, and offers no other.
          - When empty, there is one handshake, with the best version that both sides know.
        type: list
        elements: str
        choices: [TLSv1.2, TLSv1.3]
        default: []
      expected_fingerprints:
        description:
          - SHA-256 fingerprints in hexadecimal digits, with or without colons. The server has to present one of these
            certificates.
          - When empty, any certificate will do.
        type: list
        elements: str
        default: []
      staple:
        description:
          - Whether a response is due. If not, only the handshake is judged, whatever is stapled.
        type: bool
        default: true
      old_tls_only:
        description:
          - Says that the server is configured for TLS 1.1 or older alone, which ends in the problem V(old_tls_only)
            without a connection.
        type: bool
        default: false
      proxy_protocol:
        description:
          - Sends the line of the PROXY protocol, version 1, before the handshake, as a server with
            C(RemoteIPProxyProtocol On) expects it.
        type: bool
        default: false
      proxy_protocol_exceptions:
        description:
          - Addresses and networks from which the server does not expect that line. If the address from which the module
            connects is among them, it sends none.
        type: list
        elements: str
        default: []
      id:
        description: Anything; returned as it is, so that results can be told apart.
        type: str
  ca_file:
    description:
      - File with trusted CA certificates in PEM format, in addition to the system's.
      - When this or O(ca_content) is given, a chain that leads neither to one of these nor to one of the system's is
        the problem V(untrusted).
      - When neither is given, RV(targets[].issuer_trusted) tells whether the system trusts the chain, and the response
        is verified with the key of the issuer in the chain that the server presents. So servers of a private CA can be
        confirmed without its root at hand. A chain that ends below a CA that is not known here is the warning
        V(chain_incomplete), as nobody can say whether it is the root or an intermediate certificate that is missing.
    type: path
  ca_content:
    description: Like O(ca_file), as text.
    type: str
  timeout:
    description:
      - Seconds that a whole handshake may take, from connecting on.
      - While httpd fetches a response, handshakes wait, so this has to be longer than C(SSLStaplingResponderTimeout).
    type: float
    default: 10
  total_timeout:
    description:
      - Seconds that everything together may take. What is not finished then is the problem V(timeout).
    type: float
    default: 600
  retries:
    description:
      - How many more rounds to make for targets that sent no response or did not finish the handshake in time. httpd
        may still be fetching then.
      - Every other problem is final.
    type: int
    default: 3
  delay:
    description: Seconds between two rounds.
    type: float
    default: 1
  workers:
    description:
      - How many handshakes to make at the same time. A server that limits the connections of one address
        (C(mod_qos), a firewall) may need V(1).
    type: int
    default: 16
  min_validity:
    description:
      - Seconds for which a response has to stay valid. One with less is the problem V(expires_soon).
    type: int
    default: 0
  max_skew:
    description:
      - Seconds by which C(thisUpdate) may lie in the future, as a clock that NTP keeps may be off. NSS takes no
        response from the future. There is no such grace for C(nextUpdate), since clients give none.
    type: int
    default: 5
  max_age:
    description:
      - Seconds by which C(thisUpdate) may lie back, even if C(nextUpdate) is still to come. More is the problem
        V(too_old).
      - The default is what Firefox accepts, 10 days. V(0) allows any age.
    type: int
    default: 864000
  max_size:
    description:
      - Bytes that a response may have. The default is what fits into an entry of the cache of C(mod_ssl); larger ones
        are stapled, but fetched anew for every handshake.
      - C(mod_md) has no such limit, but clients have. V(16380) is as much as those with OpenSSL take in a handshake of
        TLS 1.2; they leave with an error if there is more. V(0) allows any size.
    type: int
    default: 10239
  accept_problems:
    description:
      - Problems that this site takes knowingly; what would be one of these is a warning instead. The clients that are
        lost by it have to be other people's.
      - V(no_next_update) loses Java 15 minutes after C(thisUpdate), and NSS and Firefox after a day. EJBCA and Dogtag
        leave nextUpdate out unless they are configured to write it.
      - V(weak_signature), which is a certificate of the responder that is signed with SHA-1, loses GnuTLS (wget, git)
        and Firefox. V(too_old) loses Firefox.
      - V(untrusted), which only M(stapling.httpd.stapled_response_info) knows, loses every client without the CA.
    type: list
    elements: str
    choices: [no_next_update, weak_signature, too_old, untrusted]
    default: []
  without_status_request:
    description:
      - Makes one more handshake with each target, without asking for a response, to see that clients which do not ask
        are not affected.
    type: bool
    default: false
  unreached_before:
    description:
      - The entries of RV(targets) of an earlier execution that were not reached. What could not be reached then need
        not be reached now, and does not count in RV(all_acceptable) as long as it is not. If it is reached, it is
        judged as any other.
    type: list
    elements: dict
    default: []
  unreached:
    description:
      - V(fail) has every target count in RV(all_acceptable).
      - V(tolerate) has only those count that could be reached, if only without asking for a response, as long as one
        was. The others are a warning.
    type: str
    choices: [fail, tolerate]
    default: fail
  own_addresses:
    description:
      - Says that the targets are those of the host on which the module runs. An address that the host does not hold
        now is the problem V(address_elsewhere), and no connection is made.
    type: bool
    default: false
seealso:
  - module: stapling.httpd.ocsp_response_info
    description: The same checks on what a responder answers.
  - module: stapling.httpd.httpd_tls_info
    description: Which virtual hosts an httpd has, and with which certificates.
  - name: RFC 6066, 8
    description: The certificate status request, by which a client asks for a staple.
    link: https://www.rfc-editor.org/rfc/rfc6066#section-8
  - name: RFC 8446, 4.4.2.1
    description: Where the staple is in TLS 1.3.
    link: https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.1
  - name: RFC 6960
    description: The Online Certificate Status Protocol; 3.2 says when an answer may be accepted.
    link: https://www.rfc-editor.org/rfc/rfc6960#section-3.2
"""

EXAMPLES = r"""
- name: Confirm one virtual host
  stapling.httpd.stapled_response_info:
    targets:
      - address: 127.0.0.1
        server_name: www.example.org
  register: stapled

- name: Both certificates of a virtual host that has two, as seen from the controller
  stapling.httpd.stapled_response_info:
    targets:
      - address: "{{ ansible_host }}"
        server_name: shop.example.org
        key_types: [rsa, ecdsa]
        tls_versions: [TLSv1.2, TLSv1.3]
    ca_file: /etc/pki/private-ca.pem
    min_validity: 3600
  delegate_to: localhost
  register: stapled

- name: Say what is wrong
  ansible.builtin.fail:
    msg: "{{ stapled.targets | rejectattr('acceptable') | map(attribute='message') | join(' ') }}"
  when: not stapled.all_acceptable

- name: Everything that httpd serves and the plan says to staple
  stapling.httpd.stapled_response_info:
    targets: "{{ info | stapling.httpd.stapling_targets(info | stapling.httpd.stapling_plan) }}"
"""

RETURN = r"""
all_acceptable:
  description:
    - Whether every handshake that counts ended in a response that every client accepts. RV(targets[].excused) says
      which do not count.
  returned: success
  type: bool
  sample: true
counts:
  description: How many handshakes ended how. V(acceptable), or a problem's word.
  returned: success
  type: dict
  sample:
    acceptable: 41
    no_staple: 1
targets:
  description:
    - One entry for each handshake. In the order of O(targets), and within one of these in the order of its key types,
      and within these of its TLS versions.
    - Everything that could not be found out is V(null).
  returned: success
  type: list
  elements: dict
  contains:
    target:
      description: Which of O(targets) this is about, counted from 0.
      type: int
    id:
      description: As given.
      type: str
    address:
      description: As given.
      type: str
    port:
      description: As given.
      type: int
    server_name:
      description: As given.
      type: str
    requested_key_type:
      description: The type of key that was forced.
      type: str
    requested_tls_version:
      description: The version of TLS that was forced.
      type: str
    acceptable:
      description: Whether every client would accept what the server presents.
      type: bool
    problem:
      description:
        - One word for what is wrong, V(null) if nothing is.
        - About the connection V(invalid_server_name), V(unresolvable), V(refused), V(unreachable), V(timeout),
          V(closed), V(not_tls), V(handshake_failed), V(plain_handshake_failed), V(old_tls_only), V(address_elsewhere).
        - About the certificate V(wrong_certificate), V(wrong_key_type), V(key_type_not_forced),
          V(certificate_unreadable), V(certificate_expired), V(issuer_missing),
          V(issuer_expired), V(chain_invalid), V(untrusted).
        - About the response V(no_staple), V(not_ocsp), V(malformed_response), V(malformed_request), V(internal_error),
          V(try_later), V(sig_required), V(unauthorized), V(response_status_unknown), V(bad_certificates),
          V(bad_signature), V(wrong_signer), V(unsupported_algorithm), V(other_certificate), V(certid_algorithm),
          V(foreign_statement), V(not_first), V(critical_extension), V(revoked), V(unknown), V(future), V(too_old),
          V(no_next_update), V(stale), V(expires_soon), V(produced_outside), V(too_large), V(judge_failed).
        - About the responder that signed it V(responder_name_differs), V(signer_malformed), V(signer_name_differs),
          V(weak_signature), V(signer_not_authorized), V(signer_key_identifier), V(signer_critical_extension),
          V(signer_expired).
      type: str
      sample: no_staple
    message:
      description: The problem in a sentence, with its details. V(null) without a problem.
      type: str
      sample: "no_staple: www.example.org at 192.0.2.10:443: The server sent no OCSP response."
    hint:
      description: What to do about the problem.
      type: str
    staple:
      description: As given.
      type: bool
    reached:
      description: Whether there was a handshake, and with a certificate that was expected.
      type: bool
    excused:
      description:
        - Whether its problem does not count, because stapling has no part in it. The target could not be reached before
          either (O(unreached_before), O(unreached)), does not offer TLS 1.2 or is at an address of another host.
      type: bool
    handshake:
      description: Whether the handshake was finished.
      type: bool
    alert:
      description: The alert with which the server ended the handshake.
      type: str
      sample: internal error
    stapled:
      description: Whether the server sent a response, good or bad.
      type: bool
    warnings:
      description:
        - What does not make the answer unacceptable, and matters to some sites.
        - V(go_refuses) where only programs with Go's own OCSP library refuse it, V(outdated_signature) where it is
          signed with SHA-1, V(no_next_update) where it does not say how long it is valid and is younger than 15
          minutes, and what O(accept_problems) accepts.
        - V(chain_incomplete) where the chain ends below a CA that is not trusted here, V(name_mismatch) where the
          certificate does not cover the server name, V(client_certificate) where the server went on to refuse a client
          that has no certificate.
      type: list
      elements: dict
      contains:
        code:
          description: One word.
          type: str
          sample: go_refuses
        message:
          description: A sentence, with its details.
          type: str
    response_status:
      description: Status of the response. V(successful), or one of the words of the field C(problem).
      type: str
    certificate_status:
      description: What the response says about the certificate. V(good), V(revoked) or V(unknown).
      type: str
    this_update:
      description: When the response was true.
      type: str
      sample: "2026-03-01T12:00:00Z"
    next_update:
      description: When there will be a newer one, and this one stops being valid.
      type: str
      sample: "2026-03-08T12:00:00Z"
    revocation_time:
      description: Since when the certificate is revoked.
      type: str
    revocation_reason:
      description: Why the certificate is revoked.
      type: str
    signature_valid:
      description: Whether the signature was made by the issuer, or by a responder with a certificate from the issuer.
      type: bool
    signer:
      description: Who signed. V(issuer) or V(delegated).
      type: str
    signer_subject:
      description: The signer's name.
      type: str
    certid_hash:
      description: Hash function by which the response names the certificate.
      type: str
      sample: sha1
    response_size:
      description: Bytes of the response.
      type: int
    tls_version:
      description: The version of TLS that was used.
      type: str
      sample: TLSv1.3
    key_type:
      description: The type of key of the certificate that the server presented.
      type: str
      sample: ecdsa
    forced_by:
      description: How RV(targets[].requested_key_type) was forced. V(signature_algorithms) or V(cipher_list).
      type: str
    fingerprint_sha256:
      description: Fingerprint of the certificate that the server presented.
      type: str
    not_after:
      description: When the certificate that the server presented expires.
      type: str
    issuer_trusted:
      description:
        - Whether a client that trusts O(ca_file), O(ca_content) and what the system trusts would trust the chain that
          the server presents, for a server and at this time. Its name is not part of that.
        - V(null) if the issuer was not found.
      type: bool
    plain_handshake:
      description: Whether the handshake that did not ask for a response was finished.
      type: bool
    attempts:
      description: How many rounds it took.
      type: int
    elapsed:
      description: Seconds spent in handshakes.
      type: float
"""

import re
import typing as t
from collections import Counter

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    CertificateError,
    load_certificates,
    read_certificate_file,
)
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import assert_cryptography
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import MOD_SSL_LARGEST_RESPONSE
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import (
    CLOCK_ERROR,
    MAY_BE_ACCEPTED,
    Rules,
)
from ansible_collections.stapling.httpd.plugins.module_utils._pyopenssl_dep import assert_pyopenssl
from ansible_collections.stapling.httpd.plugins.module_utils._tls.confirm import Settings, confirm
from ansible_collections.stapling.httpd.plugins.module_utils._tls.s_client import has_s_client
from ansible_collections.stapling.httpd.plugins.module_utils._tls.targets import (
    TARGET_SPEC,
    handshakes_of,
    normalized,
    read_unreached,
    result_of,
)
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Trust

if t.TYPE_CHECKING:
    from cryptography import x509

# As many sentences on the console as a person can take in.
WARNINGS = 5


def load_anchors(params: dict[str, t.Any]) -> list[x509.Certificate]:
    """Return the certificates of ca_file and ca_content, or raise CertificateError."""
    anchors: list[x509.Certificate] = []
    if params["ca_file"]:
        anchors += load_certificates(read_certificate_file(params["ca_file"]))
    if params["ca_content"]:
        anchors += load_certificates(params["ca_content"].encode("utf-8"))
    return anchors


def check_numbers(module: AnsibleModule) -> None:
    for name, least in (
        ("retries", 0),
        ("delay", 0),
        ("workers", 1),
        ("min_validity", 0),
        ("max_skew", 0),
        ("max_age", 0),
        ("max_size", 0),
    ):
        if module.params[name] < least:
            module.fail_json(msg=f"{name} is {module.params[name]}, and has to be at least {least}")
    for name in ("timeout", "total_timeout"):
        if module.params[name] <= 0:
            module.fail_json(msg=f"{name} is {module.params[name]}, and has to be more than 0")
    if not module.params["targets"]:
        module.fail_json(msg="targets is empty, so there would be nothing to confirm")
    for number, target in enumerate(module.params["targets"]):
        if not 1 <= target["port"] <= 65535:
            module.fail_json(msg=f"targets[{number}].port is {target['port']}, which is not a port")
        for fingerprint in target["expected_fingerprints"]:
            # One that can never match would look like a server with the wrong certificate.
            if not re.fullmatch(r"[0-9a-f]{64}", normalized(fingerprint)):
                module.fail_json(
                    msg=f"targets[{number}].expected_fingerprints: {fingerprint} is not a SHA-256 fingerprint"
                )


def settings_of(params: t.Mapping[str, t.Any], *, strict_trust: bool) -> Settings:
    """Return how to shake hands, and what to ask of a staple."""
    return Settings(
        timeout=params["timeout"],
        total_timeout=params["total_timeout"],
        retries=params["retries"],
        delay=params["delay"],
        workers=params["workers"],
        rules=Rules(
            max_skew=params["max_skew"],
            max_age=params["max_age"],
            min_validity=params["min_validity"],
            max_size=params["max_size"],
            accepted=frozenset(params["accept_problems"]),
        ),
        strict_trust=strict_trust,
        without_status_request=params["without_status_request"],
        own_addresses=params["own_addresses"],
        tolerant=params["unreached"] == "tolerate",
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "targets": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": TARGET_SPEC,
            },
            "ca_file": {"type": "path"},
            "ca_content": {"type": "str"},
            "timeout": {"type": "float", "default": 10},
            "total_timeout": {"type": "float", "default": 600},
            "retries": {"type": "int", "default": 3},
            "delay": {"type": "float", "default": 1},
            "workers": {"type": "int", "default": 16},
            "min_validity": {"type": "int", "default": 0},
            "max_skew": {"type": "int", "default": CLOCK_ERROR},
            "max_age": {"type": "int", "default": 864000},
            "max_size": {"type": "int", "default": MOD_SSL_LARGEST_RESPONSE},
            "accept_problems": {"type": "list", "elements": "str", "choices": list(MAY_BE_ACCEPTED), "default": []},
            "without_status_request": {"type": "bool", "default": False},
            "unreached_before": {"type": "list", "elements": "dict", "default": []},
            "unreached": {"type": "str", "choices": ["fail", "tolerate"], "default": "fail"},
            "own_addresses": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    assert_cryptography(module)
    if not has_s_client():
        assert_pyopenssl(module)
    check_numbers(module)
    params = module.params
    try:
        anchors = load_anchors(params)
    except CertificateError as error:
        module.fail_json(msg=f"the trusted certificates cannot be used: {error.message}")
    try:
        unreached = read_unreached(params["unreached_before"])
    except (KeyError, TypeError, ValueError) as error:
        module.fail_json(msg=f"unreached_before is not made of targets that this module has returned: {error!r}")
    handshakes = [
        entry for number, target in enumerate(params["targets"]) for entry in handshakes_of(number, target, unreached)
    ]
    findings = confirm(
        [target for _number, _given, target in handshakes],
        trust=Trust(anchors),
        settings=settings_of(params, strict_trust=bool(anchors)),
    )
    results = [result_of(*entry, finding) for entry, finding in zip(handshakes, findings)]
    warn_of_excused(module, results)
    module.exit_json(
        changed=False,
        targets=results,
        all_acceptable=all(finding.problem is None or finding.excused for finding in findings),
        counts=dict(Counter(finding.problem or "acceptable" for finding in findings)),
    )


def warn_of_excused(module: AnsibleModule, results: list[dict[str, t.Any]]) -> None:
    """Have the console say what was not confirmed, though it fails nothing."""
    excused = [result for result in results if result["excused"]]
    for result in excused[:WARNINGS]:
        module.warn(f"Not confirmed, and not counted, since stapling has no part in it: {result['message']}")
    if len(excused) > WARNINGS:
        module.warn(f"Not confirmed, and not counted, are {len(excused) - WARNINGS} more targets.")


if __name__ == "__main__":
    main()
