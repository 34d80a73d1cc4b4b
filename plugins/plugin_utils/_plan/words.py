# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a plan: stable, because people write conditions on them."""

from __future__ import annotations

OK = "ok"
EXCLUDED = "excluded"
NO_OCSP_URI = "no_ocsp_uri"
RESPONDER_NOT_HTTP = "responder_not_http"
ISSUER_MISSING = "issuer_missing"
SELF_SIGNED = "self_signed"
EXPIRED = "expired"
NOT_YET_VALID = "not_yet_valid"
OUT_OF_DATE = (EXPIRED, NOT_YET_VALID)
CERTIFICATE_UNREADABLE = "certificate_unreadable"
DESTINATION_FORBIDDEN = "destination_forbidden"
EXPLICIT_OFF = "explicit_off"
MACRO_GENERATED = "macro_generated"
MAIN_SERVER = "main_server"
SHARED_BLOCK = "shared_block"
DIRECTORY_INCLUDED_WHOLE = "directory_included_whole"
HTTPD_TOO_OLD = "httpd_too_old"
HTTPD_NOT_RUNNING = "httpd_not_running"
KNOWN_FAULT = "known_fault"
MODULE_MISSING = "module_missing"
OTHER_ENGINE = "other_engine"
SCOPE_NOT_SUPPORTED = "scope_not_supported"
CACHE_INVALID = "cache_invalid"
CACHE_DIRECTORY_MISSING = "cache_directory_missing"
UNSAFE_VALUE = "unsafe_value"
MUST_STAPLE = "must_staple"
DISABLED = "disabled"

MOD_SSL = "mod_ssl"
MOD_MD = "mod_md"
GLOBAL = "global"
VHOST = "vhost"
PRESENT = "present"
ABSENT = "absent"

STAPLE = "staple"
LEAVE = "leave"
OFF = "off"
