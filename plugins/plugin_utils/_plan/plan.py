# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: what to do about every virtual host of one httpd, and why: a function of what was observed and wished."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.stapling.httpd.plugins.module_utils._addresses import forbidden_host
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.answered import Answers
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.apply import (
    MAX_SIZE,
    Cache,
    cache_to_keep,
    how_httpd_takes_it_up,
    managed_file,
    mod_md_store,
    must_write,
    needs_managed_cache,
    outbound,
    responders,
    state_after,
    state_before,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.cache_choice import choose_cache, kept_cache
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.decisions import (
    Decision,
    build_edits,
    decide_global,
    decide_mod_md,
    decide_per_vhost,
    guard_must_staple,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.directives import (
    build_directives,
    check_lines,
    warn_of_conflicts,
    warn_of_overridden_off,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.endpoints import (
    EndpointTable,
    read_responder,
    usable,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.engine import choose_engine
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.exposed import warn_of_exposed, warn_of_rendered
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.host import (
    check_engine_change,
    check_host,
    check_start,
    warn_of_unproved,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.lifetimes import time_directives
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.notes import Notes, sentence
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Observed, Responder, read_info
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import Policy, parse_policy
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.targets import (
    make_targets,
    warn_of_what_stands_in_front,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.undone import undone
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.wishes import Wish, make_wish


def make_plan(info: t.Any, raw_policy: t.Any, answers: t.Any = None, closed: t.Any = None) -> dict[str, t.Any]:
    """
    Return the plan as plain data. PolicyError and InfoError are the only exceptions.

    `answers` are the responses of ocsp_response_info to the questions of a plan that was made without them, `closed`
    the endpoints of that plan which ocsp_egress has refused.
    """
    policy = parse_policy(raw_policy)
    observed = read_info(info, managed_file=policy.managed_file, include_in=policy.include_in)
    known = Answers(answers, closed)
    policy, why = choose_engine(observed, policy, known)
    wishes = [make_wish(vhost, observed=observed, policy=policy) for vhost in observed.vhosts]
    if policy.state == words.ABSENT:
        plan = _plan_absent(wishes, observed=observed, policy=policy)
    else:
        plan = _plan_present(wishes, observed=observed, policy=policy, answers=known)
    return {
        **plan,
        "engine_reason": why,
        "undone": undone(info, plan["warnings"]) if policy.state == words.PRESENT else [],
    }


def _plan_present(wishes: list[Wish], *, observed: Observed, policy: Policy, answers: Answers) -> dict[str, t.Any]:
    notes = Notes()
    wishes = answers.applied(wishes, policy=policy, notes=notes)
    check_host(observed, policy, notes=notes)
    warn_of_what_stands_in_front(observed, notes=notes)
    _check_force_url(policy, notes=notes)
    decisions, switch = _decide(wishes, observed=observed, policy=policy, notes=notes)
    guard_must_staple(decisions, switch=switch, policy=policy, notes=notes)
    warn_of_exposed(decisions, observed=observed, notes=notes)
    warn_of_rendered(decisions, notes=notes)
    if policy.on_unstaplable == "fail":
        _refuse_unstaplable(decisions, notes=notes)
    stapled = [decision for decision in decisions if decision.action == words.STAPLE]
    _warn_of_parts(stapled, notes=notes)
    edits = build_edits(decisions, observed=observed, notes=notes)
    cache = None
    directives: list[str] = []
    if stapled:
        if policy.engine == words.MOD_SSL:
            asked = {certificate.fingerprint for decision in stapled for certificate, _verdict in decision.wish.asked}
            cache = choose_cache(observed, policy, certificates=len(asked), notes=notes)
        else:
            cache = kept_cache(observed)
            check_engine_change(observed, policy, cache=cache, notes=notes)
        lines = time_directives(observed, answers.responses, policy.extra_directives)
        directives = build_directives(policy, cache=cache, use_stapling=switch, time_lines=lines)
        check_lines(directives, notes=notes)
        warn_of_conflicts(observed, directives, notes=notes)
        warn_of_overridden_off(observed, policy, notes=notes)
    kept = None if stapled else _keep_cache(observed, policy, notes=notes)
    endpoints = _endpoints(stapled, policy=policy, notes=notes)
    return {
        **_common(decisions, observed=observed, policy=policy, notes=notes),
        "endpoints": endpoints,
        "preflight": _preflight(stapled),
        "cache": cache,
        "targets": _targets(decisions, observed=observed, policy=policy),
        **_to_do(
            directives or _lines(kept),
            edits,
            endpoints=endpoints,
            cache=kept or cache,
            observed=observed,
            policy=_policy_for(kept, policy),
            safe=not notes.refused,
        ),
        "state_after": state_after(policy, directives=[] if notes.refused else directives),
        "left_behind": [] if notes.refused else _lines(kept),
    }


def _keep_cache(observed: Observed, policy: Policy, *, notes: Notes) -> Cache:
    """Return the cache that stays when nothing is stapled any more, and warn of a site that needs it."""
    kept = cache_to_keep(observed, policy)
    site = needs_managed_cache(observed)
    if kept and site is not None:
        notes.warn(
            words.CACHE_NEEDED,
            f"SSLUseStapling is on at {site.place} and has no cache but the one of {observed.managed_file}, without "
            "which httpd would not start, so that line stays; remove the line at that place, or give it an "
            "SSLStaplingCache of its own, and disable again",
        )
    return kept


def _lines(kept: Cache) -> list[str]:
    return [str(kept["directive"])] if kept else []


def _policy_for(kept: Cache, policy: Policy) -> Policy:
    """Return the policy for what is written: whatever has stapled, what stays is mod_ssl's."""
    return replace(policy, engine=words.MOD_SSL) if kept else policy


def _decide(wishes: list[Wish], *, observed: Observed, policy: Policy, notes: Notes) -> tuple[list[Decision], bool]:
    """Return the decisions, and whether stapling is switched on for the whole server."""
    if policy.engine == words.MOD_MD:
        return decide_mod_md(wishes, notes=notes), any(wish.staple for wish in wishes)
    if policy.scope == words.GLOBAL:
        return decide_global(wishes, observed=observed, policy=policy, notes=notes)
    return decide_per_vhost(wishes, notes=notes), False


def _plan_absent(wishes: list[Wish], *, observed: Observed, policy: Policy) -> dict[str, t.Any]:
    """Return the plan that takes out all that the collection has put in.

    Only a certificate that demands a staple can prevent that. Whether httpd serves afterwards shows where a plan
    with the state present would have it staple.
    """
    notes = Notes()
    check_start(observed, notes=notes)
    warn_of_unproved(observed, policy, notes=notes)
    decisions = [
        Decision(
            wish=wish,
            action=words.LEAVE,
            reason=words.DISABLED,
            detail=f"{wish.vhost.label}: the collection's stapling is taken out"
            + ("; the site's own setting staples it still" if wish.site_on else ""),
            edit=None,
        )
        for wish in wishes
    ]
    guard_must_staple(decisions, switch=False, policy=policy, notes=notes)
    edits = build_edits(decisions, observed=observed, notes=notes)
    if_present, _switch = _decide(wishes, observed=observed, policy=policy, notes=Notes())
    kept = _keep_cache(observed, policy, notes=notes)
    return {
        **_common(decisions, observed=observed, policy=policy, notes=notes),
        "endpoints": [],
        "preflight": [],
        "cache": None,
        "targets": _targets(if_present, observed=observed, policy=policy),
        **_to_do(
            _lines(kept),
            edits,
            endpoints=[],
            cache=kept,
            observed=observed,
            policy=_policy_for(kept, policy),
            safe=not notes.refused,
        ),
        "state_after": state_after(policy, directives=[]),
        "left_behind": [] if notes.refused else _lines(kept),
    }


def _common(decisions: list[Decision], *, observed: Observed, policy: Policy, notes: Notes) -> dict[str, t.Any]:
    """Return what every plan says of the host."""
    return {
        "state": policy.state,
        "engine": policy.engine,
        "scope": policy.scope,
        "safe": not notes.refused,
        "refused": notes.refused,
        "vhosts": [_describe(decision) for decision in decisions],
        "must_staple": [decision.wish.vhost.id for decision in decisions if decision.wish.vhost.must_staple],
        "warnings": notes.warnings,
        "state_before": state_before(observed),
    }


def _to_do(
    directives: list[str],
    edits: dict[str, list[dict[str, t.Any]]],
    *,
    endpoints: list[dict[str, t.Any]],
    cache: dict[str, t.Any] | None,
    observed: Observed,
    policy: Policy,
    safe: bool,
) -> dict[str, t.Any]:
    """Return what there is to do. A plan that is not safe has nothing to write, so that nobody writes it by mistake."""
    if not safe:
        directives, edits = [], {"before": [], "after": []}
    file = managed_file(observed, policy, directives=directives, cache=cache)
    return {
        "directives": directives,
        "modules": [name for name in file["load_modules"] if not observed.has_module(name)],
        "edits": edits,
        "file": file,
        "write": safe and must_write(observed, policy, file=file, edits=edits),
        "httpd": how_httpd_takes_it_up(observed, policy, directives=directives, cache=cache),
        "empty_store": mod_md_store(observed, policy, directives=directives),
        "outbound": outbound(endpoints, policy),
        "responders": responders(endpoints, policy),
        "max_response_size": MAX_SIZE[policy.engine],
    }


def _targets(decisions: list[Decision], *, observed: Observed, policy: Policy) -> list[dict[str, t.Any]]:
    stapled = {
        decision.wish.vhost.id: [str(certificate.fingerprint) for certificate, _verdict in decision.wish.stapled]
        for decision in decisions
        if decision.action == words.STAPLE
    }
    return make_targets(observed, stapled, address=policy.confirm_address)


def _check_force_url(policy: Policy, *, notes: Notes) -> None:
    if policy.force_url is None:
        return
    endpoint = usable(read_responder(policy.force_url), engine=policy.engine)
    if endpoint is None:
        notes.refuse(
            words.RESPONDER_NOT_HTTP,
            f"SSLStaplingForceURL {policy.force_url} is not http://, so httpd would refuse all who ask for a staple",
        )
    elif forbidden_host(endpoint.host, policy.forbidden_networks) is not None:
        notes.refuse(
            words.DESTINATION_FORBIDDEN,
            f"SSLStaplingForceURL {policy.force_url} leads to a forbidden destination "
            f"({forbidden_host(endpoint.host, policy.forbidden_networks)})",
        )


def _refuse_unstaplable(decisions: list[Decision], *, notes: Notes) -> None:
    """Refuse each virtual host that stays without staples, unless the operator or the site has left it out."""
    for decision in decisions:
        if decision.action != words.STAPLE and decision.reason not in (words.EXCLUDED, words.EXPLICIT_OFF):
            notes.refuse(decision.reason, decision.detail, vhost=decision.wish.vhost.id)


def _warn_of_parts(stapled: list[Decision], *, notes: Notes) -> None:
    for decision in stapled:
        if len(decision.wish.stapled) < len(decision.wish.judged):
            notes.warn(words.PARTLY_STAPLED, decision.detail, vhost=decision.wish.vhost.id)


def _describe(decision: Decision) -> dict[str, t.Any]:
    wish = decision.wish
    staple = decision.action == words.STAPLE
    return {
        "id": wish.vhost.id,
        "names": list(wish.vhost.names),
        "action": decision.action,
        "reason": decision.reason,
        "detail": sentence(decision.detail),
        "must_staple": wish.vhost.must_staple,
        "stapled_certificates": [certificate.fingerprint for certificate, _verdict in wish.stapled] if staple else [],
    }


def _endpoints(stapled: list[Decision], *, policy: Policy, notes: Notes) -> list[dict[str, t.Any]]:
    """Return every responder of every certificate that httpd will ask about: a certificate may name several."""
    table = EndpointTable()
    for decision in stapled:
        wish = decision.wish
        for certificate, verdict in wish.asked:
            for endpoint in verdict.endpoints:
                table.add(endpoint, fingerprint=certificate.fingerprint, vhost=wish.vhost.id)
            if not wish.forced:
                further = [responder for responder in certificate.responders if responder.uri not in verdict.asked]
                _add_further(table, further, decision, fingerprint=certificate.fingerprint, policy=policy, notes=notes)
    return table.rows()


def _add_further(
    table: EndpointTable,
    responders: list[Responder],
    decision: Decision,
    *,
    fingerprint: str | None,
    policy: Policy,
    notes: Notes,
) -> None:
    """Add the responders that httpd does not ask today, and may ask another day; warn of those that it could not."""
    vhost = decision.wish.vhost
    for responder in responders:
        endpoint = responder.endpoint
        further = f"{vhost.label}: the further responder {responder.uri[:200]}"
        network = forbidden_host(endpoint.host, policy.forbidden_networks) if endpoint is not None else None
        if endpoint is None:
            notes.warn(words.RESPONDER_IGNORED, f"{further} is ignored: it leads to no endpoint ({responder.problem})")
        elif network is not None:
            notes.warn(words.DESTINATION_FORBIDDEN, f"{further} is forbidden ({network})")
        elif responder.renamed or endpoint.scheme not in ("http", "https"):
            notes.warn(words.RESPONDER_IGNORED, f"{further} is not one that httpd could ask")
        else:
            table.add(endpoint, fingerprint=fingerprint, vhost=vhost.id)


def _preflight(stapled: list[Decision]) -> list[dict[str, t.Any]]:
    """Return the questions to ask before httpd depends on the answers, each once."""
    questions: dict[tuple[str | None, str], dict[str, t.Any]] = {}
    for decision in stapled:
        for certificate, verdict in decision.wish.stapled:
            for responder in verdict.asked:
                questions.setdefault(
                    (certificate.fingerprint, responder),
                    {
                        "certificate": certificate.path,
                        "issuer": certificate.issuer_path or certificate.path,
                        "responder": responder,
                    },
                )
    return list(questions.values())
