# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contradictions and dangers in the stapling set-up that was found."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import (
    SPELLING,
    cache_of,
    effective,
    flag,
    last,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Directive, Dump, Place
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import Vhost

FATAL = "fatal"
"""The severity of what httpd would not survive at its next reload or start."""


def finding(
    code: str,
    message: str,
    *,
    place: Place | None = None,
    vhost: str | None = None,
    severity: str = "problem",
) -> dict[str, t.Any]:
    """Return an entry of the list of problems.

    A remark is about something allowed, but probably not meant. What is fatal ends httpd at its next reload or start.
    """
    return {
        "code": code,
        "severity": severity,
        "message": message,
        "vhost": vhost,
        "file": place.file if place is not None else None,
        "line": place.line if place is not None else None,
    }


def at(place: Place) -> str:
    """Return a place as `FILE:LINE`."""
    return f"{place.file}:{place.line}"


def conflicts(dump: Dump, vhosts: t.Sequence[Vhost], md: dict[str, t.Any], files: Files) -> list[dict[str, t.Any]]:
    """Return what a person should know before stapling is changed here."""
    found = _caches(dump)
    found += _switches(dump, vhosts)
    found += _overridden(dump, files)
    if md["stapling"]:
        place = next((directive.place for directive in dump.server.directives if directive.name == "mdstapling"), None)
        scope = "every certificate of this httpd" if md["staple_others"] else "the certificates of its own domains"
        found.append(finding("mod_md_active", f"mod_md staples {scope}, whatever SSLUseStapling says", place=place))
    found += _foreign(dump, vhosts, files)
    return found


def _caches(dump: Dump) -> list[dict[str, t.Any]]:
    found: list[dict[str, t.Any]] = []
    directives = [directive for directive in dump.server.directives if directive.name == "sslstaplingcache"]
    if len(directives) > 1:
        places = ", ".join(at(directive.place) for directive in directives)
        found.append(
            finding(
                "several_caches",
                f"SSLStaplingCache is set {len(directives)} times ({places}); httpd silently takes the last",
                place=directives[-1].place,
            )
        )
    cache = cache_of(dump)
    if cache is not None and cache.module is not None and not dump.has_module(cache.module):
        found.append(
            finding(
                "cache_without_module",
                f"SSLStaplingCache asks for {cache.provider}, but {cache.module}_module is not loaded",
                place=directives[-1].place,
            )
        )
    return found


def _switches(dump: Dump, vhosts: t.Iterable[Vhost]) -> list[dict[str, t.Any]]:
    cache = cache_of(dump)
    found: list[dict[str, t.Any]] = []
    server_switch = last(dump.server, "sslusestapling")
    if server_switch is not None and not flag(server_switch.arguments):
        found.append(_off(server_switch, None))
    without_cache: list[tuple[str | None, Place | None]] = []
    if server_switch is not None and flag(server_switch.arguments) and cache is None:
        without_cache.append((None, server_switch.place))
    for vhost in vhosts:
        switch = None if vhost.main else last(vhost.section, "sslusestapling")
        if switch is None:
            continue
        if not flag(switch.arguments):
            found.append(_off(switch, vhost.id))
        elif cache is None and vhost.tls:
            without_cache.append((vhost.id, switch.place))
    for identifier, place in without_cache:
        found.append(
            finding(
                "stapling_without_cache",
                "SSLUseStapling is on without an SSLStaplingCache: httpd -t accepts it, the next reload kills httpd",
                place=place,
                vhost=identifier,
            )
        )
    return found


def _overridden(dump: Dump, files: Files) -> list[dict[str, t.Any]]:
    """Return the switch at server level that stands after the managed one and undoes it."""
    switches = [
        directive
        for directive in dump.server.directives
        if directive.name == "sslusestapling" and directive.section is None
    ]
    managed = [switch for switch in switches if files.is_managed(switch.place.file, switch.place.line)]
    if not managed or flag(switches[-1].arguments) or not flag(managed[-1].arguments) or managed[-1] is switches[-1]:
        return []
    tool = files.tool(switches[-1].place.file, switches[-1].place.line)
    whose = f", which carries the mark of {tool}," if tool is not None else ""
    return [
        finding(
            "stapling_overridden",
            f"SSLUseStapling off at {at(switches[-1].place)}{whose} stands after the SSLUseStapling on at"
            f" {at(managed[-1].place)} and undoes it: remove it, or let its file be read earlier",
            place=switches[-1].place,
        )
    ]


