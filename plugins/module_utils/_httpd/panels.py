# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that a hosting panel generates: whose they are, and where that panel keeps what is not its own.

A panel is known by what only its own files have: the sentence or the program that its template names in the comment at
the top, or the place of the file. A comment that mentions a panel is no mark of one. Virtualmin is not among them: it
changes single lines of a virtual host, and leaves the others alone.
"""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass

_HEADER_LINES = 40
_HOMES = {"ISPConfig": "/usr/local/ispconfig"}
# The top of cPanel's main file: the program that EasyApache 3 names there, or what EasyApache 4 says and the file that
# it leaves to the site.
_CPANEL_3 = "/usr/local/cpanel/bin/apache_conf_distiller"
_CPANEL_4 = re.compile(
    r"^#\s+Direct modifications to the Apache configuration file\b.*^#\s+\S+/pre_virtualhost_global\.conf$", re.M | re.S
)
_PLESK_SENTENCE = "DO NOT MODIFY THIS FILE BECAUSE IT WAS GENERATED AUTOMATICALLY"
_DIRECTADMIN_VHOSTS = re.compile(
    r"[ \t]*Include(?:Optional)?[ \t]+\"?\S*extra/directadmin-vhosts\.conf\"?\s*$", re.IGNORECASE
)


@dataclass(frozen=True)
class Panel:
    """A panel that has generated a file.

    `server_file` is its own file for settings of the whole server, null where it has none; `vhost_place` says where it
    keeps settings of a single virtual host.
    """

    name: str
    server_file: str | None
    vhost_place: str


def panel_of(path: str, lines: t.Sequence[str]) -> Panel | None:
    """Return the panel that generates this file, which has these lines, or None."""
    real = os.path.realpath(path)
    directory = os.path.dirname(real)
    header = _header(lines)
    if _CPANEL_3 in header or _CPANEL_4.search(header):
        root = os.path.dirname(directory)
        return Panel(
            "cPanel",
            f"{root}/conf.d/includes/pre_main_global.conf",
            f"{root}/conf.d/userdata/ssl/2_4/USER/DOMAIN/NAME.conf (then /usr/local/cpanel/scripts/rebuildhttpdconf)",
        )
    if "Auto generated apache config file by DirectAdmin" in header:
        return Panel("DirectAdmin", None, _directadmin_place(directory))
    if os.path.basename(real) == "httpd.conf" and any(_DIRECTADMIN_VHOSTS.match(line) for line in lines):
        return Panel("DirectAdmin", f"{directory}/extra/httpd-includes.conf", _directadmin_place("USER"))
    if _PLESK_SENTENCE in header and re.search(r"/(?:vhosts/system/[^/]+/conf|plesk\.conf\.d(?:/.+)?)/[^/]+$", real):
        return Panel(
            "Plesk", None, f"{directory}/vhost_ssl.conf (then plesk sbin httpdmng --reconfigure-domain DOMAIN)"
        )
    if real.endswith(".vhost") and os.path.isdir(_HOMES["ISPConfig"]):
        return Panel("ISPConfig", None, "the Apache directives of that site in ISPConfig (Sites, Options)")
    return None


def _directadmin_place(user: str) -> str:
    return f"{user}/domains/DOMAIN.cust_httpd (the site's custom httpd configuration in DirectAdmin)"


def _header(lines: t.Sequence[str]) -> str:
    """Return the comment at the top of a file."""
    header = []
    for line in lines[:_HEADER_LINES]:
        text = line.strip()
        if text and not text.startswith("#"):
            break
        header.append(text)
    return "\n".join(header)
