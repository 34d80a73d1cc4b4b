# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries in JMESPath over report.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError


def check_query(expression: str) -> None:
    """Fail with a sentence if `expression` is no JMESPath, or if the library for it is missing."""
    _compile(expression)


def run_query(expression: str, document: Mapping[str, Any]) -> Any:
    """Return what `expression` selects of a document of make_document."""
    compiled = _compile(expression)
    from jmespath.exceptions import JMESPathError

    try:
        return compiled.search(document)
    except JMESPathError as error:
        raise StaplingError(
            "query_invalid", f"ocsp_stapling_report_query {expression!r}: {_sentence(error)}"
        ) from error


def _compile(expression: str) -> Any:
    try:
        import jmespath
        from jmespath.exceptions import JMESPathError
    except ImportError as error:
        raise StaplingError(
            "jmespath_missing",
            "ocsp_stapling_report_query needs the Python library jmespath beside ansible-core: pip install jmespath.",
        ) from error
    try:
        return jmespath.compile(expression)
    except JMESPathError as error:
        raise StaplingError(
            "query_invalid", f"ocsp_stapling_report_query {expression!r} is no JMESPath expression: {_sentence(error)}"
        ) from error


def _sentence(error: Exception) -> str:
    """Return the first line of what the library says; the others draw a picture of the place."""
    text = (str(error).splitlines() or [type(error).__name__])[0].strip().rstrip(":.")
    return f"{text}."
