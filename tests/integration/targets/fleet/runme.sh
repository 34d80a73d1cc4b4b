#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A fleet taken step by step with --tags, and surveyed from outside.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
PYTHONPATH=$PWD/../../support exec ../../../../.venv/bin/pytest test_fleet.py "$@"
