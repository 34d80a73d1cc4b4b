# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings in effect, from directives, server level and defaults, each with its file and line."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.dump import (
    Directive,
    Dump,
    Section,
    split_arguments,
)
from ansible_collections.stapling.httpd.plugins.module_utils._stapling_cache import Cache, read_cache


class Setting(t.NamedTuple):
    """A stapling setting: the key in the result, the default of httpd, and the kind of its argument."""

    key: str
    default: t.Any
    kind: str


SETTINGS = {
    "sslusestapling": Setting("enabled", False, "flag"),
    "sslstaplingreturnrespondererrors": Setting("return_responder_errors", True, "flag"),
    "sslstaplingfaketrylater": Setting("fake_try_later", True, "flag"),
    "sslstaplingrespondertimeout": Setting("responder_timeout", 10, "number"),
    "sslstaplingresponsetimeskew": Setting("response_time_skew", 300, "number"),
    "sslstaplingresponsemaxage": Setting("response_max_age", -1, "number"),
    "sslstaplingstandardcachetimeout": Setting("standard_cache_timeout", 3600, "number"),
    "sslstaplingerrorcachetimeout": Setting("error_cache_timeout", 600, "number"),
    "sslstaplingforceurl": Setting("force_url", None, "text"),
    "sslocspproxyurl": Setting("proxy_url", None, "text"),
}
SPELLING = {
    name.lower(): name
    for name in (
        "SSLUseStapling",
        "SSLStaplingCache",
        "SSLStaplingReturnResponderErrors",
        "SSLStaplingFakeTryLater",
        "SSLStaplingResponderTimeout",
        "SSLStaplingResponseTimeSkew",
        "SSLStaplingResponseMaxAge",
        "SSLStaplingStandardCacheTimeout",
        "SSLStaplingErrorCacheTimeout",
        "SSLStaplingForceURL",
        "SSLOCSPProxyURL",
        "MDStapling",
        "MDStapleOthers",
        "MDStaplingRenewWindow",
        "MDStaplingKeepResponse",
        "MDHttpProxy",
        "MDMustStaple",
    )
}
_OTHER_RELEVANT = frozenset(
    (
        "servername",
        "serveralias",
        "listen",
        "protocol",
        "sslengine",
        "sslcertificatefile",
        "sslcertificatechainfile",
        "sslcertificatekeyfile",
        "sslcacertificatefile",
        "sslcacertificatepath",
        "sslprotocol",
        "mdomain",
        "mdmember",
        "mdmembers",
        "mdcertificatefile",
        "mdstoredir",
        "errorlog",
        "remoteipproxyprotocol",
        "remoteipproxyprotocolexceptions",
    )
)


def is_relevant(name: str) -> bool:
    """Tell whether the collection looks at a directive, named in lower case."""
    return name in _OTHER_RELEVANT or name in SPELLING


def flag(arguments: str) -> bool:
    """Tell whether a directive switches something on."""
    return first_word(arguments).lower() == "on"


def first_word(arguments: str) -> str:
    """Return the first argument without its quotes, nothing if there is none."""
    words = split_arguments(arguments)
    return words[0] if words else ""


def value_of(directive: Directive, kind: str) -> t.Any:
    """Return the value of a directive: a bool for a flag, an int for a number if it is one, else text."""
    word = first_word(directive.arguments)
    if kind == "flag":
        return word.lower() == "on"
    if kind == "number":
        match = re.match(r"-?\d+", word)
        return int(match.group(0)) if match else word
    return word


def last(section: Section, name: str) -> Directive | None:
    """Return the directive of this name that counts: of several in one section, httpd keeps the last."""
    found = None
    for directive in section.directives:
        if directive.name == name and directive.section is None:
            found = directive
    return found


def effective(server: Section, vhost: Section | None, name: str) -> tuple[Directive | None, bool]:
    """Return the directive in effect, and whether it is inherited from server level."""
    if vhost is not None:
        own = last(vhost, name)
        if own is not None:
            return own, False
    return last(server, name), vhost is not None


def stapling_settings(server: Section, vhost: Section | None) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return the values in effect by key, and the places of those that are set at this level.

    A virtual host inherits the rest from server level, whose places are not repeated for each of them.
    """
    values: dict[str, t.Any] = {setting.key: setting.default for setting in SETTINGS.values()}
    sources: dict[str, t.Any] = {}
    for section in (server,) if vhost is None else (server, vhost):
        sources = {}
        for directive in section.directives:
            setting = SETTINGS.get(directive.name)
            if setting is None or directive.section is not None:
                continue
            values[setting.key] = value_of(directive, setting.kind)
            place = directive.place
            sources[setting.key] = {"file": place.file, "line": place.line, "macro": place.macro}
    return values, sources


def cache_of(dump: Dump) -> Cache | None:
    """Return the cache in effect: httpd takes the last directive."""
    directive = last(dump.server, "sslstaplingcache")
    return read_cache(first_word(directive.arguments)) if directive is not None else None


def mod_md(dump: Dump) -> dict[str, t.Any]:
    """Return what mod_md does about stapling: it takes over every certificate as soon as it staples at all."""
    loaded = dump.has_module("md")
    stapling = [directive for directive in dump.server.directives if directive.name == "mdstapling"]
    others = last(dump.server, "mdstapleothers")
    enabled = any(flag(directive.arguments) for directive in _last_per_section(stapling))
    return {
        "loaded": loaded,
        "stapling": loaded and enabled,
        "staple_others": others is None or flag(others.arguments),
        "store": md_store(dump),
    }


def md_store(dump: Dump) -> str:
    """Return the directory where mod_md keeps what it has fetched."""
    directive = last(dump.server, "mdstoredir")
    return server_path(dump, first_word(directive.arguments) if directive is not None else "md")


def _last_per_section(directives: t.Iterable[Directive]) -> list[Directive]:
    return list({directive.section: directive for directive in directives}.values())


def server_path(dump: Dump, path: str) -> str:
    """Return a path of the configuration, which is relative to ServerRoot unless it is absolute."""
    return os.path.normpath(os.path.join(dump.server_root or "/", path))
