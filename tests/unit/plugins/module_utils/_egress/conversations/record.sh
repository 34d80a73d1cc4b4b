#!/bin/sh
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Records what passes between a backend and the real tool, on Debian 12 with a firewall that drops output:
#   record.sh nftables [redirect | engine] > FILE.json
# or on a host that has such a firewall already, such as one of a fleet of the lab:
#   RECORD_IN=CONTAINER record.sh BACKEND > FILE.json
set -eu
backend=$1
here=$(dirname "$(readlink -f "$0")")
plugins=$here/../../../../../../plugins/module_utils
container=${RECORD_IN:-}
if [ -z "$container" ]; then
  container=$(docker run -d --rm --cap-add NET_ADMIN --cap-add NET_RAW debian:bookworm sleep 900)
  trap 'docker kill "$container" > /dev/null' EXIT
  docker exec "$container" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
    nftables iptables ufw firewalld dbus python3 python3-nftables' > /dev/null 2>&1
fi
docker exec "$container" rm -rf /root/record
docker exec "$container" mkdir -p /root/record/recorded
for room in _errors.py _addresses.py _endpoint.py _firewall _egress _proxy; do
  docker cp -q "$plugins/$room" "$container:/root/record/recorded/$room"
done
docker cp -q "$here/record.py" "$container:/root/record/record.py"
[ -n "${RECORD_IN:-}" ] || docker exec -i "$container" sh -eu -s "$backend" > /dev/null 2>&1 << 'SITE'
case $1 in
  nftables)
    printf '%s\n' '#!/usr/sbin/nft -f' 'flush ruleset' 'table inet filter {' ' chain output {' \
      '  type filter hook output priority filter; policy drop;' '  oifname "lo" accept' \
      '  ct state established,related accept' ' }' '}' > /etc/nftables.conf
    nft -f /etc/nftables.conf
    ;;
  iptables)
    mkdir -p /etc/iptables
    for version in 4 6; do
      printf '%s\n' '*filter' ':INPUT ACCEPT [0:0]' ':FORWARD DROP [0:0]' ':OUTPUT DROP [0:0]' '-A OUTPUT -o lo -j ACCEPT' \
        'COMMIT' > /etc/iptables/rules.v$version
    done
    iptables-restore < /etc/iptables/rules.v4
    ip6tables-restore < /etc/iptables/rules.v6
    ;;
  ufw)
    ufw default deny outgoing
    ufw --force enable
    ;;
  firewalld)
    mkdir -p /run/dbus
    dbus-daemon --system --fork
    firewalld
    for try in 1 2 3 4 5 6 7 8 9 10; do firewall-cmd -q --state && break; sleep 1; done
    firewall-cmd -q --permanent --new-policy=site-output
    firewall-cmd -q --permanent --policy=site-output --add-ingress-zone=HOST
    firewall-cmd -q --permanent --policy=site-output --add-egress-zone=ANY
    firewall-cmd -q --permanent --policy=site-output --set-target=DROP
    firewall-cmd -q --reload
    ;;
esac
SITE
docker exec "$container" env PYTHONPATH=/root/record PYTHONDONTWRITEBYTECODE=1 python3 /root/record/record.py "$@"
