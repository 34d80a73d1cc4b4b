# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.stapling.httpd.plugins.plugin_utils._report.page_style import STYLE


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", block))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_colour_can_be_read_on_page_and_card(mode: str) -> None:
    """WCAG 2.1 asks for a contrast of 4.5 for text."""
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)")
    dark = dark.split("}")[0]
    found = colours(light if mode == "light" else dark)
    assert len(found) == 12
    for name in set(found) - {"back", "card", "line"}:
        for ground in ("back", "card"):
            bright, dim = sorted((luminance(found[name]), luminance(found[ground])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (name, ground)
