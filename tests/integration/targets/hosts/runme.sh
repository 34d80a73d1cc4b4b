#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What people have on their hosts: the observing module against a real httpd, one case after the other on the same two hosts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
lab=../../../lab/lab
trap '"$lab" down it-hosts >/dev/null' EXIT
inventory=$("$lab" up fleet.yml)
../../../../.venv/bin/ansible-playbook -i "$inventory" hosts.yml "$@"
