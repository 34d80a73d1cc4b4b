#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Responders that others have written, each alone and behind three proxies: the preflight and the staple must agree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
lab=../../../lab/lab
trap '"$lab" down it-responders >/dev/null' EXIT
inventory=$("$lab" up fleet.yml)
../../../../.venv/bin/ansible-playbook -i "$inventory" responders.yml "$@"
