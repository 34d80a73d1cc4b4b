#!/bin/sh
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Starts the responders at ports 8101 to 8104 and the proxies in front of them at 82xx (nginx), 83xx (haproxy) and 84xx (squid).
set -eu
cd "$(dirname "$0")"
pki=$PWD/pki

start() {
    name=$1
    shift
    systemctl stop "$name" 2>/dev/null || true
    systemctl reset-failed "$name" 2>/dev/null || true
    systemd-run --quiet --unit="$name" --property=Restart=always --property=RestartSec=0.2 --working-directory="$PWD" -- "$@"
}

for certificate in "$pki"/leaf/*.pem; do
    cfssl ocspsign -ca "$pki/issuing.pem" -responder "$pki/delegated.pem" -responder-key "$pki/delegated.key" \
        -cert "$certificate" -status good 2>/dev/null | sed 's/.*"ocspResponse":"\([^"]*\)".*/\1/'
    echo
done | sed '/^$/d' > cfssl.responses
javac -cp "/usr/share/java/*" Responder.java

start openssl-ocsp python3 command.py 8101 openssl "$pki"
start cfssl cfssl ocspserve -address 0.0.0.0 -port 8102 -responses cfssl.responses
start bouncy-castle java -cp "/usr/share/java/*:." Responder 8103 "$pki/issuing.pem" "$pki/issuing.key" "$pki/index.txt"
start strongswan python3 command.py 8104 strongswan "$pki"

mkdir -p run && chown proxy run
start nginx-front nginx -c "$PWD/nginx.conf" -g "daemon off;"
start haproxy-front haproxy -W -f haproxy.cfg
start squid-front squid --foreground -n front -f "$PWD/squid.conf"

# The first question is for each the slowest one.
set -- "$pki"/leaf/*.pem
for port in 81 82 83 84; do
    for number in 01 02 03 04; do
        tries=0
        until openssl ocsp -issuer "$pki/issuing.pem" -cert "$1" -no_nonce -CAfile "$pki/root.pem" -timeout 60 \
            -url "http://127.0.0.1:$port$number/" 2>&1 | grep -q "Response verify OK"; do
            tries=$((tries + 1))
            [ "$tries" -lt 100 ] || { echo "nobody answers at port $port$number" >&2; exit 1; }
            sleep 0.5
        done
    done
done
