# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the managed file, safe to write as they stand."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.notes import Notes
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Observed
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import Policy, PolicyError, safe_argument
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.wishes import lasting_off


def build_directives(
    policy: Policy, *, cache: dict[str, t.Any] | None, use_stapling: bool, time_lines: t.Sequence[str] = ()
) -> list[str]:
    """Return the lines in the order in which they are written; `use_stapling` switches the whole server on."""
    own_cache = [str(cache["directive"])] if cache is not None and cache["action"] == "write" else []
    if policy.engine == words.MOD_MD:
        lines = [*own_cache, "MDStapling on", "MDStapleOthers on"]
        if policy.proxy_url:
            lines.append(_line("MDHttpProxy", policy.proxy_url))
    else:
        lines = own_cache
        if use_stapling:
            lines.append("SSLUseStapling on")
        lines += [
            f"SSLStaplingResponderTimeout {policy.responder_timeout}",
            f"SSLStaplingReturnResponderErrors {_on_off(policy.return_responder_errors)}",
            f"SSLStaplingFakeTryLater {_on_off(policy.fake_try_later)}",
            *time_lines,
        ]
        if policy.force_url:
            lines.append(_line("SSLStaplingForceURL", policy.force_url))
        if policy.proxy_url:
            lines.append(_line("SSLOCSPProxyURL", policy.proxy_url))
    return lines + [f"{name} {value}" for name, value in policy.extra_directives]


def _on_off(value: bool) -> str:
    return "on" if value else "off"


def _line(name: str, value: str) -> str:
    return f'{name} "{value}"'


def check_lines(lines: t.Sequence[str], *, notes: Notes) -> None:
    """Refuse a line that is not one directive and nothing else, wherever its parts came from."""
    for line in lines:
        try:
            safe_argument(line.replace('"', ""), what="a directive")
        except PolicyError as error:
            notes.refuse(words.UNSAFE_VALUE, f"{line!a} is not written: {error}")
        if line.count('"') not in (0, 2):
            notes.refuse(words.UNSAFE_VALUE, f"{line!a} is not written: its quotes do not match")


def warn_of_overridden_off(observed: Observed, policy: Policy, *, notes: Notes) -> None:
    """Warn of the site's SSLUseStapling off at server level against which stapling holds: a default of a template."""
    site = observed.site_at_server("SSLUseStapling")
    if site is None or site.value.lower() != "off" or policy.scope == words.VHOST:
        return
    if lasting_off(observed, policy) is not None:
        return
    whose = f", which carries the mark of {site.tool}," if site.tool else ""
    notes.warn(
        words.OFF_OVERRIDDEN,
        f"SSLUseStapling off at {site.place}{whose} is taken for the default of a template: stapling holds against it; "
        "to keep a virtual host out, say so inside it, or name it in ocsp_stapling_exclude",
    )


def warn_of_conflicts(observed: Observed, lines: t.Sequence[str], *, notes: Notes) -> None:
    """Warn of the site's own settings with other values: which of the two counts depends on the order of files."""
    for line in lines:
        name, _blank, argument = line.partition(" ")
        # The cache and the switch have words of their own.
        if name in ("SSLStaplingCache", "SSLUseStapling"):
            continue
        site = [directive for directive in observed.server_directives(name) if not directive.managed]
        if site and site[-1].value.lower() != argument.strip('"').lower():
            notes.warn(
                words.DIRECTIVE_CONFLICT,
                f"{site[-1].place} sets {name} {site[-1].value}, the plan {argument}; the one that httpd reads "
                "last counts",
            )
