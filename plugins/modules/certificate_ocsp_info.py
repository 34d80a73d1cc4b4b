#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: certificate_ocsp_info
short_description: Find the OCSP responders of certificates, and the endpoints to open for them
version_added: 1.0.0
description:
  - Lists the OCSP responders that certificates name, and the hosts and ports that a server with these certificates has
    to reach before it can staple OCSP responses.
  - The certificates can stand in files, directories and bundles (PEM, DER and PKCS#7), be given as text, or be the ones
    that live servers present.
  - What stands in a certificate is never trusted. Hosts and ports come out checked and in one canonical form,
    everything else is escaped.
  - A live server's chain is B(not) verified against any trust store, and no OCSP responder is contacted. Use
    M(stapling.httpd.ocsp_response_info) to ask responders.
options:
  paths:
    description:
      - Files, directories and shell globs.
      - In a directory, the regular files directly in it are read, and those that hold no certificate are passed over.
      - Of a bundle, all certificates are reported, except for CA certificates that follow the first one; see
        O(include_ca).
      - At least one of O(paths), O(content), and O(endpoints) is required.
    type: list
    elements: path
  content:
    description:
      - Certificates as PEM text.
    type: str
  endpoints:
    description:
      - Live servers to connect to with TLS, each V(host:port), V([IPv6]:port), or a dictionary.
      - A dictionary has C(address) (a name, an IPv4 or an IPv6 address), and optionally C(port) (default V(443)) and
        C(server_name), the name to ask for with SNI. It defaults to C(address) if that is a name.
      - Any version of TLS that the Python of the target can speak is accepted.
    type: list
    elements: raw
  include_ca:
    description:
      - Whether to report CA certificates that follow another certificate in a bundle or in the chain of a live
        server. They are used to find the issuer in any case.
      - With V(false), RV(endpoints) are those that stapling needs.
    type: bool
    default: false
  timeout:
    description:
      - Seconds that each of O(endpoints) may take, from the resolution of its name to the end of the handshake,
        whatever the server does. Up to 16 are asked at the same time. More than V(0), at most V(3600).
    type: float
    default: 10.0
seealso:
  - module: stapling.httpd.httpd_tls_info
    description: The same for the certificates that an httpd really uses.
  - module: stapling.httpd.ocsp_response_info
    description: Asks a responder, and validates its answer.
  - module: community.crypto.x509_certificate_info
    description: Everything else about a certificate.
  - name: RFC 5280, 4.2.2.1
    description: The authority information access extension, in which responders and the issuer's certificate are named.
    link: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.2.1
  - name: RFC 6066, 8
    description: The certificate status request, which is OCSP stapling as TLS sees it.
    link: https://www.rfc-editor.org/rfc/rfc6066#section-8
  - name: RFC 7633
    description: The TLS feature extension that obliges a server to staple.
    link: https://www.rfc-editor.org/rfc/rfc7633
author:
  - stapling.httpd contributors (@stapling-httpd)
extends_documentation_fragment:
  - stapling.httpd.attributes
  - stapling.httpd.attributes.info_module
  - stapling.httpd.cryptography_dep
"""

EXAMPLES = r"""
---
- name: Find the responders of all certificates that Certbot manages here
  stapling.httpd.certificate_ocsp_info:
    paths:
      - /etc/letsencrypt/live/*/fullchain.pem
  register: result

- name: Show what the firewall has to let through
  ansible.builtin.debug:
    msg: "{{ item.host }} port {{ item.port }} for {{ item.needed_by | length }} certificates"
  loop: "{{ result.endpoints }}"

- name: Look at the certificates that live servers present
  stapling.httpd.certificate_ocsp_info:
    endpoints:
      - www.example.org:443
      - "[2001:db8::10]:8443"
      - address: 192.0.2.10
        server_name: shop.example.org
    timeout: 5
  delegate_to: localhost
  register: live

- name: Make sure that every certificate was seen and names a responder
  ansible.builtin.assert:
    that:
      - live.certificates | selectattr('problem') | length == 0
      - live.certificates | rejectattr('ocsp_responders') | length == 0

- name: Look at a certificate from the vault
  stapling.httpd.certificate_ocsp_info:
    content: "{{ site_certificate_pem }}"
"""

RETURN = r"""
---
certificates:
  description:
    - One entry per certificate and place, in the order of O(paths), O(content), and O(endpoints).
    - What cannot be read or reached has an entry as well, with its RV(certificates[].problem).
  returned: success
  type: list
  elements: dict
  contains:
      path:
        description: File in which the certificate stands, as an absolute path.
        type: str
        sample: /etc/ssl/site/fullchain.pem
      endpoint:
        description: The live server that presented the certificate, as V(host:port) or V(host:port#server_name).
        type: str
      subject:
        description: Subject as in RFC 4514, the common name usually first.
        type: str
        sample: CN=www.example.org,O=Example
      issuer:
        description: Issuer as in RFC 4514.
        type: str
        sample: CN=Example Issuing CA,O=Example
      serial_number:
        description: Serial number in lower-case hexadecimal digits.
        type: str
        sample: 0a1b2c3d
      fingerprint_sha256:
        description: SHA-256 of the certificate in lower-case hexadecimal digits without separators.
        type: str
        sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      not_before:
        description: Start of validity, in UTC, as ISO 8601.
        type: str
        sample: "2026-01-01T00:00:00Z"
      not_after:
        description: End of validity, in UTC, as ISO 8601.
        type: str
        sample: "2026-12-31T23:59:59Z"
      key_type:
        description: Type of the public key. V(unknown) for one that the installed cryptography does not know.
        type: str
        sample: ecdsa
        choices:
          - rsa
          - ecdsa
          - ed25519
          - ed448
          - dsa
          - unknown
      key_bits:
        description: Size of the public key in bits.
        type: int
        sample: 256
      subject_alt_names:
        description: Subject alternative names, each with its kind.
        type: list
        elements: str
        sample:
          - "DNS:www.example.org"
          - "IP:192.0.2.1"
      self_signed:
        description: Whether the certificate carries a signature of its own key.
        type: bool
      is_ca:
        description: Whether the certificate is that of a certificate authority.
        type: bool
      expired:
        description: Whether its validity has ended.
        type: bool
      not_yet_valid:
        description: Whether its validity has not begun.
        type: bool
      ocsp_responders:
        description: Every URI of an OCSP responder, in the order of the certificate. Stapling uses the first.
        type: list
        elements: str
        sample:
          - http://ocsp.example.org/
      ocsp_endpoints:
        description: The same URIs taken apart, in the same order.
        type: list
        elements: dict
        contains:
          uri:
            description: The URI.
            type: str
            sample: http://ocsp.example.org/
          scheme:
            description: The scheme in lower case. httpd staples from C(http) only.
            type: str
            sample: http
          host:
            description: Name or address of the host, in lower case and ASCII, without brackets or a trailing dot.
            type: str
            sample: ocsp.example.org
          port:
            description: The port, explicit or that of the scheme.
            type: int
            sample: 80
          problem:
            description:
              - Why the URI leads to no endpoint, or V(null).
              - One of V(empty), V(too_long), V(control_characters), V(invalid_characters), V(no_scheme),
                V(unknown_scheme),
                V(no_host), V(invalid_host), and V(invalid_port).
            type: str
          warnings:
            description: What was changed on the way, of V(userinfo_dropped), V(idna), and V(trailing_dot).
            type: list
            elements: str
      ca_issuers:
        description: Every URI at which the issuer's certificate can be fetched, in the order of the certificate.
        type: list
        elements: str
      must_staple:
        description: Whether the certificate obliges its server to staple (TLS feature C(status_request)).
        type: bool
      issuer_available:
        description:
          - Whether the issuer's certificate was found among all that were looked at. Its name has to be right, and the
            signature has to verify with its key.
          - V(null) for a live server whose chain cannot be shown here, if no issuer was found elsewhere. Python shows
            it from 3.13 on; before, the C(openssl) command is asked, in a handshake of its own.
        type: bool
      issuer_path:
        description: File in which the issuer's certificate was found.
        type: str
        sample: /etc/ssl/site/fullchain.pem
      problem:
        description:
          - Why there is no certificate, or V(null). All fields that a certificate would fill are V(null) or empty
            then.
          - One of V(not_found), V(unreadable), V(not_a_file), V(too_large), V(empty), and V(not_a_certificate) for
            files and text, V(judge_failed) where this collection could not cope with the certificate, and
            V(unresolvable), V(unreachable), V(connection_refused), V(connection_closed), V(timeout), V(tls_failed),
            V(invalid_server_name), and V(no_certificate) for live servers.
        type: str
      problem_message:
        description: The same as a sentence.
        type: str
      warnings:
        description:
          - What is odd about the certificate, for example a responder that is not a URI, or an extension that cannot
            be read.
          - Texts from certificates are shown with everything but printable ASCII escaped.
        type: list
        elements: dict
        contains:
          code:
            description: A stable word.
            type: str
            sample: not_a_uri
          message:
            description: A sentence.
            type: str
      tls_version:
        description: The version of TLS that was spoken with a live server.
        type: str
        sample: TLSv1.3
endpoints:
  description:
    - Every host and port of a responder once, in the order of RV(certificates).
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: Name or address of the host, in lower case and ASCII, without brackets or a trailing dot.
      type: str
      sample: ocsp.example.org
    port:
      description: The port.
      type: int
      sample: 80
    scheme:
      description: The scheme of the URI.
      type: str
      sample: http
    needed_by:
      description: Fingerprints (SHA-256) of the certificates that name it.
      type: list
      elements: str
"""

import gc

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stapling.httpd.plugins.module_utils._certificate.live import parse_live_endpoint
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.sources import (
    from_content,
    from_endpoints,
    from_paths,
    report,
)
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import assert_cryptography
from ansible_collections.stapling.httpd.plugins.module_utils._numbers import Range


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "paths": {"type": "list", "elements": "path"},
            "content": {"type": "str"},
            "endpoints": {"type": "list", "elements": "raw"},
            "include_ca": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 10.0},
        },
        required_one_of=[("paths", "content", "endpoints")],
        supports_check_mode=True,
    )
    assert_cryptography(module)
    refusal = Range(0, 3600, inclusive=False).refusal("timeout", module.params["timeout"])
    if refusal is not None:
        module.fail_json(msg=refusal)
    try:
        endpoints = [parse_live_endpoint(one) for one in module.params["endpoints"] or []]
    except ValueError as error:
        module.fail_json(msg=f"endpoints: {error}")
    # As in httpd_tls_info: there is no garbage worth looking for.
    gc.disable()
    sources = from_paths(module.params["paths"] or []) + from_content(module.params["content"])
    sources += from_endpoints(endpoints, timeout=module.params["timeout"])
    result = report(sources, include_ca=module.params["include_ca"])
    gc.freeze()
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
