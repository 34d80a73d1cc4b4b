# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Requirement on pyOpenSSL. Must be kept in sync with plugins/module_utils/_pyopenssl_dep.py."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - pyOpenSSL >= 20.0 (the package C(python3-openssl) or C(python3-pyOpenSSL) of the distribution),
    or the program C(openssl) 1.1.1 or newer
"""
