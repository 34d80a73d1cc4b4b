#!/bin/sh
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what the tests of report.html need: playwright into .venv, axe-core from npm into .nox/page, and, on Debian
# and as root, Chromium, npm and pdftotext of the distribution. Elsewhere it says what is missing.
# Does nothing when nothing is missing.
set -eu
cd "$(dirname "$0")/.."

missing=""
for pair in chromium:chromium npm:npm pdftotext:poppler-utils; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "setup_page: these packages are missing, install them and run this again:$missing" >&2
        exit 1
    fi
    echo "setup_page: installing$missing"
    apt-get -qq -o DPkg::Lock::Timeout=300 update >/dev/null
    # shellcheck disable=SC2086 # several packages
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing >/dev/null
fi

stamp=$(cat tests/page/requirements.txt tests/page/package.json scripts/setup_page.sh | sha256sum)
if [ "$(cat .nox/page/stamp 2>/dev/null)" = "$stamp" ] && .venv/bin/python -c 'import playwright' 2>/dev/null; then exit 0; fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -r tests/page/requirements.txt
mkdir -p .nox/page
cp tests/page/package.json .nox/page/
npm install --prefix .nox/page --loglevel=error --no-audit --no-fund --ignore-scripts >/dev/null
echo "$stamp" >.nox/page/stamp
