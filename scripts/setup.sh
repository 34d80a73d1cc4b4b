#!/bin/sh
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes .venv with the pinned tools and lets it find this checkout as the collection stapling.httpd.
# Does nothing when nothing has changed. PYTHON=/path/to/python3 chooses the interpreter of a new .venv.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
minimum=3.11

fail() {
    echo "setup: $*" >&2
    exit 1
}

# Two `make` calls at once in one checkout must not build the same .venv.
exec 9<scripts/setup.sh
if command -v flock >/dev/null; then flock 9; fi

# The path is part of the stamp: a moved checkout leaves a .venv whose scripts point to the old place.
stamp=$(cat requirements.txt requirements-dev.txt scripts/setup.sh - <<EOF | sha256sum
$root
EOF
)
if [ "$(cat .venv/.setup-stamp 2>/dev/null)" = "$stamp" ] && .venv/bin/python -c '' 2>/dev/null; then exit 0; fi

new_enough() {
    "$1" -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$minimum'.split('.'))))" 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    wanted=${PYTHON:-python3}
    found=$("$wanted" -V 2>/dev/null) || found="not there"
    fail "Python $minimum or newer is needed and $wanted is $found: install it, or name one with PYTHON=/path/to/python$minimum"
}

# ensurepip is a package of its own on Debian.
need_venv_module() {
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then return; fi
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "$1 cannot make virtual environments: install $package (python3-venv), then run this again"
    fi
    echo "setup: installing $package"
    apt-get -qq update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$package" >/dev/null
}

if ! { .venv/bin/python -m pip --version && grep -qF "$root/.venv" .venv/bin/activate; } >/dev/null 2>&1; then
    python=$(find_python)
    need_venv_module "$python"
    rm -rf .venv
    "$python" -m venv .venv
fi
rm -f .venv/.setup-stamp

echo "setup: installing the pinned tools into .venv"
# The collections of the package `ansible` are some 20,000 files: byte-compiling those takes longer than all the rest.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt -r requirements-dev.txt
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
.venv/bin/python -m compileall -q -j 0 -x '/ansible_collections/' "$site" || true

mkdir -p "$site/ansible_collections/stapling"
ln -sfn "$root" "$site/ansible_collections/stapling/httpd"

echo "$stamp" >.venv/.setup-stamp
