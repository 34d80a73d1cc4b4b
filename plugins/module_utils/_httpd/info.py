# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of httpd_tls_info, made of the answers of httpd."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._file_state import file_state
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.certificates import (
    CertificateStore,
    inspect,
    reference,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.conflicts import (
    conflicts,
    finding,
    must_staple_conflicts,
    remarks,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import (
    SPELLING,
    cache_of,
    first_word,
    is_relevant,
    mod_md,
    stapling_settings,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.drift import drift
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import Directive, Dump, read_dump
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import HttpdError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.includes import Files
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.keys import KeyReport, check_keys
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.leftovers import leftovers, read_at, unread
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.program import describe_program
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.proxy_protocol import ProxyProtocol
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.query import Answers, Question
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.read_order import ReadOrder
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.record import (
    has_failed,
    lost_drop_ins,
    lost_since_read,
    rewritten_drop_ins,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhost_block import replaced_setting
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhosts import Vhost, read_vhosts
from ansible_collections.stapling.httpd.plugins.module_utils._stapling_cache import Cache


def tls_info(question: Question) -> dict[str, t.Any]:
    """Return the whole result. Raises HttpdError."""
    answers = question.answers()
    dump = _read(question, answers)
    vhosts = read_vhosts(dump)
    files = Files()
    cache = cache_of(dump)
    proxies = ProxyProtocol(dump, vhosts)
    md = mod_md(dump)
    problems = conflicts(dump, vhosts, md, files)
    program = describe_program(question, answers.version, dump, files)
    store = CertificateStore()
    certificates: list[dict[str, t.Any]] = []
    by_vhost: dict[str, list[dict[str, t.Any]]] = {}
    keys = KeyReport()
    if question.request.inspect_certificates:
        certificates, by_vhost = inspect(vhosts, store)
        problems += _certificate_problems(vhosts, by_vhost)
        problems += must_staple_conflicts(dump, vhosts, by_vhost, md, files)
        if question.request.check_keys:
            keys = _keys(question, dump, vhosts, store, program)
            problems += keys.problems
    program["restart_obstacle"] = program["restart_obstacle"] or keys.obstacle
    program["can_restart"] = program["restart_obstacle"] is None
    order = ReadOrder(dump, files, directory=program["conf_include_dir"], include_in=program["include_in"])
    stapling = _stapling(dump, vhosts, cache, md, files, order)
    missing = _missing(program, stapling)
    problems += missing.problems
    return {
        "httpd": program,
        "stapling": {**stapling, **_interrupted(program, stapling, dump, vhosts, problems, missing)},
        "vhosts": [_vhost(dump, vhost, by_vhost.get(vhost.id, []), files, proxies) for vhost in vhosts],
        "certificates": certificates,
        # Not "warnings": Ansible takes that key of a result for its own, as a list of sentences.
        "problems": problems + remarks(vhosts),
    }


def _keys(
    question: Question, dump: Dump, vhosts: list[Vhost], store: CertificateStore, program: dict[str, t.Any]
) -> KeyReport:
    """Return what is to be known of the keys if httpd had to start now."""
    taken_up = read_at(program["pid_file"]) if program["running"] else None
    return check_keys(dump, vhosts, store, taken_up=taken_up, timeout=question.request.timeout)


def _read(question: Question, answers: Answers) -> Dump:
    dump = read_dump(answers.config.stdout + "\n" + answers.others.stdout, keep=is_relevant)
    config = answers.config
    if not dump.has_config and dump.server_root is not None:
        # Where nothing has told the directory of the modules, ServerRoot does, in nearly every layout.
        config = question.ask_again(dump.server_root) or config
        dump = read_dump(config.stdout + "\n" + answers.others.stdout, keep=is_relevant)
    if not dump.has_config:
        raise question.no_info(config)
    if question.loads_info and "info_module is already loaded" not in config.stderr:
        # It is there because we asked for it; the server that runs does not have it.
        dump.modules = [name for name in dump.modules if name != "info_module"]
    if dump.server_root is None or not dump.modules:
        raise HttpdError(
            "dump_unreadable", "httpd printed its configuration, but neither its ServerRoot nor its modules"
        )
    return dump


def _stapling(
    dump: Dump, vhosts: list[Vhost], cache: Cache | None, md: dict[str, t.Any], files: Files, order: ReadOrder
) -> dict[str, t.Any]:
    values, sources = stapling_settings(dump.server, None)
    directives = [
        {**_directive(found, None, files), "precedes_managed": order.precedes_managed(found)}
        for found in dump.server.directives
        if found.name in SPELLING
    ]
    for vhost in vhosts:
        if not vhost.main:
            own = [_directive(found, vhost.id, files) for found in vhost.section.directives if found.name in SPELLING]
            directives += _replaced(vhost, own, files) + own
    return {
        "enabled": values["enabled"],
        "settings": values,
        "sources": _with_managed(sources, files),
        "cache": cache.argument if cache is not None else None,
        "cache_provider": cache.provider if cache is not None else None,
        "cache_path": cache.path if cache is not None else None,
        "cache_bytes": cache.bytes if cache is not None else None,
        "socache_modules": sorted(name for name in dump.modules if name.startswith("socache_")),
        "directives": directives,
        "managed_files": [state for state in map(file_state, _managed_files(directives, files)) if state is not None],
        "mod_md": md,
    }


def _replaced(vhost: Vhost, own: list[dict[str, t.Any]], files: Files) -> list[dict[str, t.Any]]:
    """Return the site's SSLUseStapling that a managed one has made a comment: it is still what the site has decided."""
    managed = next((found for found in own if found["managed"] and found["name"] == "SSLUseStapling"), None)
    place = vhost.place
    if managed is None or place is None or place.macro is not None:
        return []
    content = "\n".join(files.lines(place.file))
    with contextlib.suppress(StaplingError):
        found = replaced_setting(os.fsencode(content), place.line)
        if found is not None:
            line, argument = found
            site = {"arguments": argument, "value": argument, "line": line, "managed": False, "replaced": True}
            return [{**managed, **site}]
    return []


def _managed_files(directives: list[dict[str, t.Any]], files: Files) -> list[str]:
    """Return the files with directives about stapling that the collection has written as a whole."""
    return sorted({found["file"] for found in directives if found["managed"] and files.is_managed_file(found["file"])})


class _Missing(t.NamedTuple):
    """Recorded drop-ins that were removed, and those that were rewritten; and whether httpd has them still."""

    lost: list[str]
    rewritten: list[str]
    since_read: bool
    problems: list[dict[str, t.Any]]


def _missing(program: dict[str, t.Any], stapling: dict[str, t.Any]) -> _Missing:
    pid_file = program["pid_file"]
    lost = lost_drop_ins(pid_file)
    reads_cache = any(found["managed"] and found["name"] == "SSLStaplingCache" for found in stapling["directives"])
    rewritten = rewritten_drop_ins(pid_file, reads_cache=reads_cache)
    since_read = lost_since_read(lost, pid_file=pid_file) or bool(rewritten)
    problems = drift(
        lost,
        rewritten,
        running=program["running"],
        taken_up=not since_read,
        has_cache=stapling["cache"] is not None,
    )
    return _Missing(lost, rewritten, since_read, problems)


def _interrupted(
    program: dict[str, t.Any],
    stapling: dict[str, t.Any],
    dump: Dump,
    vhosts: list[Vhost],
    problems: list[dict[str, t.Any]],
    missing: _Missing,
) -> dict[str, t.Any]:
    """Return what an interrupted run, or whoever has removed the managed file or its lines, has left to do."""
    read = {include.file for include in dump.includes}
    read.update(vhost.place.file for vhost in vhosts if vhost.place is not None and vhost.place.macro is None)
    directory = program["conf_include_dir"]
    places = {directory, os.path.dirname(program["drop_in"] or "")} - {None, ""}
    left = leftovers(read, main=program["config_file"], directories=places)
    managed = [state["path"] for state in stapling["managed_files"]]
    pid_file = program["pid_file"]
    stale = bool(left) or bool(unread(managed, pid_file=pid_file)) or missing.since_read
    needs_cache = bool(missing.lost or missing.rewritten) or any(
        found["code"] == "stapling_without_cache" for found in problems
    )
    ended = not program["running"] and needs_cache and has_failed(program["service"], pid_file=pid_file)
    return {
        "pending": program["running"] and stale,
        "lost_files": missing.lost,
        "ended_without_cache": ended,
        "leftovers": [{"path": copy.path, "backup_file": copy.backup_file} for copy in left],
    }


def _directive(directive: Directive, vhost: str | None, files: Files) -> dict[str, t.Any]:
    place = directive.place
    return {
        "name": SPELLING[directive.name],
        "arguments": directive.arguments,
        "value": first_word(directive.arguments),
        "file": place.file,
        "line": place.line,
        "macro": place.macro,
        "section": directive.section,
        "vhost": vhost,
        "managed": place.macro is None and files.is_managed(place.file, place.line),
        "tool": files.tool(place.file, place.line) if place.macro is None else None,
        "precedes_managed": None,
        "replaced": False,
    }


def _with_managed(sources: dict[str, t.Any], files: Files) -> dict[str, t.Any]:
    for source in sources.values():
        source["managed"] = source["macro"] is None and files.is_managed(source["file"], source["line"])
    return sources


def _vhost(
    dump: Dump, vhost: Vhost, certificates: list[dict[str, t.Any]], files: Files, proxies: ProxyProtocol
) -> dict[str, t.Any]:
    values, sources = stapling_settings(dump.server, None if vhost.main else vhost.section)
    place = vhost.place
    key_types: dict[str, None] = {}
    for certificate in certificates:
        if certificate["key_type"] is not None:
            key_types.setdefault(certificate["key_type"], None)
    return {
        "id": vhost.id,
        "main": vhost.main,
        "names": vhost.names,
        "server_name": vhost.server_name,
        "addresses": _addresses(vhost.addresses),
        "default_for": _addresses(vhost.default_for),
        "source": {
            "file": place.file if place is not None else None,
            "line": place.line if place is not None else None,
            "macro": place.macro if place is not None else None,
            **_writer(vhost, files),
        },
        "tls": vhost.tls,
        "ssl_engine": vhost.engine,
        "ssl_protocols": vhost.protocols,
        "proxy_protocol": proxies.is_expected(vhost),
        "proxy_protocol_exceptions": proxies.exceptions(vhost),
        "stapling": dict(values, sources=_with_managed(sources, files)),
        "certificate_files": [file.path for file in vhost.certificate_files],
        "chain_file": vhost.chain_file,
        "ca_file": vhost.ca_file,
        "ca_path": vhost.ca_path,
        "managed_domain": vhost.managed_domain,
        "key_types": list(key_types),
        "certificates": [reference(certificate) for certificate in certificates],
    }


def _writer(vhost: Vhost, files: Files) -> dict[str, t.Any]:
    """Return who else writes the file of a virtual host."""
    place = vhost.place
    if place is None or vhost.main or not vhost.tls:
        return {"tool": None, "panel": None}
    panel = files.panel(place.file)
    return {
        "tool": files.tool(place.file, place.line),
        "panel": {"name": panel.name, "place": panel.vhost_place} if panel is not None else None,
    }


def _addresses(addresses: t.Iterable[tuple[str, int | None]]) -> list[dict[str, t.Any]]:
    return [{"address": address, "port": port} for address, port in addresses]


def _certificate_problems(
    vhosts: t.Iterable[Vhost], by_vhost: dict[str, list[dict[str, t.Any]]]
) -> list[dict[str, t.Any]]:
    found = []
    for vhost in vhosts:
        places = {file.path: file.place for file in vhost.certificate_files}
        for certificate in by_vhost.get(vhost.id, []):
            if certificate["problem"] is not None:
                found.append(
                    finding(
                        f"certificate_{certificate['problem']}",
                        certificate["problem_message"],
                        place=places.get(certificate["path"]),
                        vhost=vhost.id,
                    )
                )
    return found
