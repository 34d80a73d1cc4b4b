# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual hosts that staple although they must not: the line that kept them out was lost, or never written."""

from __future__ import annotations

import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._endpoint import escape
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan import words
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.decisions import Decision
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.notes import Notes
from ansible_collections.stapling.httpd.plugins.plugin_utils._plan.observed import Observed


def warn_of_exposed(decisions: t.Sequence[Decision], *, observed: Observed, notes: Notes) -> None:
    """Warn of each virtual host that mod_ssl staples now and that must not staple.

    Whoever renders the files of virtual hosts takes a line of the collection out of them again. The switch for the
    whole server stays, so the clients of such a virtual host may be locked out until the next run.
    """
    if observed.md_stapling:
        return
    for decision in decisions:
        if not _exposed(decision):
            continue
        vhost = decision.wish.vhost
        place = f"{escape(vhost.file)}:{vhost.line}" if vhost.file is not None else "the main server"
        notes.warn(
            words.OFF_MISSING,
            f"{decision.detail}; yet stapling is on for it, and no SSLUseStapling off keeps it out at {place}: enable"
            " stapling once more, and let whatever writes that file keep the line",
            vhost=vhost.id,
        )


def _exposed(decision: Decision) -> bool:
    wish = decision.wish
    if not wish.vhost.enabled or wish.needs_staple or decision.action == words.STAPLE:
        return False
    return decision.edit == "off" or (wish.harmful and wish.reason != words.EXCLUDED)
