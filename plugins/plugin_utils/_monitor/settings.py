# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of the monitor: what role ocsp_monitor writes into its JSON file."""

from __future__ import annotations

import json
import typing as t
from dataclasses import MISSING, dataclass, fields

from ansible_collections.stapling.httpd.plugins.module_utils._errors import StaplingError
from ansible_collections.stapling.httpd.plugins.plugin_utils._monitor.textfile import FILE

_LARGEST = 1024 * 1024


class SettingsError(StaplingError):
    """Settings that cannot be read or used."""


@dataclass(frozen=True)
class Settings:
    """What to look at and how.

    httpd: arguments of httpd_tls_info. policy: the policy of stapling_plan. handshake: arguments of
    stapled_response_info. interval: seconds between two looks. textfile_dir: where the metrics go; empty: where the
    running exporter reads them. metrics_file: their file there. state_dir: what the last look saw, for everybody.
    """

    httpd: dict[str, t.Any]
    policy: dict[str, t.Any]
    handshake: dict[str, t.Any]
    interval: int = 3600
    per_vhost: bool = True
    expect_running: bool = True
    ask_responders: bool = True
    textfile_dir: str = ""
    metrics_file: str = FILE
    state_dir: str = "/var/lib/ocsp-stapling-monitor"


# The type that JSON has for each setting: that of its default, and an object where there is none.
_REQUIRED = {field.name for field in fields(Settings) if field.default is MISSING}
_TYPES: dict[str, type] = {
    field.name: dict if field.name in _REQUIRED else type(field.default) for field in fields(Settings)
}


def read_settings(path: str) -> Settings:
    """Return the settings in a file. Raises SettingsError."""
    try:
        with open(path, encoding="utf-8") as stream:
            found = json.loads(stream.read(_LARGEST))
    except OSError as error:
        raise SettingsError("settings_unreadable", f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError("settings_invalid", f"{path} is not JSON: {error}") from error
    return parse_settings(found, path=path)


def parse_settings(found: t.Any, *, path: str) -> Settings:
    """Return settings made of parsed JSON. Raises SettingsError, which names the file and the setting."""
    if not isinstance(found, dict):
        raise SettingsError("settings_invalid", f"{path} has to hold one object with the settings of the monitor")
    unknown = sorted(set(found) - set(_TYPES))
    if unknown:
        raise SettingsError("settings_invalid", f"{path} has settings that are not known: {', '.join(unknown)}")
    for name, kind in _TYPES.items():
        value = found.get(name)
        missing = name not in found and name in _REQUIRED
        if missing or (name in found and (not isinstance(value, kind) or (kind is int and isinstance(value, bool)))):
            raise SettingsError("settings_invalid", f"{path}: {name} has to be there as {kind.__name__}")
    return Settings(**found)
