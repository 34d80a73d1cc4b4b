# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator wants: the policy of a plan, checked word by word before anything is decided."""

from __future__ import annotations

import fnmatch
import re
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from ansible_collections.stapling.httpd.plugins.module_utils._addresses import (
    FORBIDDEN_NETWORKS,
    AddressError,
    IPNetwork,
    parse_networks,
)
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import EndpointError, parse_ocsp_uri
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words

_SECONDS = re.compile(r"-?[0-9]{1,9}\Z")
_MD_SPAN = re.compile(r"[0-9]{1,6}(?:[dhms]|ms|%)?\Z")

# What extra_directives may hold, by engine, and what its value looks like.
EXTRA_DIRECTIVES: dict[str, dict[str, re.Pattern[str]]] = {
    words.MOD_SSL: {
        "SSLStaplingResponseTimeSkew": _SECONDS,
        "SSLStaplingResponseMaxAge": _SECONDS,
        "SSLStaplingStandardCacheTimeout": _SECONDS,
        "SSLStaplingErrorCacheTimeout": _SECONDS,
    },
    words.MOD_MD: {"MDStaplingRenewWindow": _MD_SPAN, "MDStaplingKeepResponse": _MD_SPAN},
}

# Directives that have a policy key of their own: naming them twice would leave open which one counts.
OWN_KEYS = {
    "SSLUseStapling": "scope, include and exclude",
    "SSLStaplingCache": "cache",
    "SSLStaplingResponderTimeout": "responder_timeout",
    "SSLStaplingReturnResponderErrors": "return_responder_errors",
    "SSLStaplingFakeTryLater": "fake_try_later",
    "SSLStaplingForceURL": "force_url",
    "SSLOCSPProxyURL": "proxy_url",
    "MDHttpProxy": "proxy_url",
    "MDStapling": "engine",
    "MDStapleOthers": "engine",
}


