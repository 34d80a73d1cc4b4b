# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was observed: the result of httpd_tls_info as typed, plain values."""

from __future__ import annotations

import functools
import posixpath
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import Endpoint, escape
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._markers import DROP_IN


class InfoError(StaplingError):
    """What was given is not the result of httpd_tls_info."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_info", message)


@dataclass(frozen=True)
class Responder:
    """A responder that a certificate names: its URI, safe to show anywhere, and where it leads.

    `problem` is the word for why the URI leads nowhere, `endpoint` then null. `renamed` says that its host is not
    written in ASCII: the endpoint has the name that a browser would look up, and httpd does not.
    """

    uri: str
    endpoint: Endpoint | None
    problem: str | None
    renamed: bool


@dataclass(frozen=True)
class Certificate:
    """A certificate that httpd serves; where `problem` is not null it could not be read."""

    fingerprint: str | None
    path: str
    key_type: str | None
    responders: tuple[Responder, ...]
    self_signed: bool
    expired: bool
    not_yet_valid: bool
    not_before: str | None
    not_after: str | None
    must_staple: bool
    issuer_available: bool
    issuer_path: str | None
    problem: str | None
    problem_message: str | None


@dataclass(frozen=True)
class Panel:
    """A hosting panel that generates a file, and where it keeps what the site adds to a virtual host."""

    name: str
    place: str


@dataclass(frozen=True)
class Vhost:
    """A virtual host that serves TLS, as the running configuration has it."""

    id: str
    names: tuple[str, ...]
    addresses: tuple[tuple[str, t.Any], ...]
    file: str | None
    line: int | None
    macro: str | None
    enabled: bool
    protocols: tuple[str, ...]
    certificates: tuple[Certificate, ...]
    proxy_protocol: bool
    """Whether httpd expects the line of a proxy there before the handshake."""
    proxy_exceptions: tuple[str, ...]
    """From which addresses and networks it expects none all the same."""
    included_whole: str | None
    """The Include that has httpd read every file beside this virtual host's, with its place."""
    tool: str | None
    """The tool that has written the file, by its mark, and may write it again."""
    panel: Panel | None
    """The hosting panel that generates the file."""

    @property
    def label(self) -> str:
        """How a sentence names it."""
        return escape(self.names[0] if self.names else self.id)

    @property
    def rendered_by(self) -> str | None:
        """The tool whose next run may take a line of the collection out of the file; a panel's file gets none."""
        return self.tool if self.panel is None else None

    @property
    def is_block(self) -> bool:
        """Whether it is a <VirtualHost> section with a place in a file; the main server is none."""
        return self.file is not None and self.line is not None and self.line > 0

    @property
    def must_staple(self) -> bool:
        """Whether a certificate of it obliges clients to insist on a staple (RFC 7633)."""
        return any(certificate.must_staple for certificate in self.certificates)


@dataclass(frozen=True)
class Directive:
    """A directive about stapling; `managed` says that the collection has written it."""

    name: str
    arguments: str
    file: str
    line: int
    value: str
    section: str | None
    vhost: str | None
    managed: bool
    tool: str | None
    """The tool that has left its mark there, and may write it again."""
    precedes_managed: bool
    """Whether httpd is known to read it before the collection's own file, which holds then."""

    @property
    def place(self) -> str:
        """File and line, safe to show anywhere."""
        return f"{escape(self.file)}:{self.line}"


@dataclass(frozen=True)
class Fatal:
    """Something on disk that httpd would not survive at its next reload or start."""

    message: str
    vhost: str | None


