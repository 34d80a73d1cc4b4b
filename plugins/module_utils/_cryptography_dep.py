# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The one place that imports cryptography conditionally, and says how to get it.

The module_utils of Ansible are loaded for the message alone: the monitor runs on hosts without them.

Must be kept in sync with plugins/doc_fragments/cryptography_dep.py.
"""

from __future__ import annotations

import re
import traceback
import typing as t
import warnings

from ansible_collections.stapling.httpd.plugins.module_utils._packages import packages_for

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

MINIMUM_CRYPTOGRAPHY = "3.3"

CRYPTOGRAPHY_IMP_ERR: str | None = None
try:
    import cryptography
    from cryptography import x509 as _x509  # noqa: F401
    from cryptography.utils import CryptographyDeprecationWarning

    # It warns of certificates that bend the rules. Nobody reads what a module says on stderr, and switching warnings
    # off and on again around each of thousands of certificates takes longer than loading them.
    warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning)
    HAS_CRYPTOGRAPHY = True
    CRYPTOGRAPHY_VERSION = cryptography.__version__
except ImportError:
    CRYPTOGRAPHY_IMP_ERR = traceback.format_exc()
    HAS_CRYPTOGRAPHY = False
    CRYPTOGRAPHY_VERSION = "0"


def version_tuple(version: str) -> tuple[int, ...]:
    """Return the numbers that a version starts with, so that "3.3.2" and "41.0.0.dev1" can be compared."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in match.group(0).split(".")) if match else (0,)


def cryptography_at_least(minimum: str) -> bool:
    """Tell whether cryptography is there in this version or a newer one."""
    return HAS_CRYPTOGRAPHY and version_tuple(CRYPTOGRAPHY_VERSION) >= version_tuple(minimum)


def assert_cryptography(module: AnsibleModule, minimum: str = MINIMUM_CRYPTOGRAPHY) -> None:
    """End the module with the standard message when cryptography is missing or too old."""
    if cryptography_at_least(minimum):
        return
    from ansible.module_utils.basic import missing_required_lib

    packages = packages_for(["cryptography"])
    if not HAS_CRYPTOGRAPHY:
        module.fail_json(
            msg=missing_required_lib(
                f"cryptography >= {minimum}",
                reason=f"for reading certificates ({packages.command})",
                url="https://cryptography.io/en/latest/installation/",
            ),
            exception=CRYPTOGRAPHY_IMP_ERR,
            missing_libraries=["cryptography"],
            missing_packages=packages_for(["cryptography", "pyOpenSSL"])._asdict(),
        )
    module.fail_json(
        msg=missing_required_lib(
            f"cryptography >= {minimum}",
            reason=f"for reading certificates; only version {CRYPTOGRAPHY_VERSION} was found ({packages.command})",
            url="https://cryptography.io/en/latest/installation/",
        )
    )
