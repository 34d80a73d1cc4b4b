# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that make a host's httpd serve its vhosts, for each layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .docker import File
from .images import layout_of
from .layouts import Layout
from .pki import Leaf, Pki
from .spec import Host, Vhost

TLS_DIRECTORY = "/etc/ssl/lab"


@dataclass(frozen=True)
class Served:
    """A vhost together with the certificates that were made for it, one per key type."""

    vhost: Vhost
    leaves: dict[str, Leaf]


def httpd_files(host: Host, served: list[Served], pki: Pki) -> Iterator[File]:
    """Yield every file that a host gets before its first start."""
    layout = layout_of(host.image)
    written = {vhost.name for vhost in host.vhosts}
    ports = sorted({item.vhost.port for item in served} - {443})
    server = [f"ServerName {host.name}.lab.test", *(f"Listen {port}" for port in ports)]
    if layout.enabled is None:  # Debian has a command for it
        server += [f"LoadModule {name}_module modules/mod_{name}.so" for name in host.modules]
    yield File(layout.server, "".join(f"{line}\n" for line in server).encode())
    yield File(f"{TLS_DIRECTORY}/root.pem", pki.root_pem)
    yield File(f"{TLS_DIRECTORY}/issuing.pem", pki.issuing_pem)
    bulk: list[str] = []
    for item in served:
        yield from _tls_files(item, pki)
        if item.vhost.name in written:
            yield from _site(layout, item.vhost.name, _block(item))
        else:
            bulk.append(_block(item))
    if bulk:
        yield from _site(layout, "zz-bulk", "".join(bulk))


def certificate_path(vhost: Vhost, key_type: str) -> str:
    """Return where the certificate stands on the host; its key is beside it."""
    return f"{TLS_DIRECTORY}/{vhost.name}-{key_type}.pem"


def _tls_files(item: Served, pki: Pki) -> Iterator[File]:
    for key_type, leaf in item.leaves.items():
        path = certificate_path(item.vhost, key_type)
        yield File(path, leaf.certificate.read_bytes() + pki.chain_pem(item.vhost.chain))
        yield File(path.removesuffix(".pem") + ".key", leaf.key.read_bytes(), mode=0o600)


def _site(layout: Layout, name: str, text: str) -> Iterator[File]:
    path = f"{layout.sites}/{name}.conf"
    yield File(path, text.encode())
    if layout.enabled is not None:
        yield File(f"{layout.enabled}/{name}.conf", link=f"../{layout.sites.rpartition('/')[2]}/{name}.conf")


def _block(item: Served) -> str:
    vhost = item.vhost
    lines = [f"ServerName {vhost.name}"]
    if vhost.aliases:
        lines.append(f"ServerAlias {' '.join(vhost.aliases)}")
    lines += ["DocumentRoot /var/www/html", "SSLEngine on"]
    for key_type in item.leaves:
        path = certificate_path(vhost, key_type)
        lines += [f"SSLCertificateFile {path}", f"SSLCertificateKeyFile {path.removesuffix('.pem')}.key"]
    if vhost.chain == "file":
        lines.append(f"SSLCertificateChainFile {TLS_DIRECTORY}/issuing.pem")
    if vhost.protocols:
        lines.append(f"SSLProtocol {' '.join(vhost.protocols)}")
    lines += vhost.config.splitlines()
    body = "".join(f"    {line}\n" for line in lines)
    return f"<VirtualHost *:{vhost.port}>\n{body}</VirtualHost>\n"
