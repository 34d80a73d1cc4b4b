# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at this host: what httpd runs, what it staples, and whether its responders answer.

The same steps, by the same code, as playbook confirm_stapling takes from the controller.
"""

from __future__ import annotations

import os
import time
import typing as t
from collections import Counter
from dataclasses import asdict, dataclass

from ansible_collections.stapling.httpd.plugins.module_utils._as_user import Identity, UserError, identity_of
from ansible_collections.stapling.httpd.plugins.module_utils._certificate.description import (
    load_certificates,
    read_certificate_file,
)
from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import cryptography_at_least
from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import EndpointError, parse_ocsp_uri
from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.info import tls_info
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.query import Question, Request
from ansible_collections.stapling.httpd.plugins.module_utils._lifetimes import read_time
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.ask import ask_and_judge
from ansible_collections.stapling.httpd.plugins.module_utils._ocsp.verdict import Rules
from ansible_collections.stapling.httpd.plugins.module_utils._pyopenssl_dep import pyopenssl_usable
from ansible_collections.stapling.httpd.plugins.module_utils._tls.confirm import Finding, confirm
from ansible_collections.stapling.httpd.plugins.module_utils._tls.confirm import Settings as Handshakes
from ansible_collections.stapling.httpd.plugins.module_utils._tls.s_client import has_s_client
from ansible_collections.stapling.httpd.plugins.module_utils._tls.targets import complete, handshakes_of, result_of
from ansible_collections.stapling.httpd.plugins.module_utils._tls.trust import Trust
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.settings import Settings
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import InfoError
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.plan import make_plan
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import PolicyError

_TOTAL = 120.0
_MOST_NAMES = 5


@dataclass(frozen=True)
class Staple:
    """What a virtual host staples for one type of key: the worst of its addresses and versions of TLS.

    Times are in seconds since 1970. problem, message and hint are None where it is acceptable.
    """

    server_name: str
    port: int
    key_type: str
    acceptable: bool
    present: bool
    required: bool
    this_update: float | None
    next_update: float | None
    problem: str | None
    message: str | None
    hint: str | None

    @property
    def name(self) -> str:
        """The staple as people call it."""
        return f"{self.server_name or 'no name'}:{self.port} {self.key_type}".rstrip()


@dataclass(frozen=True)
class Answer:
    """The answer of a responder (host:port) to one question from this host; `seconds` is None where none came."""

    responder: str
    success: bool
    seconds: float | None
    message: str | None


@dataclass(frozen=True)
class Problem:
    """What is wrong with the configuration, or with httpd as a whole."""

    code: str
    message: str


@dataclass(frozen=True)
class Look:
    """All that one look has seen. `vhosts` counts them by action and reason, `targets` are those of the plan."""

    httpd: str
    engine: str
    running: bool
    moment: float
    duration: float
    staples: tuple[Staple, ...] = ()
    answers: tuple[Answer, ...] = ()
    problems: tuple[Problem, ...] = ()
    vhosts: tuple[tuple[str, str, int], ...] = ()
    targets: tuple[dict[str, t.Any], ...] = ()

    def as_data(self) -> dict[str, t.Any]:
        """Return the look as plain data, for JSON."""
        return asdict(self)


def look_from_data(data: t.Mapping[str, t.Any]) -> Look:
    """Return the look that `as_data` has made data of. Raises KeyError, TypeError or ValueError."""
    return Look(
        **{
            **data,
            "staples": tuple(Staple(**entry) for entry in data["staples"]),
            "answers": tuple(Answer(**entry) for entry in data["answers"]),
            "problems": tuple(Problem(**entry) for entry in data["problems"]),
            "vhosts": tuple((str(action), str(reason), int(count)) for action, reason, count in data["vhosts"]),
            "targets": tuple(dict(entry) for entry in data["targets"]),
        }
    )


def look(settings: Settings) -> Look:
    """Look once. Raises StaplingError where the look does not come to its end."""
    begin = time.monotonic()
    _check_libraries()
    info = {**tls_info(Question(_request(settings))), "missing_libraries": []}
    plan = _plan(info, settings)
    running = bool(info["httpd"]["running"])
    stopped = not running and not settings.expect_running
    results = [] if stopped else shake_hands(plan["targets"], settings, max_size=plan["max_response_size"])
    return Look(
        httpd=_short_name(info["httpd"]),
        engine=str(plan["engine"]),
        running=running,
        staples=staples_of(results, info, plan),
        answers=_ask(plan, info, settings) if settings.ask_responders and not stopped else (),
        problems=() if stopped else _problems(info, plan, results, running=running),
        vhosts=_counts(plan),
        targets=tuple(plan["targets"]),
        moment=time.time(),
        duration=time.monotonic() - begin,
    )


def shake_hands(
    targets: t.Sequence[t.Mapping[str, t.Any]], settings: Settings, *, max_size: int = 0
) -> list[dict[str, t.Any]]:
    """Shake hands with each target of a plan, and return what stapled_response_info would. Raises StaplingError."""
    given = settings.handshake
    anchors = load_certificates(read_certificate_file(given["ca_file"])) if given.get("ca_file") else []
    rules = Rules(
        min_validity=int(given.get("min_validity") or 0),
        max_size=max_size,
        accepted=frozenset(given.get("accept_problems") or ()),
    )
    handshakes = [
        entry for number, target in enumerate(targets) for entry in handshakes_of(number, complete(target), frozenset())
    ]
    findings: list[Finding] = confirm(
        [target for _number, _given, target in handshakes],
        trust=Trust(anchors),
        settings=Handshakes(
            timeout=float(given.get("timeout") or 10),
            total_timeout=_TOTAL,
            workers=int(given.get("workers") or 16),
            rules=rules,
            strict_trust=bool(anchors),
            without_status_request=True,
            own_addresses=True,
        ),
    )
    return [result_of(*entry, finding) for entry, finding in zip(handshakes, findings)]


def staples_of(
    results: t.Sequence[t.Mapping[str, t.Any]], info: t.Mapping[str, t.Any], plan: t.Mapping[str, t.Any]
) -> tuple[Staple, ...]:
    """Return one entry for each virtual host, port and type of key: the worst of what was seen."""
    vhosts = {vhost["id"]: vhost for vhost in info["vhosts"]}
    obliged = {vhost["id"] for vhost in plan["vhosts"] if vhost["must_staple"]}
    found: dict[tuple[str, int, str], Staple] = {}
    for result in results:
        if result["excused"]:
            continue
        staple = _staple(result, vhosts.get(result["id"]) or {}, required=result["id"] in obliged)
        key = (staple.server_name, staple.port, staple.key_type)
        found[key] = max(found[key], staple, key=_badness) if key in found else staple
    return tuple(found[key] for key in sorted(found))


def _staple(result: t.Mapping[str, t.Any], vhost: t.Mapping[str, t.Any], *, required: bool) -> Staple:
    names = list(vhost.get("names") or ())
    # What identifies a staple must not change with what is seen: the configuration knows the type of key.
    key_type = result["requested_key_type"] or next(iter(vhost.get("key_types") or ()), None) or result["key_type"]
    return Staple(
        server_name=str(names[0] if names else result["server_name"] or ""),
        port=int(result["port"]),
        key_type=str(key_type or ""),
        acceptable=bool(result["acceptable"]),
        present=bool(result["stapled"]),
        required=required,
        this_update=_seconds(result["this_update"]),
        next_update=_seconds(result["next_update"]),
        problem=result["problem"],
        message=result["message"],
        hint=result["hint"],
    )


def _badness(staple: Staple) -> tuple[bool, bool, float]:
    """Return what sorts staples from good to bad; of two good ones, the one that ends first is the worse."""
    ends = staple.next_update if staple.next_update is not None else float("inf")
    return (not staple.acceptable, not staple.present, -ends)


def _seconds(text: str | None) -> float | None:
    """Return a time as modules return it in seconds since 1970."""
    moment = read_time(text)
    return moment.timestamp() if moment is not None else None


def _check_libraries() -> None:
    if not cryptography_at_least("3.3"):
        raise StaplingError("library_missing", "python3-cryptography is missing or too old: certificates stay unread")
    if not has_s_client() and not pyopenssl_usable():
        raise StaplingError("library_missing", "neither openssl nor pyOpenSSL is there, so no handshake can be made")


def _request(settings: Settings) -> Request:
    given = settings.httpd
    return Request(
        program=given.get("httpd") or None,
        config_file=given.get("config_file") or None,
        defines=tuple(given.get("defines") or ()),
        timeout=float(given.get("timeout") or 120),
    )


def _plan(info: dict[str, t.Any], settings: Settings) -> dict[str, t.Any]:
    try:
        return make_plan(info, settings.policy)
    except (PolicyError, InfoError) as error:
        raise StaplingError("settings_invalid", f"the settings of the monitor make no plan: {error}") from error


def _problems(
    info: t.Mapping[str, t.Any],
    plan: t.Mapping[str, t.Any],
    results: t.Sequence[t.Mapping[str, t.Any]],
    *,
    running: bool,
) -> tuple[Problem, ...]:
    found = [Problem(entry["code"], entry["message"]) for entry in plan["undone"]]
    if not any(problem.code.startswith("managed_") for problem in found):
        found += stapled_only_until_reload(info, results)
    if not running:
        found.append(
            Problem("httpd_not_running", f"{_short_name(info['httpd'])} does not run; if it is to, look at its log")
        )
    return tuple(found)


def stapled_only_until_reload(info: t.Mapping[str, t.Any], results: t.Sequence[t.Mapping[str, t.Any]]) -> list[Problem]:
    """Return a problem if the running httpd staples for virtual hosts that its configuration has no stapling for."""
    if (info["stapling"].get("mod_md") or {}).get("stapling"):
        return []
    stapled = {result["id"] for result in results if result["stapled"]}
    vhosts = [vhost for vhost in info["vhosts"] if vhost["id"] in stapled and not vhost["stapling"]["enabled"]]
    if not vhosts:
        return []
    names = [str((vhost["names"] or [vhost["id"]])[0]) for vhost in vhosts]
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else "")
    return [
        Problem(
            "managed_lines_missing",
            f"httpd staples for {shown}, and its configuration does not have it staple any more: the next reload ends"
            " that; run enable_stapling to have the lines back",
        )
    ]


def _counts(plan: t.Mapping[str, t.Any]) -> tuple[tuple[str, str, int], ...]:
    counts = Counter((str(vhost["action"]), str(vhost["reason"])) for vhost in plan["vhosts"])
    return tuple((action, reason, count) for (action, reason), count in sorted(counts.items()))


def _short_name(httpd: t.Mapping[str, t.Any]) -> str:
    """Return what tells this httpd from others on the host: its service, or its program."""
    service = str(httpd.get("service") or "")
    if service.endswith(".service"):
        return service[: -len(".service")]
    return str(httpd.get("instance") or service or os.path.basename(str(httpd["binary"])))


def _ask(plan: t.Mapping[str, t.Any], info: t.Mapping[str, t.Any], settings: Settings) -> tuple[Answer, ...]:
    """Ask each responder about one certificate, as httpd's user."""
    questions: dict[str, t.Mapping[str, t.Any]] = {}
    for query in plan["preflight"]:
        questions.setdefault(_endpoint(query["responder"]), query)
    results = ask_and_judge(
        list(questions.values()),
        engine=str(plan["engine"]),
        rules=Rules(max_size=int(plan["max_response_size"]), ignore_rest=True),
        timeout=float(settings.handshake.get("timeout") or 10),
        total_timeout=_TOTAL,
        proxy_url=settings.policy.get("proxy_url") or None,
        identity=_identity(info["httpd"]["user"]),
    )
    return tuple(_answer(responder, result) for responder, result in zip(questions, results))


def _answer(responder: str, result: t.Mapping[str, t.Any]) -> Answer:
    # Whoever says that a certificate is revoked has answered well.
    success = result["acceptable"] or result["problem"] == "revoked"
    return Answer(responder, bool(success), result["elapsed"], None if success else result["message"])


def _endpoint(uri: str) -> str:
    try:
        return parse_ocsp_uri(uri).authority
    except EndpointError:
        return uri


def _identity(user: str | None) -> Identity | None:
    try:
        return identity_of(user) if user else None
    except UserError as error:
        raise StaplingError(error.code, f"the responders cannot be asked as httpd's user: {error.message}") from error