@dataclass(frozen=True)
class Observed:
    """What httpd_tls_info found on a host."""

    version: tuple[int, int, int] | None
    version_text: str
    layout: str | None
    runtime_dir: str | None
    server_root: str | None
    running: bool | None
    restart_obstacle: str | None
    """Why httpd cannot be restarted without a person; null if it can."""
    network_obstacle: str | None
    """Why httpd itself may not connect to responders; null if nothing is known to keep it from that."""
    modules: frozenset[str]
    listen: tuple[tuple[str, int], ...]
    directives: tuple[Directive, ...]
    vhosts: tuple[Vhost, ...]
    claimed: tuple[tuple[str, t.Any], ...]
    """Address and port of every virtual host, with TLS or without."""
    blocks: t.Mapping[str, tuple[str | None, int | None]]
    included_whole: t.Mapping[str, str]
    """The files beside which httpd would read a copy, each with the place of the Include that does it."""
    managed_file: str | None
    """The file for the collection's own directives."""
    include_in: str | None
    """The file that needs a line to include it; null where a directory of drop-ins is read."""
    include_obstacle: tuple[str, str] | None
    """Word and sentence for why no file can have that line."""
    managed_files: tuple[Mapping[str, t.Any], ...]
    modules_dir: str | None
    pending: bool
    """Whether an interrupted run has left something that the running httpd has not read."""
    ended_without_cache: bool
    """Whether httpd has ended because the cache was taken from it, so that it runs once the cache is back."""
    has_cache: bool
    staples: bool
    md_loaded: bool
    md_stapling: bool
    md_store: str | None
    missing_libraries: frozenset[str]
    fatal: tuple[Fatal, ...]

    @functools.cached_property
    def _by_place(self) -> dict[tuple[str, str | None], list[Directive]]:
        index: dict[tuple[str, str | None], list[Directive]] = {}
        for directive in self.directives:
            index.setdefault((directive.name, directive.vhost), []).append(directive)
        return index

    def switched_on_by_site(self, name: str) -> Directive | None:
        """Return where the site has switched it on, or None; of several settings in one place the last one counts."""
        last = {
            (directive.vhost, directive.section): directive
            for directive in self.directives
            if directive.name == name.lower() and not directive.managed
        }
        return next((directive for directive in last.values() if directive.value.lower() == "on"), None)

    @functools.cached_property
    def md_by_site(self) -> bool:
        """Whether the site's own configuration lets mod_md staple, whatever SSLUseStapling says."""
        return self.switched_on_by_site("MDStapling") is not None

    def has_module(self, name: str) -> bool:
        """Tell whether httpd has loaded this module, named without `mod_` and `_module`."""
        return name in self.modules

    def server_directives(self, name: str) -> list[Directive]:
        """Return the directives with this name at server level, in the order in which httpd reads them."""
        found = self._by_place.get((name.lower(), None), [])
        return [directive for directive in found if directive.section is None]

    def vhost_directives(self, name: str, vhost: str) -> list[Directive]:
        """Return the directives with this name inside a virtual host, in the order in which httpd reads them."""
        return self._by_place.get((name.lower(), vhost), [])

    def site_at_server(self, name: str) -> Directive | None:
        """Return the site's own setting at server level, the last one since that holds, or None."""
        return last_of_site(self.server_directives(name))

    def site_in_vhost(self, name: str, vhost: str) -> Directive | None:
        """Return the site's own setting inside a virtual host, the last one, or None."""
        return last_of_site(self.vhost_directives(name, vhost))


def last_of_site(directives: t.Sequence[Directive]) -> Directive | None:
    """Return the last directive that the collection has not written, or None."""
    return next((directive for directive in reversed(directives) if not directive.managed), None)


