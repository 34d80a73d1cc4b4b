# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual hosts: names, addresses, whether they speak TLS, and with which certificate files."""

from __future__ import annotations

import fnmatch
import glob
import ipaddress
import os
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.directives import (
    effective,
    first_word,
    last,
    md_store,
    server_path,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import (
    Directive,
    Dump,
    NamedVhost,
    Place,
    Section,
    split_arguments,
)

_BRACKETED = re.compile(r"\[([^\]]*)\](?::(\d+|\*))?$", re.ASCII)
# A port that is none belongs to the name, which then cannot be resolved.
_PLAIN = re.compile(r"(.*?)(?::(\d+|\*))?$", re.ASCII)

Address = tuple[str, t.Optional[int]]


class Listen(t.NamedTuple):
    """A Listen; `*` stands for any address."""

    address: str
    port: int
    protocol: str


class CertificateFile(t.NamedTuple):
    """A certificate file that a virtual host uses, and the directive that says so."""

    path: str
    place: Place | None
    inherited: bool = False
    managed_domain: bool = False


@dataclass
class Vhost:
    """A virtual host, or the main server."""

    id: str
    section: Section
    main: bool
    server_name: str | None
    names: list[str]
    addresses: list[Address]
    default_for: list[Address]
    tls: bool
    engine: str | None
    certificate_files: list[CertificateFile] = field(default_factory=list)
    chain_file: str | None = None
    ca_file: str | None = None
    ca_path: str | None = None
    protocols: str | None = None
    managed_domain: str | None = None

    @property
    def place(self) -> Place | None:
        """Return where it stands; the main server has no place."""
        return self.section.place


def listens(dump: Dump) -> list[Listen]:
    """Return every Listen. Without a protocol, port 443 means https."""
    found = []
    for directive in dump.server.directives:
        if directive.name != "listen":
            continue
        words = split_arguments(directive.arguments)
        if not words:
            continue
        address, port = split_address(words[0])
        if port is None and address.isdigit():
            address, port = "*", int(address)
        if port is None:
            continue
        protocol = words[1].lower() if len(words) > 1 else ("https" if port == 443 else "http")
        found.append(Listen(address, port, protocol))
    return found


def split_address(text: str) -> Address:
    """Split ADDRESS[:PORT] as in Listen and <VirtualHost>: `*` for any, without brackets."""
    match = _BRACKETED.match(text) or _PLAIN.match(text)
    host, port = (match.group(1), match.group(2)) if match else (text, None)
    host = "*" if host.lower() in ("*", "_default_", "") else _normal(host)
    return host, int(port) if port and port != "*" else None


def _normal(host: str) -> str:
    """Return an address as it is written by everybody else, and `*` for any; a name stays as it is."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return "*" if address.is_unspecified else str(address)


def is_address(text: str) -> bool:
    """Tell whether this is an IP address and no name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def read_vhosts(dump: Dump) -> list[Vhost]:
    """Return every virtual host in the order of the configuration, the main server first if it speaks TLS."""
    listening = listens(dump)
    domains = _managed_domains(dump)
    seen: dict[str, int] = {}
    vhosts: list[Vhost] = []
    declared = [_addresses(section, dump.named.get(section.key)) for section in dump.vhosts]
    claimed = {address for addresses in declared for address in addresses if address[1] is not None}
    for section, addresses in zip(dump.vhosts, declared):
        named = dump.named.get(section.key)
        expanded = _with_ports(addresses, listening, claimed)
        vhosts.append(_vhost(dump, section, named, expanded, listening, domains, seen))
    engine = last(dump.server, "sslengine")
    if engine is not None and first_word(engine.arguments).lower() == "on":
        vhosts.insert(0, _main_server(dump, listening, vhosts, seen))
    return vhosts


def _addresses(section: Section, named: NamedVhost | None) -> list[Address]:
    """Return the addresses as written, but for names the addresses to which httpd has resolved them."""
    found: list[Address] = []
    for text in split_arguments(section.arguments):
        address, port = split_address(text)
        if address == "*" or is_address(address):
            candidates = [(address, port)]
        else:
            resolved = named.addresses if named is not None else []
            candidates = [address for address in resolved if address[0] != "*" and address[1] == port]
        found += [candidate for candidate in candidates if candidate not in found]
    return found


def _with_ports(addresses: list[Address], listening: list[Listen], claimed: set[Address]) -> list[Address]:
    """Give an address without a port every port that httpd listens on and that no other claims."""
    found: list[Address] = []
    for address, port in addresses:
        if port is not None:
            candidates = [(address, port)]
        else:
            candidates = [
                (address, listen.port)
                for listen in listening
                if (address, listen.port) not in claimed and ("*", listen.port) not in claimed
            ]
        found += [candidate for candidate in candidates if candidate not in found]
    return found


def _names(section: Section) -> list[str]:
    names: list[str] = []
    own = last(section, "servername")
    if own is not None:
        names.append(host_of_name(first_word(own.arguments)))
    for directive in section.directives:
        if directive.name == "serveralias":
            names += split_arguments(directive.arguments)
    unique: dict[str, None] = {}
    for name in names:
        if name:
            unique.setdefault(name.lower().rstrip("."), None)
    return list(unique)


def host_of_name(name: str) -> str:
    """Return the host of [scheme://]host[:port], which is what ServerName takes."""
    name = name.rpartition("://")[2]
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0]


