# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of httpd's two engines staples where the policy says auto: the one that does already, else the better."""

from __future__ import annotations

import re
from dataclasses import replace

from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.answered import Answers
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.cache_choice import kept_cache
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.decisions import decide_mod_md
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.host import check_engine, known_faults
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.notes import Notes, sentence
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Observed
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.policy import EXTRA_DIRECTIVES, Policy
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.wishes import lasting_off, make_wish


def choose_engine(observed: Observed, policy: Policy, answers: Answers) -> tuple[Policy, str | None]:
    """
    Return the policy with one of the two engines, and a sentence that says why; None where the policy names it.

    The choice is a fixed point: with the engine that a run has chosen, the next run finds it stapling and stays. Only
    what mod_md would be refused for takes it away from a host that it staples.
    """
    if policy.engine != words.AUTO:
        return policy, None
    engine, why = _choice(observed, policy, answers)
    extra = tuple((name, value) for name, value in policy.extra_directives if name in EXTRA_DIRECTIVES[engine])
    return replace(policy, engine=engine, extra_directives=extra), sentence(f"{engine}: {why}")


def _choice(observed: Observed, policy: Policy, answers: Answers) -> tuple[str, str]:
    site = observed.switched_on_by_site("MDStapling")
    if site is not None:
        return words.MOD_MD, f"the site has switched it on at {site.place}"
    obstacle = _obstacle(observed, policy, answers)
    if obstacle is not None:
        return words.MOD_SSL, f"mod_md is no choice here, since {obstacle}"
    if observed.md_stapling:
        return words.MOD_MD, "it staples here already"
    if _mod_ssl_has_stapled(observed):
        return words.MOD_SSL, "it staples here already, or has done so in the life of this httpd"
    shortcoming = _shortcoming(observed)
    if shortcoming is not None:
        return words.MOD_SSL, shortcoming
    return words.MOD_MD, f"httpd {observed.version_text} has it loaded, and it keeps responses over reloads and outages"


def _obstacle(observed: Observed, policy: Policy, answers: Answers) -> str | None:
    """Return why mod_md would be refused, or would not do what policy and site say, and mod_ssl would; or None."""
    if policy.force_url or any(directive.name == "sslstaplingforceurl" for directive in observed.directives):
        return "it asks the responder that the certificate names, whatever SSLStaplingForceURL says"
    off = lasting_off(observed, replace(policy, engine=words.MOD_SSL))
    if off is not None:
        return f"the site has SSLUseStapling off at {off.place}, which it does not heed"
    with_mod_md = replace(policy, engine=words.MOD_MD)
    notes = Notes()
    check_engine(observed, with_mod_md, notes=notes)
    wishes = [make_wish(vhost, observed=observed, policy=with_mod_md) for vhost in observed.vhosts]
    # What the answers refuse by themselves they refuse with either engine.
    decide_mod_md(answers.applied(wishes, policy=with_mod_md, notes=Notes()), notes=notes)
    if not notes.refused:
        return None
    # Without what to do about it: using mod_ssl is what is done.
    return re.sub(r"[;:] (?:use|upgrade) [^;:]*\Z", "", str(notes.refused[0]["detail"])).rstrip(".")


def _mod_ssl_has_stapled(observed: Observed) -> bool:
    """Return whether mod_ssl staples by the collection, or has left a cache that only a restart takes away."""
    return kept_cache(observed) is not None or any(
        directive.managed and directive.name == "sslusestapling" and directive.value.lower() == "on"
        for directive in observed.directives
    )


def _shortcoming(observed: Observed) -> str | None:
    """Return why nobody should begin with mod_md on this host, or None."""
    if not observed.md_loaded:
        return "httpd has not loaded mod_md"
    if observed.version is None:
        return f"the version of httpd ({observed.version_text!a}) does not tell which faults its mod_md has"
    faults = [what for _code, what, _fixed in known_faults(words.MOD_MD, observed.version)]
    return f"httpd {observed.version_text} {faults[0]}" if faults else None
