#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Real TLS clients judge what a green run leaves behind, and what the module calls acceptable.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
exec ../../../../.venv/bin/python -m jury "$@"
