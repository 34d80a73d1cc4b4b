# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stapling_plan
short_description: Decide which virtual hosts of an httpd to staple, how, and why not the others
version_added: 1.0.0
author:
  - stapling.httpd contributors (@stapling-httpd)
positional: policy, answers, closed
description:
  - A pure function of what M(stapling.httpd.httpd_tls_info) has seen and of what is wanted. It changes nothing and
    asks nobody.
  - Every virtual host that serves TLS gets an action, a reason (a stable word) and a sentence; what would kill the
    server or lock clients out is refused.
options:
  _input:
    description: The result of M(stapling.httpd.httpd_tls_info).
    type: dict
    required: true
  policy:
    description: What is wanted. Keys that are absent, V(null) or empty have their default.
    type: dict
    default: {}
    suboptions:
      state:
        description:
          - V(present) plans stapling, V(absent) plans to take out all that the collection has put in.
        type: str
        choices: [present, absent]
        default: present
      engine:
        description:
          - The httpd module that staples.
          - V(auto) stays with the one that staples already. Where none does, it is V(mod_md) if httpd has loaded that,
            without a known fault, and nothing in the policy or on the host speaks against it; else V(mod_ssl).
        type: str
        choices: [mod_ssl, mod_md, auto]
        default: mod_ssl
      scope:
        description:
          - V(global) switches stapling on for the whole server, and off again in those virtual hosts that must not
            have it.
          - V(vhost) switches it on only in the virtual hosts to be stapled. V(mod_md) does not know this scope.
        type: str
        choices: [global, vhost]
        default: global
      include:
        description: Names or globs of the virtual hosts to staple; empty means all.
        type: list
        elements: str
        default: []
      exclude:
        description: Names or globs of virtual hosts to leave as they are.
        type: list
        elements: str
        default: []
      cache:
        description:
          - An C(SSLStaplingCache) argument such as V(shmcb:logs/stapling_cache(128000\)), or V(auto) for a path that
            fits this httpd and a size that fits its certificates.
          - A cache that the site has configured itself is kept in any case.
        type: str
        default: auto
      cache_directory_exists:
        description:
          - Whether the directory of a C(dbm) cache exists on the host, where that has been looked up; V(false)
            refuses such a cache.
        type: bool
      response_bytes:
        description: Size of one stapled response, where it is known; otherwise a generous assumption is made.
        type: int
      responder_timeout:
        description: How many seconds httpd waits for a responder.
        type: int
        default: 3
      return_responder_errors:
        description: Whether clients get a responder's errors.
        type: bool
        default: false
      fake_try_later:
        description: Whether clients get a made-up C(tryLater) when a responder does not answer.
        type: bool
        default: false
      force_url:
        description: A responder to ask instead of those that the certificates name. It must begin with C(http://).
        type: str
      proxy_url:
        description: The proxy through which httpd asks, as C(http://HOST:PORT).
        type: str
      extra_directives:
        description:
          - Further directives. For V(mod_ssl) these are C(SSLStaplingResponseTimeSkew), C(SSLStaplingResponseMaxAge),
            C(SSLStaplingStandardCacheTimeout) and C(SSLStaplingErrorCacheTimeout), for V(mod_md)
            C(MDStaplingRenewWindow) and C(MDStaplingKeepResponse).
          - Without one, C(SSLStaplingResponseTimeSkew) is V(5), since clients take no response after its
            C(nextUpdate).
        type: dict
        default: {}
      on_unstaplable:
        description: Whether a virtual host that cannot be stapled is left out or refuses the host.
        type: str
        choices: [skip, fail]
        default: skip
      managed_file:
        description:
          - The file for the collection's own directives; what stands in it does not count as the site's.
          - The default is C(zz-ocsp-stapling.conf) in the directory of drop-ins that this httpd reads. One that reads
            none gets the file beside its own configuration, and a line in that to include it.
        type: str
      include_in:
        description:
          - The file that gets the line which includes the managed file, as it was given to
            M(stapling.httpd.httpd_tls_info). The default is what that module has found.
        type: str
      forbidden_networks:
        description:
          - Networks in which no responder may be. The default is loopback, link-local, multicast and unspecified
            addresses of IPv4 and IPv6, also where an IPv6 address holds the IPv4 one. An empty list forbids none.
          - Only literal addresses and names that always mean this machine can be judged here.
        type: list
        elements: str
      other_endpoints:
        description:
          - Endpoints that must stay reachable for others on this host, as dictionaries with C(host) and C(port).
          - They are part of RV(_value.outbound) and RV(_value.responders).
        type: list
        elements: dict
        default: []
      confirm_here:
        description:
          - Whether the host itself makes the confirming handshakes. A host without the library for that is refused.
        type: bool
        default: false
      confirm_address:
        description: Where RV(_value.targets) connect to instead of loopback, where httpd listens on all addresses.
        type: str
      absent_by:
        description:
          - Whether taking mod_ssl's stapling out may restart httpd. With V(reload) no plan restarts an httpd that runs,
            and the line C(SSLStaplingCache) stays (RV(_value.left_behind), RV(_value.httpd.left_by_undo)).
        type: str
        choices: [restart, reload]
        default: restart
      force:
        description: Whether stapling may be taken away from a certificate that obliges clients to insist on it.
        type: bool
        default: false
      now:
        description:
          - The time that counts for expiry, as V(2026-01-31T12:00:00Z); the default is what the module has found.
        type: str
  answers:
    description:
      - The RV(stapling.httpd.ocsp_response_info#module:responses) to the questions of a plan that was made without them
        (RV(_value.preflight)).
      - For V(mod_ssl), C(SSLStaplingStandardCacheTimeout) is at most half of the shortest life of a response, where
        that is less than the two hours that its default is good for. A value that stands in the managed file already
        is only ever made smaller.
      - A virtual host whose responder's answer is not acceptable is not switched on, and the others are. One that is
        stapled already stays so, with a warning. Where none is left, or where a certificate obliges clients to insist
        on a staple, the host is refused.
    type: list
    elements: dict
  closed:
    description:
      - The RV(stapling.httpd.ocsp_egress#module:refused) endpoints of such a plan, to which no path was opened. They
        count as responders that do not answer.
    type: list
    elements: dict
seealso:
  - module: stapling.httpd.httpd_tls_info
  - module: stapling.httpd.httpd_vhost_stapling
  - plugin: stapling.httpd.stapling_targets
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look at httpd
  stapling.httpd.httpd_tls_info:
  register: tls

- name: Say which virtual hosts could be stapled
  ansible.builtin.debug:
    msg: "{{ (tls | stapling.httpd.stapling_plan).vhosts | map(attribute='detail') }}"

- name: Plan for two sites only, with the cache of the Apache manual
  ansible.builtin.set_fact:
    plan: >-
      {{ tls | stapling.httpd.stapling_plan({'scope': 'vhost', 'include': ['www.example.com', '*.example.org'],
         'cache': 'shmcb:logs/stapling_cache(128000)'}) }}

- name: Ask the responders
  stapling.httpd.ocsp_response_info:
    queries: "{{ plan.preflight }}"
  register: asked

- name: Plan once more, with regard to how long their responses live
  ansible.builtin.set_fact:
    plan: "{{ tls | stapling.httpd.stapling_plan(answers=asked.responses) }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    state:
      description: As in the policy.
      type: str
    safe:
      description:
        - Whether the plan may be carried out. If not, RV(_value.refused) says why, and RV(_value.directives),
          RV(_value.modules) and RV(_value.edits) are empty, and RV(_value.write) is V(false).
      type: bool
    refused:
      description: Why nothing may be done on this host.
      type: list
      elements: dict
      contains:
        reason:
          description:
            - One of V(certificate_unreadable), V(responder_not_http), V(responder_unfit),
              V(destination_forbidden), V(expired),
              V(not_yet_valid), V(issuer_missing), V(self_signed), V(no_ocsp_uri), V(macro_generated), V(main_server),
              V(directory_included_whole), V(panel_generated), V(include_in_unfit), V(shared_block),
              V(httpd_too_old), V(httpd_not_running),
              V(httpd_cannot_start), V(httpd_may_not_connect),
              V(cannot_restart), V(library_missing), V(known_fault),
              V(module_missing), V(other_engine), V(scope_not_supported), V(cache_invalid),
              V(cache_directory_missing), V(unsafe_value), V(must_staple).
          type: str
        detail:
          description: A sentence.
          type: str
        vhost:
          description: The virtual host that it is about, or V(null).
          type: str
    vhosts:
      description: Every virtual host that serves TLS.
      type: list
      elements: dict
      contains:
        id:
          description: As in the input.
          type: str
        names:
          description: As in the input.
          type: list
          elements: str
        action:
          description: V(staple), V(leave) as it is, or V(off) for an explicit off.
          type: str
        reason:
          description:
            - One of V(ok), V(disabled), V(excluded), V(explicit_off), V(certificate_unreadable),
              V(responder_not_http), V(responder_unfit),
              V(destination_forbidden), V(expired), V(not_yet_valid), V(issuer_missing),
              V(self_signed), V(no_ocsp_uri), V(macro_generated), V(main_server), V(directory_included_whole),
              V(panel_generated).
          type: str
        detail:
          description: A sentence that names the virtual host, the certificate and what to do.
          type: str
        must_staple:
          description: Whether one of its certificates obliges clients to insist on a staple.
          type: bool
        stapled_certificates:
          description: SHA-256 fingerprints of the certificates that will be stapled.
          type: list
          elements: str
    endpoints:
      description: What httpd must be able to reach, each once.
      type: list
      elements: dict
      contains:
        host:
          description: Name or address.
          type: str
        port:
          description: Port.
          type: int
        scheme:
          description: V(http) or V(https).
          type: str
        needed_by:
          description: SHA-256 fingerprints of certificates.
          type: list
          elements: str
        vhosts:
          description: Virtual hosts.
          type: list
          elements: str
    preflight:
      description: The questions to ask before httpd depends on the answers, for M(stapling.httpd.ocsp_response_info).
      type: list
      elements: dict
    engine:
      description: The httpd module that staples, V(mod_ssl) or V(mod_md).
      type: str
    engine_reason:
      description: Why it is that one, where the policy says V(auto); else V(null).
      type: str
    scope:
      description: As in the policy.
      type: str
    cache:
      description: The cache of stapled responses, or V(null) where none is needed.
      type: dict
      contains:
        directive:
          description: The whole line.
          type: str
        action:
          description: V(write) it, or V(keep) the one that the site has.
          type: str
        path:
          description: Its path.
          type: str
        bytes:
          description: Its size, V(null) where the provider has none.
          type: int
        needed_bytes:
          description: What would be enough for the certificates found.
          type: int
        module:
          description: The module that it needs.
          type: str
        directory:
          description: A directory that must exist, or V(null).
          type: str
        warning:
          description: What is wrong with it, or V(null).
          type: str
    directives:
      description: The lines of the managed file, in their order.
      type: list
      elements: str
    modules:
      description: Modules that are needed and not loaded.
      type: list
      elements: str
    edits:
      description:
        - What is left to do inside virtual hosts, for M(stapling.httpd.httpd_vhost_stapling); lines that stand already
          are not named.
        - In this order every moment is safe, should a run end half way.
      type: dict
      contains:
        before:
          description: What to do before the managed file changes.
          type: list
          elements: dict
          contains:
            file:
              description: The file as httpd names it.
              type: str
            line:
              description: The line as httpd names it.
              type: int
            vhost:
              description: The virtual host's id.
              type: str
            state:
              description: V(on), V(off), or V(absent) for a managed line that nobody needs any more.
              type: str
            reason:
              description: A stable word, one of RV(_value.vhosts[].reason) or V(no_longer_needed).
              type: str
        after:
          description: What to do once the managed file has changed, with the same keys.
          type: list
          elements: dict
    file:
      description: The managed file.
      type: dict
      contains:
        path:
          description: Where it is. V(null) if this httpd has said nothing of where its configuration is.
          type: str
          sample: /etc/apache2/conf-enabled/zz-ocsp-stapling.conf
        include_in:
          description: The file that needs a line to include it, or V(null) where httpd reads a directory of drop-ins.
          type: str
        lines:
          description: The same as RV(_value.directives). Without any, the file has to go.
          type: list
          elements: str
        load_modules:
          description: Modules that the file loads unless they are loaded already, by the name that C(a2enmod) takes.
          type: list
          elements: str
        content:
          description: The whole text, or V(null) if the file has to go.
          type: str
    write:
      description:
        - Whether there is something to write, or an interrupted run to bring to its end. V(false) if the host is known
          to be as the plan wants it.
      type: bool
    httpd:
      description: How httpd takes the change up.
      type: dict
      contains:
        apply:
          description:
            - V(reload) gracefully, or V(restart) where a graceful reload would kill httpd or leave the old engine
              stapling.
          type: str
        twice:
          description: Whether a second reload is needed, as with a mod_md that was not loaded before.
          type: bool
        undo:
          description: As RV(_value.httpd.apply), for the way back to the configuration before.
          type: str
        undo_content:
          description:
            - What the file has to hold on the way back where httpd cannot be restarted, or may not
              (O(policy.absent_by)). V(null) where it gets back what
              it held before. A reload without C(SSLStaplingCache) would kill httpd.
          type: str
        left_by_undo:
          description: The directives in RV(_value.httpd.undo_content), which do nothing by themselves.
          type: list
          elements: str
    left_behind:
      description:
        - The directives that stay where nothing is stapled any more, because httpd cannot be restarted, or may not
          (O(policy.absent_by)), and a reload without C(SSLStaplingCache) would kill it. They do nothing by themselves.
      type: list
      elements: str
    empty_store:
      description: The store of mod_md whose responses must go before it begins to staple, or V(null).
      type: str
    outbound:
      description:
        - What the firewall has to let out, for the role P(stapling.httpd.ocsp_egress#role). Either
          RV(_value.endpoints) or the proxy before them, and O(policy.other_endpoints).
      type: list
      elements: dict
    responders:
      description: Every responder as C(host:port), IPv6 addresses in brackets, with O(policy.other_endpoints).
      type: list
      elements: str
      sample: ["ocsp.example.org:80", "[2001:db8::1]:80"]
    max_response_size:
      description:
        - How many bytes a response may have to be stapled. mod_ssl caches no larger ones; mod_md does, but clients with
          OpenSSL take no more in a handshake of TLS 1.2.
      type: int
    targets:
      description:
        - The handshakes that prove the plan, for M(stapling.httpd.stapled_response_info), see
          P(stapling.httpd.stapling_targets#filter).
        - With O(policy.state=absent) they are those with O(policy.state=present), to see that httpd still serves.
      type: list
      elements: dict
    state_before:
      description: V(enabled) if httpd staples as it was found, or V(disabled).
      type: str
    state_after:
      description: V(enabled), V(disabled) or V(nothing_to_do), once the plan is carried out.
      type: str
    undone:
      description:
        - What the site or another tool has undone of the collection's work, from the problems of
          M(stapling.httpd.httpd_tls_info) and RV(_value.warnings). A host with such an entry is not confirmed.
      type: list
      elements: dict
      contains:
        code:
          description:
            - One of V(managed_file_missing), V(managed_lines_missing), V(stapling_overridden), V(must_staple_off) and
              V(off_missing).
          type: str
        message:
          description: A sentence.
          type: str
    must_staple:
      description: Virtual hosts with a certificate that obliges clients to insist on a staple.
      type: list
      elements: str
    warnings:
      description: What is worth knowing.
      type: list
      elements: dict
      contains:
        code:
          description:
            - One of V(responder_not_http), V(responder_unfit),
              V(destination_forbidden), V(expired), V(not_yet_valid), V(must_staple),
              V(partly_stapled), V(responder_ignored), V(off_overridden), V(switched_one_by_one),
              V(cache_too_small), V(cache_needed), V(cache_duplicate), V(cache_replaced),
              V(cache_exists), V(off_missing), V(file_rendered),
              V(clients_elsewhere), V(library_missing), V(directive_conflict), V(version_unknown), V(stale_block),
              V(crash_at_start),
              V(one_mutex), V(CVE-2026-44185), V(CVE-2026-29168).
          type: str
        message:
          description: A sentence.
          type: str
        vhost:
          description: The virtual host that it is about, or V(null).
          type: str
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from ansible.errors import AnsibleFilterError


def stapling_plan(
    info: Any, policy: Any = MappingProxyType({}), answers: Any = None, closed: Any = None
) -> dict[str, Any]:
    # ansible-core loads all filters of the collection, anew for each task and host, whenever one of them is used:
    # what is behind this one is loaded when it is needed.
    from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import InfoError
    from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
    from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import PolicyError

    try:
        return make_plan(info, policy, answers, closed)
    except (PolicyError, InfoError) as error:
        raise AnsibleFilterError(f"stapling_plan: {error}.") from error


class FilterModule:
    """The stapling_plan filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"stapling_plan": stapling_plan}
