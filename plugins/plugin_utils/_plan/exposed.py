# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of the collection in files that somebody else writes: where one may be lost, and where one is lost already."""

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


def warn_of_rendered(decisions: t.Sequence[Decision], *, notes: Notes) -> None:
    """Warn of each line that has to stand in a file which another tool may write again.

    None of them locks clients out by being lost: see decide_global.
    """
    for decision in decisions:
        vhost = decision.wish.vhost
        tool = vhost.rendered_by
        if decision.edit is None or tool is None:
            continue
        loss = "it staples like the rest" if decision.edit == "off" else "it staples no more"
        notes.warn(
            words.FILE_RENDERED,
            f"{vhost.label}: its SSLUseStapling {decision.edit} stands in {escape(vhost.file or '')}, which carries the"
            f" mark of {tool}; once {tool} writes the file again without that line, {loss}: have"
            f" {tool} write it itself, or enable stapling after each of its runs",
            vhost=vhost.id,
        )
