#!/usr/bin/env bash
# Runs on the host: how long the first client after a reload waits for its handshake, in seconds, while the responder takes two for an answer.
set -euo pipefail

first_client() {
    curl --silent --cert-status --output /dev/null --write-out '%{time_appconnect}' \
        --resolve bank.watched.lab.test:443:127.0.0.1 --cacert /etc/ssl/lab/root.pem https://bank.watched.lab.test/
}

touch /root/reloaded
apache2ctl graceful
# logrotate reloads at night, and clients come later. Here, the client comes as soon as the monitor has shaken hands.
for _ in $(seq 120); do
    if test /var/lib/ocsp-stapling-monitor/last.json -nt /root/reloaded; then break; fi
    sleep 0.5
done
with=$(first_client)
rm /root/reloaded
systemctl stop ocsp-stapling-warm.path
apache2ctl graceful
sleep 3
without=$(first_client)
systemctl start ocsp-stapling-warm.path
echo "first client with the monitor: $with, without: $without"