class PolicyError(StaplingError):
    """A policy that makes no sense; the message says which key and why."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_policy", message)


@dataclass(frozen=True)
class Policy:
    """What the operator has chosen, with the default of each key."""

    state: str = words.PRESENT
    engine: str = words.MOD_SSL
    """mod_ssl, mod_md, or auto: then engine.choose_engine sets one of the two before anything else is decided."""
    scope: str = words.GLOBAL
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cache: str = "auto"
    cache_directory_exists: bool | None = None
    response_bytes: int | None = None
    responder_timeout: int = 3
    return_responder_errors: bool = False
    fake_try_later: bool = False
    force_url: str | None = None
    proxy_url: str | None = None
    extra_directives: tuple[tuple[str, str], ...] = ()
    on_unstaplable: str = "skip"
    managed_file: str | None = None
    include_in: str | None = None
    forbidden_networks: tuple[IPNetwork, ...] = field(default=())
    other_endpoints: tuple[tuple[str, int], ...] = ()
    confirm_here: bool = False
    confirm_address: str | None = None
    force: bool = False
    absent_by: str = words.RESTART
    now: datetime | None = None

    def selects(self, names: Sequence[str]) -> bool:
        """Tell whether `include` and `exclude` select a virtual host with these names."""
        if self.include and not _matches(self.include, names):
            return False
        return not _matches(self.exclude, names)


def _matches(patterns: Sequence[str], names: Sequence[str]) -> bool:
    lowered = [name.lower() for name in names]
    return any(
        name == pattern.lower() or fnmatch.fnmatchcase(name, pattern.lower())
        for pattern in patterns
        for name in lowered
    )


def parse_policy(raw: t.Any) -> Policy:
    """Return the policy, or raise PolicyError. Keys that are absent or null have their default."""
    if not isinstance(raw, Mapping):
        raise PolicyError(f"the policy must be a dictionary, not {type(raw).__name__}")
    unknown = sorted(str(key) for key in raw if key not in Policy.__dataclass_fields__)
    if unknown:
        known = ", ".join(sorted(Policy.__dataclass_fields__))
        raise PolicyError(f"the policy has no key {unknown[0]!r}; it knows {known}")
    given = {str(key): value for key, value in raw.items() if value is not None}
    policy = Policy(
        state=_choice(given, "state", (words.PRESENT, words.ABSENT)),
        engine=_choice(given, "engine", (words.MOD_SSL, words.MOD_MD, words.AUTO)),
        scope=_choice(given, "scope", (words.GLOBAL, words.VHOST)),
        include=_strings(given, "include"),
        exclude=_strings(given, "exclude"),
        cache=safe_argument(_string(given, "cache") or "auto", what="cache"),
        cache_directory_exists=_boolean(given, "cache_directory_exists"),
        response_bytes=_integer(given, "response_bytes", default=None, low=1, high=65536),
        responder_timeout=t.cast(int, _integer(given, "responder_timeout", default=3, low=1, high=3600)),
        return_responder_errors=bool(_boolean(given, "return_responder_errors")),
        fake_try_later=bool(_boolean(given, "fake_try_later")),
        force_url=_url(given, "force_url"),
        proxy_url=_proxy(given),
        extra_directives=(),
        on_unstaplable=_choice(given, "on_unstaplable", ("skip", "fail")),
        managed_file=_string(given, "managed_file"),
        include_in=_string(given, "include_in"),
        forbidden_networks=_networks(given),
        other_endpoints=_endpoints(given),
        confirm_here=bool(_boolean(given, "confirm_here")),
        confirm_address=_string(given, "confirm_address"),
        force=bool(_boolean(given, "force")),
        absent_by=_choice(given, "absent_by", (words.RESTART, words.RELOAD)),
        now=_now(given),
    )
    extra = _extra(given, policy.engine)
    if policy.engine == words.MOD_MD and policy.force_url:
        raise PolicyError("force_url needs the engine mod_ssl: mod_md asks the responder that the certificate names")
    return replace(policy, extra_directives=extra)


def safe_argument(text: str, *, what: str) -> str:
    """Return the text, or raise PolicyError if it is not safe between double quotes in an httpd configuration."""
    if not text or not text.isascii() or not text.isprintable():
        raise PolicyError(f"{what} must be printable ASCII on one line")
    for character in "\"'\\<>`":
        if character in text:
            raise PolicyError(f"{what} must not contain {character}")
    return text


def _choice(given: Mapping[str, t.Any], key: str, choices: tuple[str, ...]) -> str:
    value = given.get(key, choices[0])
    if not isinstance(value, str) or value not in choices:
        raise PolicyError(f"{key} must be one of {', '.join(choices)}, not {value!r}")
    return str(value)


def _string(given: Mapping[str, t.Any], key: str) -> str | None:
    value = given.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise PolicyError(f"{key} must be a string, not {type(value).__name__}")
    return str(value)


def _strings(given: Mapping[str, t.Any], key: str) -> tuple[str, ...]:
    value = given.get(key, ())
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise PolicyError(f"{key} must be a list of strings, not {type(value).__name__}")
    for item in value:
        if not isinstance(item, str) or not item:
            raise PolicyError(f"{key} must be a list of strings that are not empty; {item!r} is not one")
    return tuple(str(item) for item in value)


def _boolean(given: Mapping[str, t.Any], key: str) -> bool | None:
    value = given.get(key)
    if value is not None and not isinstance(value, bool):
        raise PolicyError(f"{key} must be true or false, not {value!r}")
    return None if value is None else bool(value)


def _integer(given: Mapping[str, t.Any], key: str, *, default: int | None, low: int, high: int) -> int | None:
    value = given.get(key, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise PolicyError(f"{key} must be a whole number from {low} to {high}, not {value!r}")
    return int(value)


def _url(given: Mapping[str, t.Any], key: str) -> str | None:
    value = _string(given, key)
    if value is None:
        return None
    safe_argument(value, what=key)
    try:
        endpoint = parse_ocsp_uri(value)
    except EndpointError as error:
        raise PolicyError(f"{key} is not a usable URL: {error.message}") from None
    if "userinfo_dropped" in endpoint.warnings:
        raise PolicyError(
            f"{key} must not have a user name or a password: httpd ignores them, and every user of the host can read "
            "the file that they would stand in"
        )
    return value


def _proxy(given: Mapping[str, t.Any]) -> str | None:
    value = _url(given, "proxy_url")
    if value is None:
        return None
    if not value.startswith("http://"):
        raise PolicyError("proxy_url must begin with http://: httpd speaks nothing else to a proxy")
    # httpd has no default port for a proxy: without one every fetch fails (AH01974).
    if not re.search(r":[0-9]+\Z", re.split(r"[/?#]", value[len("http://") :], maxsplit=1)[0]):
        raise PolicyError("proxy_url must name the port, as in http://proxy.example.com:3128")
    return value


def _extra(given: Mapping[str, t.Any], engine: str) -> tuple[tuple[str, str], ...]:
    value = given.get("extra_directives", {})
    if not isinstance(value, Mapping):
        raise PolicyError(f"extra_directives must be a dictionary, not {type(value).__name__}")
    # With auto those of both may be given, and those of the engine that is chosen are written.
    known = {
        name: pattern
        for owner, patterns in EXTRA_DIRECTIVES.items()
        for name, pattern in patterns.items()
        if engine in (owner, words.AUTO)
    }
    allowed = {name.lower(): name for name in known}
    own = {name.lower(): (name, key) for name, key in OWN_KEYS.items()}
    extra: dict[str, str] = {}
    for raw_name, argument in value.items():
        lowered = str(raw_name).lower()
        if lowered in own:
            raise PolicyError(f"{own[lowered][0]} does not belong in extra_directives: use {own[lowered][1]}")
        if lowered not in allowed:
            raise PolicyError(
                f"extra_directives has {str(raw_name)!r}, which is not one of {', '.join(allowed.values())} "
                f"(engine {engine})"
            )
        name = allowed[lowered]
        if isinstance(argument, bool) or not isinstance(argument, (str, int)):
            raise PolicyError(f"{name} must be a string or a number, not {type(argument).__name__}")
        if name in extra:
            raise PolicyError(f"extra_directives has {name} twice")
        if not known[name].match(str(argument)):
            raise PolicyError(f"{name} cannot be {str(argument)!r}")
        extra[name] = str(argument)
    return tuple(extra.items())


def _endpoints(given: Mapping[str, t.Any]) -> tuple[tuple[str, int], ...]:
    value = given.get("other_endpoints", ())
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise PolicyError(f"other_endpoints must be a list of dictionaries, not {type(value).__name__}")
    endpoints = []
    for item in value:
        host, port = (item.get("host"), str(item.get("port"))) if isinstance(item, Mapping) else (None, "")
        if not isinstance(host, str) or not host or not re.match(r"[0-9]{1,5}\Z", port):
            raise PolicyError(f"other_endpoints must be a list of dictionaries with a host and a port, not {item!r}")
        endpoints.append((str(host), int(port)))
    return tuple(endpoints)


def _networks(given: Mapping[str, t.Any]) -> tuple[IPNetwork, ...]:
    texts = _strings(given, "forbidden_networks") if "forbidden_networks" in given else FORBIDDEN_NETWORKS
    try:
        return parse_networks(texts)
    except AddressError as error:
        raise PolicyError(f"forbidden_networks: {error.message}") from error


def _now(given: Mapping[str, t.Any]) -> datetime | None:
    value = _string(given, "now")
    if value is None:
        return None
    try:
        return parse_time(value)
    except ValueError:
        raise PolicyError(f"now must be a time such as 2026-01-31T12:00:00Z, not {value!r}") from None


def parse_time(text: str) -> datetime:
    """Return the moment that a text in ISO 8601 names, as the collection's modules write it."""
    moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