def _unique_id(name: str, port: int | None, seen: dict[str, int]) -> str:
    base = f"{name}:{port if port is not None else '*'}"
    seen[base] = seen.get(base, 0) + 1
    return base if seen[base] == 1 else f"{base}#{seen[base]}"


def _engine(server: Section, section: Section) -> str | None:
    directive, _inherited = effective(server, section, "sslengine")
    return first_word(directive.arguments).lower() if directive is not None else None


def _speaks_https(dump: Dump, section: Section, addresses: list[Address], listening: list[Listen]) -> bool:
    """Tell whether mod_ssl takes it for https: without SSLEngine, the protocol of its Listen decides.

    It is the Listen with the very address: `Listen 443` means nothing to a virtual host at one address.
    """
    protocol, _inherited = effective(dump.server, section, "protocol")
    if protocol is not None:
        return first_word(protocol.arguments).lower() == "https"
    for address, port in addresses:
        for listen in listening:
            if (listen.address, listen.port) == (address, port):
                return listen.protocol == "https"
    return False


def _vhost(
    dump: Dump,
    section: Section,
    named: NamedVhost | None,
    addresses: list[Address],
    listening: list[Listen],
    domains: list[ManagedDomain],
    seen: dict[str, int],
) -> Vhost:
    names = _names(section)
    engine = _engine(dump.server, section)
    tls = dump.has_module("ssl") and (
        engine == "on" if engine is not None else _speaks_https(dump, section, addresses, listening)
    )
    own_name = named.server_name if named is not None else None
    label = names[0] if names else (addresses[0][0] if addresses else own_name or "*")
    vhost = Vhost(
        id=_unique_id("_default_" if label == "*" else label, addresses[0][1] if addresses else None, seen),
        section=section,
        main=False,
        server_name=names[0] if names else own_name,
        names=names,
        addresses=addresses,
        default_for=[address for address in (named.default_for if named is not None else []) if address in addresses],
        tls=tls,
        engine=engine,
    )
    _certificates(dump, vhost, domains)
    return vhost


def _main_server(dump: Dump, listening: list[Listen], vhosts: list[Vhost], seen: dict[str, int]) -> Vhost:
    """Return the main server, which answers where httpd listens and no virtual host does."""
    taken = {port for vhost in vhosts for address, port in vhost.addresses if address == "*"}
    exact = {address for vhost in vhosts for address in vhost.addresses}
    addresses: list[Address] = [
        (listen.address, listen.port)
        for listen in listening
        if listen.port not in taken and (listen.address, listen.port) not in exact
    ]
    names = _names(dump.server)
    vhost = Vhost(
        id=_unique_id("_main_", addresses[0][1] if addresses else None, seen),
        section=dump.server,
        main=True,
        server_name=names[0] if names else None,
        names=names,
        addresses=addresses,
        default_for=list(addresses),
        tls=dump.has_module("ssl"),
        engine="on",
    )
    _certificates(dump, vhost, [])
    return vhost


