#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ocsp_response_info
author: stapling.httpd contributors (@stapling-httpd)
version_added: 1.0.0
short_description: Ask OCSP responders the way Apache httpd would, and judge the answers
description:
  - Asks an OCSP responder about a certificate as httpd does before it staples, and validates the answer as the
    strictest client would.
  - The question goes out as that of the O(engine) that is going to staple. C(mod_ssl) asks by POST over HTTP/1.0 and
    takes all that comes until the connection ends; C(mod_md) asks by POST over HTTP/1.1, with a nonce.
  - Each address of the responder's name is tried until one accepts the connection, redirects are not followed, and a
    proxy is used as httpd uses it. So what works here works for httpd on the same host, and what does not work here
    does not work there.
  - With O(as_user) the network is used as that user. Firewalls may let only httpd's user out, or only the others.
  - Several questions are asked in parallel, but at most four at a time to the same responder, and only one until it has
    answered. After two questions in a row to one responder have failed for lack of a connection, or to one path there
    for lack of an answer in time, the remaining ones get the same result without being asked. Through a proxy, the
    responder behind it counts, and not the proxy.
extends_documentation_fragment:
  - stapling.httpd.attributes
  - stapling.httpd.attributes.info_module
  - stapling.httpd.cryptography_dep
options:
  certificate:
    description:
      - The certificate to ask about. Either the path of a file on the host, in PEM or DER format, or PEM text.
      - Of several certificates in the file the first one counts. The others are looked through for the issuer.
      - Exactly one of O(certificate) and O(queries) is needed.
    type: str
  issuer:
    description:
      - The CA certificate that issued O(certificate), as path or PEM text. May hold several certificates.
      - When not given, the issuer has to be in the file of O(certificate).
    type: str
  responder:
    description:
      - The responder's URI.
      - When not given, the first one that the certificate names, as httpd does.
    type: str
  queries:
    description: Several questions to ask in parallel, instead of O(certificate).
    type: list
    elements: dict
    suboptions:
      certificate:
        description: Like O(certificate).
        type: str
        required: true
      issuer:
        description: Like O(issuer).
        type: str
      responder:
        description: Like O(responder).
        type: str
  engine:
    description:
      - Who is going to ask, and so how to ask.
      - V(mod_ssl) asks by HTTP/1.0 without a nonce, from C(http://) URIs only.
      - V(mod_md) asks by HTTP/1.1 with a nonce. It also takes answers in chunks and over connections that stay open,
        and C(https://) URIs if the responder's certificate is one that this host trusts.
    type: str
    choices:
      - mod_ssl
      - mod_md
    default: mod_ssl
  proxy_url:
    description:
      - A proxy to ask through, like C(SSLOCSPProxyURL) or C(MDHttpProxy). The port is mandatory. Scheme, user and
        password are ignored, as C(mod_ssl) ignores them.
      - The environment variable C(http_proxy) has no influence.
    type: str
  timeout:
    description:
      - Seconds that each step may take; connecting to one address, sending the request, waiting for a part of the
        answer. Like C(SSLStaplingResponderTimeout).
      - One question as a whole, with the resolution of the name and all addresses, may take twice as long. httpd has no
        such limit, so a responder that sends its answer byte by byte could hold up all its clients.
      - More than V(0), at most V(3600).
    type: float
    default: 10
  total_timeout:
    description:
      - Seconds that all questions together may take. What could not be asked in time is the problem V(not_asked).
      - More than V(0), at most V(86400).
    type: float
    default: 120
  as_user:
    description:
      - Name or number of the user as whom to use the network. Only root can ask as another user.
      - Certificates are still read as the user who runs the module.
    type: str
  min_validity:
    description: Seconds for which an answer has to stay valid. One with less is the problem V(expires_soon).
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
      - Bytes that an answer may have. The default is what fits into an entry of the cache of C(mod_ssl); it fetches
        larger ones anew for every handshake.
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
seealso:
  - module: stapling.httpd.stapled_response_info
    description: The same checks on what a server staples.
  - module: stapling.httpd.certificate_ocsp_info
    description: Which responders certificates name.
  - name: RFC 6960
    description: The Online Certificate Status Protocol; 3.2 says when an answer may be accepted.
    link: https://www.rfc-editor.org/rfc/rfc6960#section-3.2
  - name: RFC 6960, A.1
    description: How a question is put over HTTP.
    link: https://www.rfc-editor.org/rfc/rfc6960#appendix-A.1
  - name: OCSP stapling in mod_ssl
    description: The directives that decide how httpd itself asks.
    link: https://httpd.apache.org/docs/2.4/mod/mod_ssl.html#sslusestapling
"""

EXAMPLES = r"""
- name: Would httpd get a good answer for this certificate?
  stapling.httpd.ocsp_response_info:
    certificate: /etc/ssl/certs/www.example.org.pem
    as_user: www-data
  become: true
  register: answer

- name: Say what is wrong
  ansible.builtin.fail:
    msg: "{{ answer.message }} {{ answer.hint }}"
  when: not answer.acceptable

- name: Several certificates, through the proxy that httpd is to use
  stapling.httpd.ocsp_response_info:
    queries:
      - certificate: /etc/ssl/certs/www.example.org.pem
        issuer: /etc/ssl/certs/issuing-ca.pem
      - certificate: /etc/ssl/certs/shop.example.org.pem
        issuer: /etc/ssl/certs/issuing-ca.pem
        responder: http://ocsp.example.org/
    proxy_url: http://127.0.0.1:8888
    timeout: 3
  register: answers
"""

RETURN = r"""
all_acceptable:
  description: Whether every answer is one that every client accepts.
  returned: success
  type: bool
  sample: true
shortest_life:
  description:
    - Seconds from C(thisUpdate) to C(nextUpdate) of the acceptable response that lives shortest; V(null) if there is
      none. C(mod_ssl) must not keep a response longer, see C(SSLStaplingStandardCacheTimeout). A response without
      C(nextUpdate) counts as one of 15 minutes, after which Java refuses it.
  returned: success
  type: int
  sample: 604800
responses:
  description:
    - One entry for each question, in their order. When O(certificate) was used, the keys of the only entry are
      returned at the top level as well, except for C(warnings), which has a meaning of its own there.
    - Everything that could not be found out is V(null).
  returned: success
  type: list
  elements: dict
  contains:
    certificate:
      description: Path of the certificate; V(null) if it was given as text.
      type: str
    subject:
      description: The certificate's subject.
      type: str
    fingerprint_sha256:
      description: The certificate's fingerprint.
      type: str
    responder:
      description: URI of the responder that was asked.
      type: str
    reachable:
      description: Whether the responder, or the proxy, accepted a connection. V(null) if it was not asked.
      type: bool
    addresses_tried:
      description: The addresses in the order in which they were tried, and what became of it.
      type: list
      elements: dict
      contains:
        address:
          description: IP address.
          type: str
        port:
          description: TCP port.
          type: int
        outcome:
          description: What became of the connection.
          type: str
          sample: timed out
    acceptable:
      description: Whether every client would accept the answer, and httpd would keep it in its cache.
      type: bool
    problem:
      description:
        - One word for what is wrong, V(null) if nothing is.
        - About what was given V(certificate_unreadable), V(issuer_missing), V(issuer_mismatch), V(no_ocsp_uri),
          V(responder_invalid), V(responder_not_http), V(proxy_invalid).
        - About the way V(responder_unresolvable), V(responder_unreachable), V(proxy_unresolvable),
          V(proxy_unreachable), V(responder_timeout), V(not_asked), V(responder_closed), V(responder_tls_failed),
          V(responder_not_speaking_http), V(responder_http_error), V(responder_redirect), V(responder_empty),
          V(responder_oversized).
        - About the answer V(not_ocsp), V(malformed_response), V(nonce_mismatch), V(malformed_request),
          V(internal_error), V(try_later), V(sig_required), V(unauthorized), V(response_status_unknown),
          V(bad_certificates), V(bad_signature), V(wrong_signer), V(unsupported_algorithm), V(other_certificate),
          V(certid_algorithm), V(foreign_statement), V(not_first), V(critical_extension), V(revoked), V(unknown),
          V(future), V(too_old), V(no_next_update), V(stale), V(expires_soon), V(lifetime_too_short),
          V(produced_outside), V(too_large), V(judge_failed).
        - About the responder that signed it V(responder_name_differs), V(signer_malformed), V(signer_name_differs),
          V(weak_signature), V(signer_not_authorized), V(signer_key_identifier), V(signer_critical_extension),
          V(signer_expired).
      type: str
      sample: responder_unreachable
    message:
      description: The problem in a sentence, with its details. V(null) without a problem.
      type: str
      sample: >-
        responder_unreachable: http://ocsp.example.org/ for CN=www.example.org: No address of the responder accepts a
        connection: connect to 192.0.2.7:80 timed out as www-data.
    hint:
      description: What to do about the problem.
      type: str
    warnings:
      description:
        - What does not make the answer unacceptable, and matters to some sites.
        - V(go_refuses) where only programs with Go's own OCSP library refuse it, V(outdated_signature) where it is
          signed with SHA-1, V(no_next_update) where it does not say how long it is valid and is younger than 15
          minutes, and what O(accept_problems) accepts.
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
    elapsed:
      description: Seconds that the question took.
      type: float
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stapling.httpd.plugins.module_utils._as_user import UserError, identity_of
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import assert_cryptography
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import MOD_SSL, MOD_SSL_LARGEST_RESPONSE
from ansible_collections.stapling.httpd.plugins.module_utils._lifetimes import shortest_life
from ansible_collections.stapling.httpd.plugins.module_utils._numbers import LONGEST, Range
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.answer import MAXIMUM_BODY
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.ask import ask_and_judge
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.http import ENGINES
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import CLOCK_ERROR, MAY_BE_ACCEPTED, Rules

_RANGES = {
    "timeout": Range(0, 3600, inclusive=False),
    "total_timeout": Range(0, 86400, inclusive=False),
    "min_validity": Range(0, LONGEST),
    "max_skew": Range(0, LONGEST),
    "max_age": Range(0, LONGEST),
    "max_size": Range(0, MAXIMUM_BODY),
}


def check_numbers(module: AnsibleModule) -> None:
    """End the module in one sentence if a number makes no sense."""
    for name, allowed in _RANGES.items():
        refusal = allowed.refusal(name, module.params[name])
        if refusal is not None:
            module.fail_json(msg=refusal)
    if module.params["queries"] is not None and not module.params["queries"]:
        module.fail_json(msg="queries is empty, so there would be nothing to ask")


def ask(given: t.Sequence[t.Mapping[str, t.Any]], module: AnsibleModule) -> list[dict[str, t.Any]]:
    """Return the results in the order of the questions; each answer is judged and forgotten as it comes."""
    params = module.params
    try:
        identity = identity_of(params["as_user"]) if params["as_user"] else None
    except UserError as error:
        module.fail_json(msg=f"as_user: {error}")
    rules = Rules(
        max_skew=params["max_skew"],
        max_age=params["max_age"],
        min_validity=params["min_validity"],
        max_size=params["max_size"],
        accepted=frozenset(params["accept_problems"]),
        # httpd reads the response and hands on that alone.
        ignore_rest=True,
    )
    return ask_and_judge(
        given,
        engine=params["engine"],
        rules=rules,
        timeout=params["timeout"],
        total_timeout=params["total_timeout"],
        proxy_url=params["proxy_url"],
        identity=identity,
    )


def main() -> None:
    question = {
        "certificate": {"type": "str", "required": True},
        "issuer": {"type": "str"},
        "responder": {"type": "str"},
    }
    module = AnsibleModule(
        argument_spec={
            "certificate": {"type": "str"},
            "issuer": {"type": "str"},
            "responder": {"type": "str"},
            "queries": {"type": "list", "elements": "dict", "options": question},
            "engine": {"type": "str", "choices": list(ENGINES), "default": MOD_SSL},
            "proxy_url": {"type": "str"},
            "timeout": {"type": "float", "default": 10},
            "total_timeout": {"type": "float", "default": 120},
            "as_user": {"type": "str"},
            "min_validity": {"type": "int", "default": 0},
            "max_skew": {"type": "int", "default": CLOCK_ERROR},
            "max_age": {"type": "int", "default": 864000},
            "max_size": {"type": "int", "default": MOD_SSL_LARGEST_RESPONSE},
            "accept_problems": {"type": "list", "elements": "str", "choices": list(MAY_BE_ACCEPTED), "default": []},
        },
        required_one_of=[("certificate", "queries")],
        mutually_exclusive=[("certificate", "queries"), ("issuer", "queries"), ("responder", "queries")],
        supports_check_mode=True,
    )
    assert_cryptography(module)
    check_numbers(module)
    queries = module.params["queries"]
    given = queries if queries is not None else [{name: module.params[name] for name in question}]
    responses = ask(given, module)
    module.exit_json(
        changed=False,
        responses=responses,
        all_acceptable=all(response["acceptable"] for response in responses),
        shortest_life=shortest_life(responses),
        # Ansible shows what stands in warnings there, and takes no dictionaries.
        **({key: value for key, value in responses[0].items() if key != "warnings"} if queries is None else {}),
    )


if __name__ == "__main__":
    main()
