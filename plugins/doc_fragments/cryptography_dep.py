# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Requirement on cryptography. Must be kept in sync with plugins/module_utils/_cryptography_dep.py."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - cryptography >= 3.3 (the package C(python3-cryptography) of the distribution)
"""
