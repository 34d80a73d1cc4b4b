# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a redirection in the rules of a firewall tool. There is one class per tool, and `redirect` knows them."""

from __future__ import annotations

import abc
import typing as t

from .._firewall import host
from .redirect_rules import Redirect


class Redirector(abc.ABC):
    """A change has two steps: `plan` finds it and has it checked, `apply` makes it, as a whole or not at all."""

    name: t.ClassVar[str]  # the backend of the egress room that works with the same tool
    tool: t.ClassVar[str]  # the program without which nothing can be done

    @classmethod
    def installed(cls) -> bool:
        """Tell whether the tool is on this host."""
        return host.find(cls.tool) is not None

    @abc.abstractmethod
    def require_valid_site(self) -> None:
        """Raise FirewallError for a host whose own rules would not load again."""

    @abc.abstractmethod
    def current(self) -> list[str]:
        """Return the rules of the redirection that are live, a line each."""

    @abc.abstractmethod
    def plan(self, redirect: Redirect | None) -> bool:
        """Find the change that leads to this redirection (None: it goes); return False where there is none."""

    @abc.abstractmethod
    def apply(self) -> None:
        """Make the planned change."""

    def missing_tables(self) -> list[int]:
        """Return the IP versions in which a redirection would bring a table of the tool into being."""
        return []

    def drop_tables(self, versions: t.Sequence[int]) -> None:  # noqa: B027 - most leave none
        """Remove the tables that came into being with a redirection, where nobody has put rules into them since."""

    def remove_saved(self, *, check: bool) -> bool:
        """Take the redirection out of the site's files, should somebody have saved it; return whether it was there."""
        return False
