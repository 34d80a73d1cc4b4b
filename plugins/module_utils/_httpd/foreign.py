# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds of httpd that cannot be served: those with another TLS module, and those whose files cannot be written."""

from __future__ import annotations

import os
import re

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import HttpdError

CODE = "unsupported_httpd"
_VENDORS = (
    (
        re.compile(r"IBM_HTTP_Server/"),
        "{program} is IBM HTTP Server, which speaks TLS with mod_ibm_ssl (GSKit) and has neither mod_ssl nor its"
        " stapling: leave this host out",
    ),
    (
        re.compile(r"Oracle-HTTP-Server"),
        "{program} is Oracle HTTP Server, which speaks TLS with mod_ossl (wallets) and has neither mod_ssl nor its"
        " stapling: leave this host out",
    ),
)
_SNAP = (
    "{program} belongs to a snap, whose configuration of httpd is a read-only image: use the settings of the snap"
    " itself, or leave this host out"
)
_NIX = (
    "{program} reads its configuration from /nix/store, which NixOS generates and nobody else may write: put"
    " SSLStaplingCache and SSLUseStapling into services.httpd.extraConfig, or leave this host out"
)


def refuse_place(binary: str, config_file: str | None) -> None:
    """Raise HttpdError for an httpd whose configuration is in a read-only image or store.

    One from Nix that was given a configuration file elsewhere is like any other.
    """
    path = os.path.realpath(binary)
    if path.startswith(("/snap/", "/var/lib/snapd/snap/")):
        raise HttpdError(CODE, _SNAP.format(program=path))
    if path.startswith("/nix/store/") and os.path.realpath(config_file or path).startswith("/nix/store/"):
        raise HttpdError(CODE, _NIX.format(program=path))


def refuse_vendor(program: str, answer: str) -> None:
    """Raise HttpdError for an httpd that names another vendor in its answer to -v."""
    for pattern, sentence in _VENDORS:
        if pattern.search(answer):
            raise HttpdError(CODE, sentence.format(program=program))
