#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The fault matrix with a host for each behaviour, engine and distribution.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../faults/runme.sh" --everything "$@"
