# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the policy wishes for a virtual host, before it is decided how that is brought about."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.certificates import Verdict, judge
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import (
    Certificate,
    Directive,
    Observed,
    Vhost,
)
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import Policy


@dataclass(frozen=True)
class Wish:
    """Whether a virtual host is to staple, and why.

    `site_on`: the site's own configuration staples it already. `forced`: SSLStaplingForceURL names its responder.
    """

    vhost: Vhost
    reason: str
    detail: str
    judged: tuple[tuple[Certificate, Verdict], ...]
    site_on: bool
    forced: bool

    @property
    def staple(self) -> bool:
        """Whether the virtual host is to staple."""
        return self.reason == words.OK

    @property
    def harmful(self) -> bool:
        """Whether, with stapling on, its clients would be locked out, or httpd would connect to where it must not."""
        return any(verdict.harmful for _certificate, verdict in self.judged)

    @property
    def stirs(self) -> bool:
        """Whether, with stapling on, httpd would do something for it: ask a responder, or worse."""
        return any(verdict.harmful or verdict.fetches for _certificate, verdict in self.judged)

    @property
    def asked(self) -> list[tuple[Certificate, Verdict]]:
        """The certificates for which httpd asks a responder."""
        return [(certificate, verdict) for certificate, verdict in self.judged if verdict.endpoints]

    @property
    def stapled(self) -> list[tuple[Certificate, Verdict]]:
        """The certificates that can be stapled."""
        return [(certificate, verdict) for certificate, verdict in self.judged if verdict.reason == words.OK]

    @property
    def needs_staple(self) -> bool:
        """Whether a certificate of it obliges clients to insist on a staple, and has a responder to get one from."""
        return any(
            certificate.must_staple and verdict.reason in (words.OK, *words.OUT_OF_DATE, words.DESTINATION_FORBIDDEN)
            for certificate, verdict in self.judged
        )


def make_wish(vhost: Vhost, *, observed: Observed, policy: Policy) -> Wish:
    """Return the wish for a virtual host that serves TLS."""
    own = observed.site_in_vhost("SSLUseStapling", vhost.id)
    server = observed.site_at_server("SSLUseStapling")
    counts = own or server
    force_url = _force_url(vhost, observed=observed, policy=policy)
    judged = tuple(
        (certificate, judge(certificate, policy=policy, force_url=force_url)) for certificate in vhost.certificates
    )
    reason, detail = words.OK, ""
    respected = respected_off(vhost, observed=observed, policy=policy)
    if respected is not None:
        reason = words.EXPLICIT_OFF
        detail = f"SSLUseStapling is off at {respected.place}, as the site has decided; remove that line to change it"
    elif not policy.selects([*vhost.names, vhost.id]):
        reason, detail = words.EXCLUDED, "it is not among those that were asked for, and stays as it is"
    else:
        reason, detail = _from_certificates(judged)
    return Wish(
        vhost=vhost,
        reason=reason,
        detail=f"{vhost.label}: {detail}",
        judged=judged,
        site_on=observed.md_by_site or (counts is not None and counts.value.lower() == "on"),
        forced=force_url is not None,
    )


def respected_off(vhost: Vhost, *, observed: Observed, policy: Policy) -> Directive | None:
    """Return the SSLUseStapling off with which the site has decided against stapling this virtual host, or None."""
    if observed.md_by_site:
        # mod_md staples there all the same, and what it staples has to be looked at.
        return None
    own = observed.site_in_vhost("SSLUseStapling", vhost.id)
    if own is not None:
        return own if own.value.lower() == "off" else None
    return lasting_off(observed, policy)


def lasting_off(observed: Observed, policy: Policy) -> Directive | None:
    """Return the SSLUseStapling off at server level that would hold against the collection's own setting, or None.

    One that httpd reads earlier is the default of a template. mod_md does not look at it, and under vhost scope the
    switch in the virtual host itself is what overrides it.
    """
    server = observed.site_at_server("SSLUseStapling")
    if server is None or server.value.lower() != "off" or server.precedes_managed:
        return None
    return server if policy.engine == words.MOD_SSL and policy.scope == words.GLOBAL else None


def _force_url(vhost: Vhost, *, observed: Observed, policy: Policy) -> str | None:
    """Return the SSLStaplingForceURL in effect once the policy's is written, or None; mod_md knows no such thing."""
    if policy.engine == words.MOD_MD:
        return None
    own = observed.site_in_vhost("SSLStaplingForceURL", vhost.id)
    if own is not None:
        return own.value
    if policy.force_url:
        return policy.force_url
    server = observed.site_at_server("SSLStaplingForceURL")
    return server.value if server is not None else None


def _from_certificates(judged: tuple[tuple[Certificate, Verdict], ...]) -> tuple[str, str]:
    if not judged:
        return words.CERTIFICATE_UNREADABLE, (
            "none of its certificates is known, so nobody can tell what stapling would do to its clients; "
            "look at its SSLCertificateFile"
        )
    verdicts = [verdict for _certificate, verdict in judged]
    worst = min(
        (verdict for verdict in verdicts if verdict.reason != words.OK),
        key=lambda verdict: words.rank(verdict.reason),
        default=None,
    )
    if worst is None:
        detail = verdicts[0].detail
        return words.OK, detail if len(verdicts) == 1 else f"all {len(verdicts)} certificates can be stapled"
    if worst.harmful or all(verdict.reason != words.OK for verdict in verdicts):
        return worst.reason, worst.detail
    return words.OK, f"stapled in part: {worst.detail}"
