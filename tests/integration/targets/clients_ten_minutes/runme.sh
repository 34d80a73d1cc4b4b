#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Ten minutes of responses that live for two.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../clients/runme.sh" --only enabled --watch 600 "$@"
