#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The cache of stapled responses on a real httpd: large enough where the role sized it, told where it is not, refused where httpd would die of it. Of the
# same virtual hosts, pyOpenSSL and the program openssl say the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
lab=../../../lab/lab
trap '"$lab" down it-cache >/dev/null' EXIT
inventory=$("$lab" up fleet.yml)
../../../../.venv/bin/ansible-playbook -i "$inventory" sized.yml "$@"
../../../../.venv/bin/ansible-playbook -i "$inventory" both_ways.yml "$@"
../../../../.venv/bin/ansible-playbook -i "$inventory" cache.yml "$@"