def must_staple_conflicts(
    dump: Dump,
    vhosts: t.Iterable[Vhost],
    certificates: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]],
    md: t.Mapping[str, t.Any],
    files: Files,
) -> list[dict[str, t.Any]]:
    """Return the virtual hosts whose certificate obliges them to staple, and which the site has switched off."""
    found: list[dict[str, t.Any]] = []
    for vhost in vhosts if not md["stapling"] else ():
        switch, _inherited = effective(dump.server, None if vhost.main else vhost.section, "sslusestapling")
        if switch is None or flag(switch.arguments) or files.is_managed(switch.place.file, switch.place.line):
            continue
        if any(certificate["must_staple"] for certificate in certificates.get(vhost.id, ())):
            found.append(
                finding(
                    "must_staple_off",
                    f"{vhost.id} has a certificate that obliges it to staple, and SSLUseStapling off at"
                    f" {at(switch.place)}: clients that keep to it refuse the connection",
                    place=switch.place,
                    vhost=vhost.id,
                )
            )
    return found


def _off(directive: Directive, vhost: str | None) -> dict[str, t.Any]:
    where = "at server level" if vhost is None else f"for {vhost}"
    return finding("explicit_off", f"SSLUseStapling is switched off {where}", place=directive.place, vhost=vhost)


def _foreign(dump: Dump, vhosts: t.Iterable[Vhost], files: Files) -> list[dict[str, t.Any]]:
    """Return the stapling directives that carry the mark of another tool: it will write them again."""
    found: list[dict[str, t.Any]] = []
    sections: list[tuple[str | None, list[Directive]]] = [(None, dump.server.directives)]
    sections += [(vhost.id, vhost.section.directives) for vhost in vhosts if not vhost.main]
    for identifier, directives in sections:
        for directive in directives:
            place = directive.place
            if directive.name not in SPELLING or files.is_managed(place.file, place.line):
                continue
            tool = files.tool(place.file, place.line)
            if tool is not None:
                found.append(
                    finding(
                        "foreign_directive",
                        f"{SPELLING[directive.name]} carries the mark of {tool}, which may write it again",
                        place=place,
                        vhost=identifier,
                    )
                )
    return found


def remarks(vhosts: t.Iterable[Vhost]) -> list[dict[str, t.Any]]:
    """Return what is allowed, but probably not what was meant."""
    found: list[dict[str, t.Any]] = []
    for vhost in vhosts:
        if vhost.engine == "optional":
            found.append(
                finding(
                    "sslengine_optional",
                    f"{vhost.id} has SSLEngine optional, which serves no TLS handshake and is gone from httpd",
                    place=vhost.place,
                    vhost=vhost.id,
                    severity="remark",
                )
            )
        elif vhost.tls and not vhost.main and any(port == 80 for _address, port in vhost.addresses):
            found.append(
                finding(
                    "tls_on_port_80",
                    f"{vhost.id} speaks TLS on port 80, perhaps because SSLEngine is on at server level",
                    place=vhost.place,
                    vhost=vhost.id,
                    severity="remark",
                )
            )
        if vhost.tls and not vhost.certificate_files:
            found.append(
                finding(
                    "no_certificate_file",
                    f"{vhost.id} speaks TLS, but no certificate file is configured for it",
                    place=vhost.place,
                    vhost=vhost.id,
                    severity="remark",
                )
            )
        elif vhost.tls and not vhost.main and not vhost.addresses:
            found.append(
                finding(
                    "vhost_unreachable",
                    f"{vhost.id} has no address: httpd could not make anything of the one that is configured",
                    place=vhost.place,
                    vhost=vhost.id,
                    severity="remark",
                )
            )
        elif vhost.tls and vhost.main and not vhost.addresses:
            found.append(
                finding(
                    "main_server_unreachable",
                    "every address belongs to a virtual host, none to the main server",
                    severity="remark",
                )
            )
    return found
