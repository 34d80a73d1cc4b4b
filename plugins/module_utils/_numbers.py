# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers that a user gives."""

from __future__ import annotations

import typing as t

# Ten years: more is a mistake, and more than some libraries can add to a date.
LONGEST = 315_360_000


class Range(t.NamedTuple):
    """The values that an option may have: `lowest` itself only where `inclusive` is true, `highest` always."""

    lowest: float
    highest: float
    inclusive: bool = True

    def refusal(self, name: str, value: float) -> str | None:
        """Return why the value is none of these, in a sentence, or None if it is one."""
        # Not a number compares as false with everything.
        if (self.lowest <= value if self.inclusive else self.lowest < value) and value <= self.highest:
            return None
        lower = f"at least {self.lowest:g}" if self.inclusive else f"more than {self.lowest:g}"
        return f"{name} is {value}, and has to be {lower} and at most {self.highest:g}"
