#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Every habit of an HTTP server before a responder, and odd spellings of URIs: what the preflight accepts is what httpd staples, with both engines.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
lab=../../../lab/lab
trap '"$lab" down it-habits >/dev/null' EXIT
inventory=$("$lab" up fleet.yml)
../../../../.venv/bin/ansible-playbook -i "$inventory" habits.yml "$@"
