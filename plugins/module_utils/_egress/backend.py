# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every firewall backend can do. There is one class per tool, and `backends` knows them all."""

from __future__ import annotations

import abc
import typing as t

from .._firewall import host
from .policy import Opening


class Backend(abc.ABC):
    """The opening in the rules of one tool.

    A change has two steps: `plan` finds it and has it checked, `apply` makes it, as a whole or not at all.
    """

    name: t.ClassVar[str]
    tool: t.ClassVar[str]  # the program without which nothing can be done
    units: t.ClassVar[tuple[str, ...]]  # the systemd units that load the site's own rules
    place: t.ClassVar[str]  # where the rules of the collection are kept; two backends may share one
    per_user: t.ClassVar[bool]  # whether the opening can be limited to one user

    def __init__(self, *, chain: str = "") -> None:
        self._chain = chain

    @classmethod
    def installed(cls) -> bool:
        """Tell whether the tool is on this host."""
        return host.find(cls.tool) is not None

    @classmethod
    def readable(cls) -> bool:
        """Tell whether it can be seen what this firewall filters, which may take less than the tool itself."""
        return cls.installed()

    def wait_until_loaded(self) -> None:  # noqa: B027 - most have nothing to wait for
        """Wait until the firewall has read its rules, where its unit counts as started before that."""

    @abc.abstractmethod
    def filters(self) -> bool:
        """Tell whether this firewall filters output at all; where it does not, there is nothing to open."""

    def claims(self) -> tuple[str, ...]:
        """Return the backends whose rules are made by this firewall at the moment; they are none of their own."""
        return ()

    def unreachable(self) -> list[str]:
        """Return what else filters output in this tool, at a place where no opening would help."""
        return []

    @abc.abstractmethod
    def require_valid_site(self) -> None:
        """Raise FirewallError for a host whose own rules would not load again: the opening must outlive a restart."""

    @abc.abstractmethod
    def current(self) -> list[str]:
        """Return what the collection has opened here, a line for each opening."""

    @abc.abstractmethod
    def plan(self, openings: t.Sequence[Opening], uid: int | None) -> bool:
        """Find the change that leads to exactly these openings; return False where there is nothing to change.

        Without openings, all that the collection has made here goes.
        """

    @abc.abstractmethod
    def after_restart(self, openings: t.Sequence[Opening], uid: int | None) -> str:
        """Return why these openings would not come back after a restart of the firewall, or an empty string."""

    @abc.abstractmethod
    def apply(self) -> None:
        """Make the planned change."""

    def remove_saved(self, *, check: bool) -> list[str]:
        """Take the opening out of the site's files, should somebody have saved it there; return these files."""
        return []
