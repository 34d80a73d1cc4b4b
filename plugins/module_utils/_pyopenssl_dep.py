# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The one place that imports pyOpenSSL, and says how to get it.

The module_utils of Ansible are loaded for the message alone: the monitor runs on hosts without them.

Must be kept in sync with plugins/doc_fragments/pyopenssl_dep.py.
"""

from __future__ import annotations

import traceback
import typing as t

from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import version_tuple
from ansible_collections.stapling.httpd.plugins.module_utils._packages import packages_for

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

MINIMUM_PYOPENSSL = "20.0"

PYOPENSSL_IMP_ERR: str | None = None
try:
    import OpenSSL
    from OpenSSL import SSL as _SSL  # noqa: F401

    PYOPENSSL_VERSION = OpenSSL.__version__
    HAS_PYOPENSSL = version_tuple(PYOPENSSL_VERSION) >= version_tuple(MINIMUM_PYOPENSSL)
except (ImportError, AttributeError):
    # AttributeError: pyOpenSSL from the distribution beside a much newer cryptography from pip.
    PYOPENSSL_IMP_ERR = traceback.format_exc()
    HAS_PYOPENSSL = False
    PYOPENSSL_VERSION = "0"


def pyopenssl_usable(minimum: str = MINIMUM_PYOPENSSL) -> bool:
    return HAS_PYOPENSSL and version_tuple(PYOPENSSL_VERSION) >= version_tuple(minimum)


def assert_pyopenssl(module: AnsibleModule, minimum: str = MINIMUM_PYOPENSSL) -> None:
    """End the module with the standard message when pyOpenSSL is missing, broken or too old."""
    if pyopenssl_usable(minimum):
        return
    from ansible.module_utils.basic import missing_required_lib

    packages = packages_for(["pyOpenSSL"])
    found = f"; only version {PYOPENSSL_VERSION} was found" if PYOPENSSL_VERSION != "0" else ""
    module.fail_json(
        msg=missing_required_lib(
            f"pyOpenSSL >= {minimum}",
            reason=f"for TLS handshakes that ask for a staple{found} ({packages.command})",
            url="https://www.pyopenssl.org/en/latest/install.html",
        ),
        exception=PYOPENSSL_IMP_ERR,
        missing_libraries=["pyOpenSSL"],
        missing_packages=packages._asdict(),
    )
