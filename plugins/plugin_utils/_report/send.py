# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send the lines of a run to a server, from a controller whose disk is thrown away with the job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlsplit

from ansible.module_utils.urls import open_url

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.files import to_json
from ansible_collections.stapling.httpd.plugins.plugin_utils._report.merge import to_line

TYPE: Final = "application/x-ndjson"
_TIMEOUT: Final = 60


def check_url(url: str) -> None:
    """Fail with a sentence if nothing could be sent to this URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = f"ocsp_stapling_report_url must be an http:// or https:// URL, not {shown(url)}."
        raise StaplingError("report_url_malformed", message)


def shown(url: str) -> str:
    """Return a URL as messages may have it: without name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def send_lines(url: str, entries: Iterable[Mapping[str, Any]], run: Mapping[str, Any]) -> None:
    """Put the lines of report.jsonl of all hosts of a run at a URL.

    Name and password in the URL are for basic authentication.
    """
    check_url(url)
    data = "".join(f"{to_json(to_line(entry, run))}\n" for entry in entries).encode()
    try:
        headers = {"Content-Type": TYPE}
        # Without being asked for name and password first: the lines would travel twice.
        open_url(url, method="PUT", data=data, headers=headers, timeout=_TIMEOUT, force_basic_auth=True).close()
    except (OSError, URLError) as error:
        message = f"The report could not be sent to {shown(url)}: {error}."
        raise StaplingError("report_not_sent", message) from error
