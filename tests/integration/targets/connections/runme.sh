#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Hosts over ssh as people have them, ansible-pull on a host, ansible-runner with execution nodes, and an execution environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python=../../../../.venv/bin/python
command -v ssh-keygen >/dev/null || PYTHONPATH=../../../lab "$python" -c 'from labtool.engine import install_packages; install_packages("openssh-client")'
PYTHONPATH=$PWD:$PWD/../../support exec "$python" -m pytest "$@" test_trouble.py test_ssh.py test_pull.py test_nodes.py test_environment.py