def read_info(info: t.Any, *, managed_file: str | None = None, include_in: str | None = None) -> Observed:
    """Return the observed state, or raise InfoError.

    Keys that a newer or older module does not know are no reason to fail. `managed_file` is the file for the
    collection's own directives where somebody has chosen one, `include_in` the one that includes it.
    """
    if not isinstance(info, Mapping) or not isinstance(info.get("httpd"), Mapping):
        raise InfoError("the input is not a result of httpd_tls_info: it has no httpd")
    if not isinstance(info.get("vhosts"), Sequence):
        raise InfoError("the input is not a result of httpd_tls_info: it has no list of vhosts")
    httpd = info["httpd"]
    stapling = info.get("stapling") or {}
    mod_md = stapling.get("mod_md") or {}
    certificates = _certificates(info.get("certificates") or ())
    # mod_md staples for all virtual hosts, whatever they say themselves.
    md_staples = bool(mod_md.get("stapling"))
    path = managed_file or _default_file(httpd)
    included_whole = {
        str(copy["path"]): f"{escape(str(copy['file']))}:{copy['line']}" for copy in httpd.get("copies_read") or ()
    }
    text = str(httpd.get("version") or "")
    return Observed(
        version=parse_version(text),
        version_text=text,
        layout=_text(httpd.get("layout")),
        runtime_dir=_text(httpd.get("runtime_dir")),
        server_root=_text(httpd.get("server_root")),
        running=httpd.get("running"),
        restart_obstacle=_text(httpd.get("restart_obstacle")),
        network_obstacle=_text(httpd.get("network_obstacle")),
        modules=frozenset(module_name(str(name)) for name in httpd.get("modules") or ()),
        listen=tuple((str(entry.get("address") or "*"), int(entry["port"])) for entry in httpd.get("listen") or ()),
        directives=tuple(_directive(entry, path) for entry in stapling.get("directives") or ()),
        vhosts=tuple(
            _vhost(entry, certificates, md_staples, included_whole) for entry in info["vhosts"] if entry.get("tls")
        ),
        claimed=tuple(place for entry in info["vhosts"] for place in _addresses(entry)),
        blocks={str(entry["id"]): _place(entry) for entry in info["vhosts"]},
        included_whole=included_whole,
        managed_file=path,
        # Who names the managed file alone has an Include for it.
        include_in=_include_in(httpd) if include_in or not managed_file else None,
        include_obstacle=_include_obstacle(httpd) if include_in or not managed_file else None,
        managed_files=tuple(stapling.get("managed_files") or ()),
        modules_dir=_text(httpd.get("modules_dir")),
        pending=bool(stapling.get("pending")),
        ended_without_cache=bool(stapling.get("ended_without_cache")),
        has_cache=bool(stapling.get("cache")),
        staples=md_staples or bool(stapling.get("enabled")),
        md_loaded=bool(mod_md.get("loaded")),
        md_stapling=md_staples,
        md_store=_text(mod_md.get("store")),
        missing_libraries=frozenset(str(name) for name in info.get("missing_libraries") or ()),
        fatal=tuple(_fatal(entry) for entry in info.get("problems") or () if entry.get("severity") == "fatal"),
    )


def _fatal(entry: Mapping[str, t.Any]) -> Fatal:
    place = f" ({escape(str(entry['file']))}:{entry['line']})" if entry.get("file") else ""
    return Fatal(message=f"{escape(str(entry.get('message')))}{place}", vhost=_text(entry.get("vhost")))


def _include_in(httpd: Mapping[str, t.Any]) -> str | None:
    if "include_in" in httpd:
        return _text(httpd["include_in"])
    return None if httpd.get("conf_include_dir") else _text(httpd.get("config_file"))


def _include_obstacle(httpd: Mapping[str, t.Any]) -> tuple[str, str] | None:
    obstacle = httpd.get("include_obstacle")
    return (str(obstacle["code"]), escape(str(obstacle["message"]))) if obstacle else None


def _default_file(httpd: Mapping[str, t.Any]) -> str | None:
    """Return the drop-in of this httpd, which is beside its configuration where it reads no drop-ins."""
    if httpd.get("drop_in"):
        return str(httpd["drop_in"])
    directory = httpd.get("conf_include_dir") or posixpath.dirname(str(httpd.get("config_file") or ""))
    return posixpath.join(str(directory), DROP_IN) if directory else None


def parse_version(text: str) -> tuple[int, int, int] | None:
    """Return the numbers 2, 4, 71 of Apache/2.4.71 (Debian), or None of a text without three numbers."""
    numbers = text.split("/")[-1].split(" ")[0].split("-")[0].split(".")
    if len(numbers) != 3 or not all(number.isascii() and number.isdigit() for number in numbers):
        return None
    return int(numbers[0]), int(numbers[1]), int(numbers[2])


def module_name(name: str) -> str:
    """Return the short name of a module: `ssl` for ssl_module, mod_ssl and ssl."""
    name = name.lower().split(" ")[0]
    if name.startswith("mod_"):
        name = name[len("mod_") :]
    return name[: -len("_module")] if name.endswith("_module") else name


def _text(value: t.Any) -> str | None:
    return str(value) if value else None


