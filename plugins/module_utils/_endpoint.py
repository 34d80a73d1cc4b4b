# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
From the URI in a certificate to the endpoint that has to be reachable.

Whoever signed the certificate chose that URI, so it is treated as hostile: what comes out of here is a scheme from a
fixed table, a canonical host and a port number, or a typed error. Nothing else may reach a firewall rule.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._addresses import canonical
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._names import HostNameError, ascii_name

MAXIMUM_URI_LENGTH = 2048
DEFAULT_PORTS = {"http": 80, "https": 443, "ldap": 389, "ldaps": 636, "ftp": 21}

# RFC 3986 knows these and nothing else; a backslash, a quote or a blank in a URI is an attempt at something.
_FOREIGN = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_NUMERIC_LABEL = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")


class EndpointError(StaplingError):
    """A URI from which no endpoint can be made; the code is a stable word."""


@dataclass(frozen=True)
class Endpoint:
    """Where a URI leads: the host is lower case, ASCII, without brackets or a trailing dot."""

    scheme: str
    host: str
    port: int
    path: str
    is_address: bool
    warnings: tuple[str, ...]

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def escape(text: str) -> str:
    r"""Escape a text, so that it is safe to show: all but printable ASCII as \xNN, \uNNNN or \UNNNNNNNN."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return "".join(
        character if " " <= character <= "~" and character != "\\" else _escape_character(character)
        for character in text
    )


def _escape_character(character: str) -> str:
    number = ord(character)
    if character == "\\":
        return "\\\\"
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def parse_ocsp_uri(uri: str) -> Endpoint:
    """Return the endpoint of a URI, or raise EndpointError; any scheme of DEFAULT_PORTS is understood."""
    warnings: list[str] = []
    if not uri:
        raise EndpointError("empty", "the URI is empty")
    if len(uri) > MAXIMUM_URI_LENGTH:
        raise EndpointError("too_long", f"the URI has {len(uri)} characters, more than {MAXIMUM_URI_LENGTH}")
    if _CONTROL.search(uri):
        raise EndpointError("control_characters", "the URI contains blanks or control characters")
    match = _SCHEME.match(uri)
    if not match:
        raise EndpointError("no_scheme", "the URI has no scheme")
    scheme = match.group(1).lower()
    if scheme not in DEFAULT_PORTS:
        raise EndpointError(
            "unknown_scheme", f"the scheme {scheme[:32]} is not one of {', '.join(sorted(DEFAULT_PORTS))}"
        )
    rest = uri[match.end() :]
    if not rest.startswith("//"):
        raise EndpointError("no_host", "the URI names no host")
    authority = re.split(r"[/?#]", rest[2:], maxsplit=1)[0]
    path = rest[2 + len(authority) :]
    if _FOREIGN.search(path):
        raise EndpointError("invalid_characters", "the path of the URI contains characters that a URI cannot have")
    userinfo, separator, hostport = authority.rpartition("@")
    if separator:
        if _FOREIGN.search(userinfo):
            raise EndpointError(
                "invalid_characters", "the user part of the URI contains characters that a URI cannot have"
            )
        warnings.append("userinfo_dropped")
    host, port_text = _split_port(hostport)
    port = _port(port_text, default=DEFAULT_PORTS[scheme])
    canonical, is_address, host_warnings = _host(host)
    return Endpoint(
        scheme=scheme,
        host=canonical,
        port=port,
        path=path,
        is_address=is_address,
        warnings=tuple(warnings + host_warnings),
    )


def _split_port(hostport: str) -> tuple[str, str]:
    if hostport.startswith("["):
        host, bracket, tail = hostport.partition("]")
        if not bracket or (tail and not tail.startswith(":")):
            raise EndpointError("invalid_host", "the brackets around the address do not match")
        return host + bracket, tail[1:]
    host, _separator, port = hostport.partition(":")
    return host, port


def _port(text: str, *, default: int) -> int:
    if not text:
        return default
    # isdigit() alone would let other scripts' digits through.
    if not (text.isascii() and text.isdigit() and len(text) <= 5) or not 1 <= int(text) <= 65535:
        raise EndpointError("invalid_port", "the port is not a number from 1 to 65535")
    return int(text)


def _host(host: str) -> tuple[str, bool, list[str]]:
    if not host:
        raise EndpointError("no_host", "the URI names no host")
    if host.startswith("["):
        try:
            return canonical(ipaddress.IPv6Address(_without_zone(host[1:-1]))), True, []
        except ValueError:
            raise EndpointError("invalid_host", "what stands in brackets is not an IPv6 address") from None
    warnings: list[str] = []
    if not host.isascii():
        host = _to_ascii(host)
        warnings.append("idna")
    host = host.lower()
    if host.endswith("."):
        host = host[:-1]
        warnings.append("trailing_dot")
    labels = host.split(".")
    # inet_aton takes 2130706433, 127.1 and 0x7f.0.0.1 for 127.0.0.1; only the canonical spelling passes here.
    if _NUMERIC_LABEL.match(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(_without_leading_zeros(host))), True, warnings
        except ValueError:
            raise EndpointError("invalid_host", "the host ends in a number, but is not an IPv4 address") from None
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise EndpointError("invalid_host", "the host is not a valid name")
    return host, False, warnings


def _without_zone(address: str) -> str:
    if "%" in address:
        raise ValueError("an address with a zone is only valid on one machine")
    return address


def _without_leading_zeros(address: str) -> str:
    if any(len(part) > 1 and part.startswith("0") for part in address.split(".")):
        raise ValueError("octal or decimal: readers disagree")
    return address


def _to_ascii(host: str) -> str:
    try:
        return ascii_name(host)
    except HostNameError as error:
        raise EndpointError("invalid_host", f"the host cannot be written in ASCII: {error.message}") from error
