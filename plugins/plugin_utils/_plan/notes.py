# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan has to say besides its decisions: refusals and warnings, each a stable word and one sentence."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass
class Notes:
    """The refusals and warnings of a plan, each entered once."""

    refused: list[dict[str, t.Any]] = field(default_factory=list)
    warnings: list[dict[str, t.Any]] = field(default_factory=list)

    def refuse(self, reason: str, detail: str, *, vhost: str | None = None) -> None:
        """Enter why the plan must not be carried out."""
        entry = {"reason": reason, "detail": sentence(detail), "vhost": vhost}
        if entry not in self.refused:
            self.refused.append(entry)

    def warn(self, code: str, message: str, *, vhost: str | None = None) -> None:
        """Enter what the operator should know although the plan can be carried out."""
        entry = {"code": code, "message": sentence(message), "vhost": vhost}
        if entry not in self.warnings:
            self.warnings.append(entry)


def sentence(text: str) -> str:
    """Return the text with a full stop, and no capital letter forced on it: it may begin with the name of a host."""
    return text if text.endswith(".") else f"{text}."
