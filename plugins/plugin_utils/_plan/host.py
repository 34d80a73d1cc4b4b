# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an httpd must have before stapling is turned on, and what it must not have: faults, the other engine."""

from __future__ import annotations

import posixpath

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.apply import (
    Cache,
    may_restart,
    takes_over_from_mod_ssl,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.notes import Notes
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Observed
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import Policy

Version = tuple[int, int, int]

OLDEST: dict[str, Version] = {words.MOD_SSL: (2, 3, 3), words.MOD_MD: (2, 4, 42)}
OLDEST_WITH_PROXY: Version = (2, 4, 19)

# Engine, first version with the fault, first version without it, word, what it is.
FIXED_FAULTS: tuple[tuple[str, Version, Version, str, str], ...] = (
    (words.MOD_SSL, (2, 4, 11), (2, 4, 12), words.CRASH_AT_START, "crashes at start when stapling is on"),
    (words.MOD_SSL, (2, 3, 3), (2, 4, 13), words.ONE_MUTEX, "lets every handshake wait while one response is fetched"),
    (
        words.MOD_SSL,
        (2, 3, 3),
        (2, 4, 68),
        words.CVE_MOD_SSL,
        "has CVE-2026-44185 in mod_ssl's handling of OCSP responses",
    ),
    (
        words.MOD_MD,
        (2, 4, 42),
        (2, 4, 67),
        words.CVE_MOD_MD,
        "has CVE-2026-29168 in mod_md's handling of OCSP responses",
    ),
)


def check_host(observed: Observed, policy: Policy, *, notes: Notes) -> None:
    """Enter the refusals and warnings that hold for the host as a whole."""
    if not observed.has_module("ssl"):
        notes.refuse(words.MODULE_MISSING, "httpd has not loaded mod_ssl, so it serves no TLS; enable the module first")
    if observed.running is False and not observed.ended_without_cache:
        notes.refuse(
            words.HTTPD_NOT_RUNNING,
            "httpd is not running, so nothing could be proved afterwards; start it, or find out why it does not start",
        )
    if observed.network_obstacle is not None:
        notes.refuse(words.HTTPD_MAY_NOT_CONNECT, observed.network_obstacle)
    check_start(observed, notes=notes)
    check_confirmation(observed, policy, notes=notes)
    if observed.include_obstacle is not None:
        code, message = observed.include_obstacle
        notes.refuse(words.PANEL_GENERATED if code == words.PANEL_GENERATED else words.INCLUDE_IN_UNFIT, message)
    _check_managed_file(observed, notes=notes)
    check_engine(observed, policy, notes=notes)


def check_engine(observed: Observed, policy: Policy, *, notes: Notes) -> None:
    """Enter the refusals and warnings that are about the engine of the policy."""
    _check_version(observed, policy, notes=notes)
    _check_engines(observed, policy, notes=notes)


def check_start(observed: Observed, *, notes: Notes) -> None:
    """Refuse a host whose httpd would not survive a reload, whoever's fault it is."""
    for problem in observed.fatal:
        notes.refuse(words.HTTPD_CANNOT_START, problem.message, vhost=problem.vhost)


def check_confirmation(observed: Observed, policy: Policy, *, notes: Notes) -> None:
    """Refuse a host that is to make the confirming handshakes itself and cannot."""
    if policy.confirm_here and "pyOpenSSL" in observed.missing_libraries:
        notes.refuse(
            words.LIBRARY_MISSING,
            "the confirming handshakes need pyOpenSSL 20 or newer, or the program openssl, and this host has neither: "
            "install one of them (python3-openssl or python3-pyOpenSSL; openssl), or set ocsp_stapling_confirm_from to "
            "a machine that has one",
        )


def warn_of_unproved(observed: Observed, policy: Policy, *, notes: Notes) -> None:
    """Warn where stapling is taken out on a host that cannot shake hands with itself: that needs no library."""
    if policy.confirm_here and observed.missing_libraries:
        notes.warn(
            words.LIBRARY_MISSING,
            f"this host lacks {' and '.join(sorted(observed.missing_libraries))}, so no handshake proves that httpd "
            "serves once stapling is taken out, only that it runs; set ocsp_stapling_confirm_from to a machine "
            "that can shake hands",
        )


def _check_managed_file(observed: Observed, *, notes: Notes) -> None:
    """Refuse a managed file whose copy httpd would read too: one is kept beside it while a change is on trial."""
    directory = posixpath.dirname(observed.managed_file or "")
    place = next(
        (where for file, where in observed.included_whole.items() if posixpath.dirname(file) == directory), None
    )
    if observed.managed_file is not None and place is not None:
        notes.refuse(
            words.DIRECTORY_INCLUDED_WHOLE,
            f"the Include at {place} has httpd read every file beside {observed.managed_file}, copies of it as well; "
            "let it include *.conf only, or name another file (ocsp_stapling_config_file)",
        )


def check_engine_change(observed: Observed, policy: Policy, *, cache: Cache, notes: Notes) -> None:
    """Refuse a change from mod_ssl to mod_md that takes a restart, on a host where there can or may be none."""
    if not takes_over_from_mod_ssl(observed, policy, cache=cache) or may_restart(observed, policy):
        return
    needs = "mod_md takes over from mod_ssl only in a new process of httpd"
    if observed.restart_obstacle is None:
        notes.refuse(
            words.CANNOT_RESTART,
            f"{needs}, and ocsp_stapling_absent_by is reload, by which this one is not restarted; use the engine "
            "mod_ssl, or set ocsp_stapling_absent_by to restart for this change",
        )
    else:
        notes.refuse(
            words.CANNOT_RESTART,
            f"{needs}, and this one cannot be restarted: "
            f"{observed.restart_obstacle}; use the engine mod_ssl, or disable stapling, remove the SSLStaplingCache "
            f"that stays in {observed.managed_file}, have whoever runs httpd start it again, and enable stapling then",
        )


def _check_version(observed: Observed, policy: Policy, *, notes: Notes) -> None:
    version = observed.version
    if version is None:
        notes.warn(
            words.VERSION_UNKNOWN,
            f"the version of httpd ({observed.version_text!a}) is not one that can be compared; known faults were "
            "not checked",
        )
        return
    text = ".".join(map(str, version))
    oldest = OLDEST[policy.engine]
    if version < oldest:
        notes.refuse(
            words.HTTPD_TOO_OLD,
            f"httpd {text} is too old: stapling by {policy.engine} needs {'.'.join(map(str, oldest))} or newer",
        )
        return
    if policy.engine == words.MOD_SSL and policy.proxy_url and version < OLDEST_WITH_PROXY:
        notes.refuse(
            words.HTTPD_TOO_OLD,
            f"httpd {text} is too old to ask responders through a proxy: that needs "
            f"{'.'.join(map(str, OLDEST_WITH_PROXY))}",
        )
    if policy.engine == words.MOD_MD and version == (2, 4, 66):
        notes.refuse(
            words.KNOWN_FAULT,
            "httpd 2.4.66 ignores MDStapleOthers, so mod_md would staple nothing; upgrade httpd, or use the "
            "engine mod_ssl",
        )
    for code, what, fixed in known_faults(policy.engine, version):
        notes.warn(
            code,
            f"httpd {text} {what}, fixed in {fixed}; upgrade, unless your distribution has backported the fix",
        )


def known_faults(engine: str, version: Version) -> list[tuple[str, str, str]]:
    """Return word, description and fixed version of each known fault of this engine in this version of httpd."""
    return [
        (code, what, ".".join(map(str, fixed)))
        for faulty, first, fixed, code, what in FIXED_FAULTS
        if faulty == engine and first <= version < fixed
    ]


def _check_engines(observed: Observed, policy: Policy, *, notes: Notes) -> None:
    """Refuse a second engine: mod_md's staple wins over mod_ssl's, and nobody could tell which one clients get."""
    if policy.engine == words.MOD_SSL:
        other = observed.switched_on_by_site("MDStapling")
        if other:
            notes.refuse(
                words.OTHER_ENGINE,
                f"MDStapling is on at {other.place}, so mod_md staples here already; use the engine mod_md, or "
                "remove that line",
            )
        return
    other = observed.switched_on_by_site("SSLUseStapling")
    if other:
        notes.refuse(
            words.OTHER_ENGINE,
            f"SSLUseStapling is on at {other.place}, so mod_ssl staples here already; use the engine mod_ssl, or "
            "remove that line",
        )
    if policy.scope == words.VHOST:
        notes.refuse(
            words.SCOPE_NOT_SUPPORTED,
            "mod_md staples for the whole server or not at all; use the scope global, or the engine mod_ssl",
        )
