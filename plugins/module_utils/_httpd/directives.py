# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From directives to what is in effect: defaults, server level, virtual host, each value with its file and line."""

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
    """A stapling setting: the key that is returned, the default of httpd, and how to read the argument."""

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
_OTHER_WANTED = frozenset(
    (
        "servername",
        "serveralias",
        "listen",
        "protocol",
        "sslengine",
        "sslcertificatefile",
        "sslcertificatechainfile",
        "sslcacertificatefile",
        "sslcacertificatepath",
        "sslprotocol",
        "mdomain",
        "mdmember",
        "mdmembers",
        "mdcertificatefile",
        "mdstoredir",
        "errorlog",
    )
)


def wanted(name: str) -> bool:
    """The directives (in lower case) that this collection looks at."""
    return name in _OTHER_WANTED or name in SPELLING


def flag(arguments: str) -> bool:
    return first_word(arguments).lower() == "on"


def first_word(arguments: str) -> str:
    words = split_arguments(arguments)
    return words[0] if words else ""


def value_of(directive: Directive, kind: str) -> t.Any:
    word = first_word(directive.arguments)
    if kind == "flag":
        return word.lower() == "on"
    if kind == "number":
        match = re.match(r"-?\d+", word)
        return int(match.group(0)) if match else word
    return word


def last(section: Section, name: str) -> Directive | None:
    """Of several in the same section, httpd keeps the last."""
    found = None
    for directive in section.directives:
        if directive.name == name and directive.section is None:
            found = directive
    return found


def effective(server: Section, vhost: Section | None, name: str) -> tuple[Directive | None, bool]:
    """The directive in effect, and whether it is inherited from server level."""
    if vhost is not None:
        own = last(vhost, name)
        if own is not None:
            return own, False
    return last(server, name), vhost is not None


def stapling_settings(server: Section, vhost: Section | None) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """
    What is in effect by key, and where each value is set that is set at this level.

    A virtual host inherits the rest from server level, where the same is said once for all of them.
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
    """The cache in effect: httpd takes the last directive."""
    directive = last(dump.server, "sslstaplingcache")
    return read_cache(first_word(directive.arguments)) if directive is not None else None


def mod_md(dump: Dump) -> dict[str, t.Any]:
    """What mod_md does about stapling: it takes over every certificate as soon as it staples at all."""
    loaded = dump.has_module("md")
    stapling = [one for one in dump.server.directives if one.name == "mdstapling"]
    others = last(dump.server, "mdstapleothers")
    enabled = any(flag(one.arguments) for one in _last_per_section(stapling))
    return {
        "loaded": loaded,
        "stapling": loaded and enabled,
        "staple_others": others is None or flag(others.arguments),
        "store": md_store(dump),
    }


def md_store(dump: Dump) -> str:
    """The directory where mod_md keeps what it has fetched."""
    directive = last(dump.server, "mdstoredir")
    return server_path(dump, first_word(directive.arguments) if directive is not None else "md")


def _last_per_section(directives: t.Iterable[Directive]) -> list[Directive]:
    return list({directive.section: directive for directive in directives}.values())


def server_path(dump: Dump, path: str) -> str:
    """Relative paths are relative to ServerRoot."""
    return os.path.normpath(os.path.join(dump.server_root or "/", path))
