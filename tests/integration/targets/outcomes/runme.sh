#!/usr/bin/env bash
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What the role makes of hosts as people have them: a fleet for each topic, a host for each case. ./runme.sh TOPIC... runs these only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(cd ../../../.. && pwd)
# shellcheck disable=SC2046  # one word for each file of ours
[ $# -gt 0 ] || set -- $(basename -s .yml fleets/*.yml)
topics=("$@")

take_down() { for topic in "${topics[@]}"; do "$root/tests/lab/lab" down "outcomes-$topic" >/dev/null; done; }
trap take_down EXIT

run_topic() {
    inventory=$("$1/tests/lab/lab" up "fleets/$2.yml" | tail -n 1)
    "$1/.venv/bin/ansible-playbook" -i "$inventory" outcomes.yml
    # What has been judged is taken down at once, for the sake of those to come.
    "$1/tests/lab/lab" down "outcomes-$2" >/dev/null
}
export -f run_topic
# By this the tasks that molecule shares with this target find their files.
export MOLECULE_PROJECT_DIRECTORY=$root
# All hosts of a topic at once: most of them wait, for httpd or for a responder.
export ANSIBLE_FORKS=12
# Two topics at once: each waits for its hosts most of the time.
# shellcheck disable=SC2016  # for the shell that xargs starts
printf '%s\n' "${topics[@]}" | xargs -P 2 -I TOPIC bash -euo pipefail -c 'run_topic "$0" TOPIC' "$root"
