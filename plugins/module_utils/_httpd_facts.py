# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and limits of httpd that observing, deciding and confirming rely on alike."""

from __future__ import annotations

MOD_SSL = "mod_ssl"
MOD_MD = "mod_md"

MOD_SSL_LARGEST_RESPONSE = 10239
"""Bytes of the largest OCSP response that mod_ssl caches; it asks again for a larger one at every handshake."""

TLS12_LARGEST_STAPLE = 16380
"""Bytes of the largest staple that OpenSSL's clients accept in a handshake of TLS 1.2."""

MOD_MD_MODULES = ("watchdog", "md")
"""The modules that stapling by mod_md needs, by the names that a2enmod takes, in the order in which they are loaded."""

LARGEST_CONFIGURATION_FILE = 64 * 1024 * 1024
"""Bytes of the largest configuration file that is read or edited."""

BLANKS = " \t\n\r\v\f"
"""The characters that httpd takes for blanks. Other blanks of Unicode are letters to it."""