def _certificates(dump: Dump, vhost: Vhost, domains: list[ManagedDomain]) -> None:
    section = None if vhost.main else vhost.section
    # Lists of files are appended to those of the server, other settings replace them.
    for owner, inherited in ((dump.server, section is not None), (section, False)):
        if owner is None:
            continue
        for directive in owner.directives:
            if directive.name == "sslcertificatefile":
                file = _certificate_file(dump, directive, inherited)
                # The same file again changes nothing but its place in the order.
                vhost.certificate_files = [other for other in vhost.certificate_files if other.path != file.path] + [
                    file
                ]
    vhost.chain_file = _path(dump, section, "sslcertificatechainfile")
    vhost.ca_file = _path(dump, section, "sslcacertificatefile")
    vhost.ca_path = _path(dump, section, "sslcacertificatepath")
    protocols, _inherited = effective(dump.server, section, "sslprotocol")
    vhost.protocols = " ".join(split_arguments(protocols.arguments)) if protocols is not None else None
    if vhost.tls and not vhost.certificate_files:
        for domain in domains:
            if domain.covers(vhost.names):
                vhost.managed_domain = domain.name
                vhost.certificate_files += domain.files
                break


def _certificate_file(dump: Dump, directive: Directive, inherited: bool) -> CertificateFile:
    path = first_word(directive.arguments)
    if not path.startswith("pkcs11:"):
        path = server_path(dump, path)
    return CertificateFile(path, directive.place, inherited)


def _path(dump: Dump, section: Section | None, name: str) -> str | None:
    directive, _inherited = effective(dump.server, section, name)
    if directive is None:
        return None
    path = first_word(directive.arguments)
    return server_path(dump, path) if path and path.lower() != "none" else None


@dataclass(frozen=True)
class ManagedDomain:
    """A domain whose certificates mod_md looks after."""

    name: str
    members: tuple[str, ...]
    files: tuple[CertificateFile, ...]

    def covers(self, names: t.Iterable[str]) -> bool:
        """Tell whether one of these names is a member."""
        return any(fnmatch.fnmatchcase(name, member) for name in names for member in self.members)


def _managed_domains(dump: Dump) -> list[ManagedDomain]:
    if not dump.has_module("md"):
        return []
    directory = md_store(dump)
    domains = []
    for directive in dump.server.directives:
        if directive.name != "mdomain":
            continue
        words = split_arguments(directive.arguments)
        members = [word.lower() for word in words if word.lower() not in ("auto", "manual")]
        files: list[CertificateFile] = []
        for inner in dump.server.directives:
            if inner.section is None or inner.section != directive.section:
                continue
            if inner.name == "mdmember":
                members += [word.lower() for word in split_arguments(inner.arguments) if word not in ("auto", "manual")]
            elif inner.name == "mdcertificatefile":
                files.append(CertificateFile(server_path(dump, first_word(inner.arguments)), inner.place))
        if not members:
            continue
        if not files:
            files = _stored(directory, members[0], directive.place)
        domains.append(ManagedDomain(members[0], tuple(members), tuple(files)))
    return domains


def _stored(directory: str, name: str, place: Place) -> list[CertificateFile]:
    """Return its certificates in the store: pubcert.pem, and one such as pubcert.secp384r1.pem per kind of key."""
    folder = os.path.join(directory, "domains", name)
    paths = sorted(glob.glob(os.path.join(glob.escape(folder), "pubcert*.pem"))) or [
        os.path.join(folder, "pubcert.pem")
    ]
    return [CertificateFile(path, place, managed_domain=True) for path in paths]
