# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The build of libcurl that uses GnuTLS, through Python: Debian links its pycurl with it."""

from __future__ import annotations

import pycurl

from .target import NO_VERDICT, ROOT_FILE, SECONDS, Target


class GnutlsCurl:
    """curl's library with `--cert-status`."""

    def __init__(self) -> None:
        if "GnuTLS" not in pycurl.version:
            raise SystemExit(f"pycurl is linked with something else: {pycurl.version}")

    def judge(self, targets: list[Target]) -> list[str]:
        """Fetch a page from each target."""
        return [self._judge(target) for target in targets]

    def _judge(self, target: Target) -> str:
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, target.url.encode())
        curl.setopt(pycurl.CAINFO, str(ROOT_FILE))
        curl.setopt(pycurl.SSL_VERIFYSTATUS, 1)
        curl.setopt(pycurl.TIMEOUT, SECONDS)
        curl.setopt(pycurl.WRITEFUNCTION, lambda _data: None)
        try:
            curl.perform()
        except pycurl.error as error:
            code, message = error.args
            return f"{NO_VERDICT}: {message}" if code == pycurl.E_OPERATION_TIMEDOUT else str(message)
        finally:
            curl.close()
        return ""