def _certificates(entries: t.Iterable[Mapping[str, t.Any]]) -> dict[str, Certificate]:
    """Return the certificates by fingerprint and by path: a file that could not be read has only the latter."""
    found: dict[str, Certificate] = {}
    for entry in entries:
        certificate = Certificate(
            fingerprint=_text(entry.get("fingerprint_sha256")),
            path=str(entry.get("path") or entry.get("endpoint") or ""),
            key_type=_text(entry.get("key_type")),
            # OpenSSL passes over empty ones when it looks for the first.
            responders=tuple(
                _responder(endpoint) for endpoint in entry.get("ocsp_endpoints") or () if endpoint.get("uri")
            ),
            self_signed=bool(entry.get("self_signed")),
            expired=bool(entry.get("expired")),
            not_yet_valid=bool(entry.get("not_yet_valid")),
            not_before=_text(entry.get("not_before")),
            not_after=_text(entry.get("not_after")),
            must_staple=bool(entry.get("must_staple")),
            issuer_available=bool(entry.get("issuer_available")),
            issuer_path=_text(entry.get("issuer_path")),
            problem=_text(entry.get("problem")),
            problem_message=_text(entry.get("problem_message")),
        )
        for key in (certificate.fingerprint, certificate.path):
            if key:
                found.setdefault(key, certificate)
    return found


def _responder(entry: Mapping[str, t.Any]) -> Responder:
    problem = _text(entry.get("problem"))
    warnings = tuple(str(warning) for warning in entry.get("warnings") or ())
    endpoint = None
    if problem is None:
        endpoint = Endpoint(
            scheme=str(entry["scheme"]),
            host=str(entry["host"]),
            port=int(entry["port"]),
            path="",
            is_address=False,
            warnings=warnings,
        )
    return Responder(uri=str(entry["uri"]), endpoint=endpoint, problem=problem, renamed="idna" in warnings)


def _unknown(reference: str) -> Certificate:
    return Certificate(
        fingerprint=None,
        path=reference,
        key_type=None,
        responders=(),
        self_signed=False,
        expired=False,
        not_yet_valid=False,
        not_before=None,
        not_after=None,
        must_staple=False,
        issuer_available=False,
        issuer_path=None,
        problem="not_inspected",
        problem_message=None,
    )


def _vhost(
    entry: Mapping[str, t.Any],
    certificates: Mapping[str, Certificate],
    md_staples: bool,
    included_whole: Mapping[str, str],
) -> Vhost:
    source = entry.get("source") or {}
    file, line = _place(entry)
    panel = source.get("panel")
    return Vhost(
        id=str(entry["id"]),
        names=tuple(str(name) for name in entry.get("names") or ()),
        addresses=_addresses(entry),
        file=file,
        line=line,
        # An empty one: httpd says that there is a macro, but not which.
        macro=None if source.get("macro") is None else str(source["macro"]),
        enabled=md_staples or bool((entry.get("stapling") or {}).get("enabled")),
        protocols=_words(entry.get("ssl_protocols")),
        proxy_protocol=bool(entry.get("proxy_protocol")),
        proxy_exceptions=_words(entry.get("proxy_protocol_exceptions")),
        certificates=tuple(
            certificates.get(str(reference)) or _unknown(str(reference))
            for reference in entry.get("certificates") or ()
        ),
        included_whole=included_whole.get(file or ""),
        tool=_text(source.get("tool")),
        panel=Panel(str(panel["name"]), str(panel["place"])) if panel else None,
    )


def _addresses(entry: Mapping[str, t.Any]) -> tuple[tuple[str, t.Any], ...]:
    return tuple((str(address.get("address") or "*"), address.get("port")) for address in entry.get("addresses") or ())


def _place(entry: Mapping[str, t.Any]) -> tuple[str | None, int | None]:
    source = entry.get("source") or {}
    line = source.get("line")
    return _text(source.get("file")), int(line) if line else None


def _words(value: t.Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(str(value).split())
    return tuple(str(word) for word in value or ())


def _directive(entry: Mapping[str, t.Any], managed_file: str | None) -> Directive:
    arguments = str(entry.get("arguments") or "")
    value = entry.get("value")
    file = str(entry.get("file") or "")
    return Directive(
        name=str(entry.get("name")).lower(),
        arguments=arguments,
        value=arguments.strip().strip("\"'") if value is None else str(value),
        section=_text(entry.get("section")),
        file=file,
        line=int(entry.get("line") or 0),
        vhost=_text(entry.get("vhost")),
        managed=bool(entry.get("managed")) or (managed_file is not None and file == managed_file),
        tool=_text(entry.get("tool")),
        precedes_managed=entry.get("precedes_managed") is True,
    )
