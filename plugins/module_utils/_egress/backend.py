# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every firewall backend can do; one class per tool follows in the _egress_use_* files."""

from __future__ import annotations

import abc
import typing as t

from .._firewall import host
from .policy import Opening


class Backend(abc.ABC):
    """A change has two steps: plan finds and validates it, and apply makes it, as a whole or not at all."""

    name: t.ClassVar[str]
    per_user: t.ClassVar[bool]
    place: t.ClassVar[str]  # where our rules are kept; two backends may share one
    tool: t.ClassVar[str]

    def __init__(self, *, chain: str = "") -> None:
        self._chain = chain

    @classmethod
    def installed(cls) -> bool:
        return host.find(cls.tool) is not None

    def settle(self) -> None:  # noqa: B027 - most have nothing to wait for
        """Wait until the firewall has read its rules, where its unit counts as started before that."""

    @abc.abstractmethod
    def filters(self) -> bool:
        """Whether this firewall filters output at all; where it does not, there is nothing to open."""

    @abc.abstractmethod
    def check_site(self) -> None:
        """Refuse a host whose own rules would not load again: what we leave must outlive a restart."""

    @abc.abstractmethod
    def now(self) -> list[str]:
        """What is open through us at this moment, a line each."""

    @abc.abstractmethod
    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        """Find the change that leads to these openings (none: all that is ours goes); false when there is no change."""

    @abc.abstractmethod
    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        """Why these openings would not come back after a restart of the firewall, or nothing."""

    @abc.abstractmethod
    def apply(self) -> None:
        """Make the planned change."""

    def forget(self, *, check: bool) -> list[str]:
        """Take our rules out of the site's files, should somebody have saved them there; which files these are."""
        return []
