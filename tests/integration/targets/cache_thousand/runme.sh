#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The cache that the role sizes for a thousand certificates holds a thousand responses. Of the same virtual hosts, pyOpenSSL and the program openssl
# say the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
lab=../../../lab/lab
trap '"$lab" down it-cache-thousand >/dev/null' EXIT
inventory=$("$lab" up fleet.yml)
../../../../.venv/bin/ansible-playbook -i "$inventory" ../cache/sized.yml "$@"
../../../../.venv/bin/ansible-playbook -i "$inventory" ../cache/both_ways.yml "$@"
