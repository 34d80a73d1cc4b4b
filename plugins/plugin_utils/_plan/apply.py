# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role has to do to carry out a plan: which file, whether at all, and how httpd takes it up."""

from __future__ import annotations

import hashlib
import re
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._drop_in import drop_in_text
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import parse_ocsp_uri
from ansible_collections.stapling.httpd.plugins.module_utils._file_state import may_keep_mode
from ansible_collections.stapling.httpd.plugins.module_utils._httpd_facts import (
    MOD_MD_MODULES,
    MOD_SSL_LARGEST_RESPONSE,
    TLS12_LARGEST_STAPLE,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.cache_choice import harmless_cache, kept_cache
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Directive, Observed
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import Policy

MAX_SIZE = {words.MOD_SSL: MOD_SSL_LARGEST_RESPONSE, words.MOD_MD: TLS12_LARGEST_STAPLE}

Cache = t.Optional[dict[str, t.Any]]


def managed_file(observed: Observed, policy: Policy, *, directives: t.Sequence[str], cache: Cache) -> dict[str, t.Any]:
    """Return the file with the directives, and what includes and loads it; no lines mean that it has to go."""
    modules = needed_modules(policy, cache=cache) if directives else []
    return {
        "path": observed.managed_file,
        "include_in": observed.include_in,
        "lines": list(directives),
        "load_modules": modules,
        "content": drop_in_text(directives, load_modules=modules, modules_dir=observed.modules_dir)
        if directives
        else None,
    }


def needed_modules(policy: Policy, *, cache: Cache) -> list[str]:
    """Return the modules that the directives need, loaded already or not, by the name that a2enmod takes."""
    needed = [*(MOD_MD_MODULES if policy.engine == words.MOD_MD else []), (cache or {}).get("module")]
    return [str(name) for name in needed if name]


def must_write(
    observed: Observed, policy: Policy, *, file: t.Mapping[str, t.Any], edits: t.Mapping[str, t.Sequence[t.Any]]
) -> bool:
    """Return whether the host may differ from the plan, or has an interrupted run to bring to its end.

    Where the file has to go, or is included by a line that nobody has looked for, the host is to find out.
    """
    return (
        observed.pending
        or observed.ended_without_cache
        or any(edits.values())
        or not file["lines"]
        or file["include_in"] is not None
        or not _stands(observed, file)
        or mod_md_begins(observed, policy, directives=file["lines"])
    )


def _stands(observed: Observed, file: t.Mapping[str, t.Any]) -> bool:
    """Return whether the file is on the host as it would be written."""
    digest = hashlib.sha256(str(file["content"]).encode()).hexdigest()
    return any(
        (managed.get("path"), managed.get("sha256"), managed.get("uid")) == (file["path"], digest, 0)
        and may_keep_mode(int(str(managed.get("mode")), 8))
        for managed in observed.managed_files
    )


def mod_md_begins(observed: Observed, policy: Policy, *, directives: t.Sequence[str]) -> bool:
    """Return whether mod_md is to staple and does not yet."""
    return policy.engine == words.MOD_MD and bool(directives) and not observed.md_stapling


def mod_md_store(observed: Observed, policy: Policy, *, directives: t.Sequence[str]) -> str | None:
    """Return the store that must be empty when mod_md begins to staple, or None.

    mod_md keeps what it has fetched, checks neither its signature nor its dates, and asks again only after days. What
    is left of a time when it last stapled, or of a run that was taken back, must not be what clients get.
    """
    store = observed.md_store or ""
    begins = mod_md_begins(observed, policy, directives=directives)
    return store if begins and re.match(r"/+[^/]", store) else None


def how_httpd_takes_it_up(
    observed: Observed, policy: Policy, *, directives: t.Sequence[str], cache: Cache
) -> dict[str, t.Any]:
    """Return how httpd takes the change up, and how it takes it back.

    mod_ssl keeps its pointer to the cache for the life of the process: a graceful reload into a configuration without
    SSLStaplingCache reads freed memory, and httpd dies of it. What mod_ssl has stapled in the life of a process mod_md
    does not take over, reload or not. Every other change is a graceful reload, which cuts nobody off.
    """
    # What an interrupted run has taken out the running httpd may still have.
    had_cache, has_cache = observed.has_cache or observed.pending, _has_cache(observed, directives)
    ended = observed.ended_without_cache
    takes_over = bool(directives) and takes_over_from_mod_ssl(observed, policy, cache=cache)
    restart = takes_over or ended or (not directives and had_cache and not has_cache)
    undo = has_cache and not observed.has_cache
    kept = cache_lines(directives) if undo and not may_restart(observed, policy) else []
    loaders = [str(cache["module"])] if cache is not None and cache["module"] else []
    begins = policy.engine == words.MOD_MD and bool(directives) and (not observed.md_loaded or observed.pending)
    return {
        "apply": words.RESTART if restart else words.RELOAD,
        # mod_md takes the first configuration that a process loads it with for the one that httpd only tries.
        "twice": begins and not restart,
        "undo": words.RESTART if undo and not kept else words.RELOAD,
        "undo_content": drop_in_text(kept, load_modules=loaders, modules_dir=observed.modules_dir) if kept else None,
        "left_by_undo": kept,
    }


def may_restart(observed: Observed, policy: Policy) -> bool:
    """Return whether a running httpd may get a new process: it can have one, and the site allows it."""
    return observed.restart_obstacle is None and policy.absent_by == words.RESTART


def takes_over_from_mod_ssl(observed: Observed, policy: Policy, *, cache: Cache) -> bool:
    """Return whether mod_md is to staple where mod_ssl may have stapled before, which takes a new process."""
    begins = not observed.md_stapling or observed.pending
    return policy.engine == words.MOD_MD and cache is not None and begins


def cache_to_keep(observed: Observed, policy: Policy) -> Cache:
    """Return the cache whose line, and no other, must stay when stapling is taken out, or None.

    An httpd that is not restarted would die of a reload without SSLStaplingCache, and one that the site lets staple
    would not start again. Alone, the line does nothing. Where the configuration has lost it and the running httpd may
    not, any cache will do.
    """
    if _has_cache(observed, []):
        return None
    if may_restart(observed, policy):
        return kept_cache(observed) if needs_managed_cache(observed) is not None else None
    return kept_cache(observed) or (harmless_cache(observed) if observed.pending else None)


def needs_managed_cache(observed: Observed) -> Directive | None:
    """Return the site's own SSLUseStapling on where no cache but the managed one is there for it, or None."""
    return None if _has_cache(observed, []) else observed.switched_on_by_site("SSLUseStapling")


def cache_lines(directives: t.Sequence[str]) -> list[str]:
    """Return the line that sets the cache, if there is one."""
    return [line for line in directives if line.startswith("SSLStaplingCache ")]


def _has_cache(observed: Observed, directives: t.Sequence[str]) -> bool:
    return bool(cache_lines(directives)) or any(
        directive.name == "sslstaplingcache" and not directive.managed for directive in observed.directives
    )


def outbound(endpoints: t.Sequence[t.Mapping[str, t.Any]], policy: Policy) -> list[dict[str, t.Any]]:
    """Return what the firewall has to let out: the responders or the proxy before them, and what others need."""
    own = [dict(endpoint) for endpoint in endpoints]
    if policy.proxy_url and own:
        proxy = parse_ocsp_uri(policy.proxy_url)
        own = [{"host": proxy.host, "port": proxy.port}]
    return own + [{"host": host, "port": port} for host, port in policy.other_endpoints]


def responders(endpoints: t.Sequence[t.Mapping[str, t.Any]], policy: Policy) -> list[str]:
    """Return host:port of each responder, those that others need included, with IPv6 addresses in brackets."""
    places = [(str(endpoint["host"]), int(endpoint["port"])) for endpoint in endpoints] + list(policy.other_endpoints)
    return list(dict.fromkeys(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in places))


def state_before(observed: Observed) -> str:
    """Return the word for how httpd stands, for a run that only looks."""
    return "enabled" if observed.staples or any(vhost.enabled for vhost in observed.vhosts) else "disabled"


def state_after(policy: Policy, *, directives: t.Sequence[str]) -> str:
    """Return the word for how httpd stands once the plan is carried out."""
    if policy.state == words.ABSENT:
        return "disabled"
    return "enabled" if directives else "nothing_to_do"
