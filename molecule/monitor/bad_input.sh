#!/usr/bin/env bash
# Runs on the host with the exporter: what goes wrong on hosts, and what the monitor makes of it. Ends at the first surprise.
set -euo pipefail
program=(python3 -I /usr/local/lib/ocsp-stapling/monitor.pyz)
metrics=/srv/metrics/httpd_ocsp.prom

fails_with() {
    if said=$("${@:2}" 2>&1); then
        echo "no failure: $said"
        exit 1
    fi
    grep -q -- "$1" <<<"$said" || { echo "not '$1': $said"; exit 1; }
}

# The directory is gone: what was seen is kept all the same.
mv /srv/metrics /srv/away
fails_with "httpd_ocsp.prom cannot be written: No such file or directory" "${program[@]}" --record
"${program[@]}" --last >/dev/null
mv /srv/away /srv/metrics
test "$("${program[@]}" --record)" = "metrics: not_written -> well"
echo "a missing directory: told, and mended by itself"

# The disk is full: the old file stays as it is, and nothing lies beside it.
mkdir /dev/shm/metrics
sed 's|"textfile_dir": ""|"textfile_dir": "/dev/shm/metrics"|; s|/var/lib/ocsp-stapling-monitor|/root/state|' \
    /usr/local/lib/ocsp-stapling/monitor.json >/root/full.json
"${program[@]}" --settings /root/full.json --record
before=$(sha256sum </dev/shm/metrics/httpd_ocsp.prom)
dd if=/dev/zero of=/dev/shm/filler bs=1M 2>/dev/null || true
fails_with "No space left on device" "${program[@]}" --settings /root/full.json --record
test "$before" = "$(sha256sum </dev/shm/metrics/httpd_ocsp.prom)"
test "$(ls -A /dev/shm/metrics)" = httpd_ocsp.prom
rm /dev/shm/filler
"${program[@]}" --settings /root/full.json --record >/dev/null
"${program[@]}" --settings /root/full.json --forget
test -z "$(ls -A /dev/shm/metrics)" && test ! -e /root/state
rm -r /dev/shm/metrics /root/full.json
echo "a full disk: told, the old metrics kept"

# Two at once: one after the other, both succeed.
"${program[@]}" --record & one=$!
"${program[@]}" --record & two=$!
wait "$one"
wait "$two"
promtool check metrics <"$metrics"
echo "two monitors at once: one after the other"

# A configuration that httpd refuses: the look fails, the numbers stay and age.
echo "Nonsense" >/etc/apache2/conf-enabled/nonsense.conf
old=$(grep -c acceptable "$metrics")
last=$(grep ^httpd_ocsp_monitor_last_success "$metrics")
fails_with "look: well -> failed (config_invalid" "${program[@]}" --record
rm /etc/apache2/conf-enabled/nonsense.conf
test "$old" = "$(grep -c acceptable "$metrics")"
test "$last" = "$(grep ^httpd_ocsp_monitor_last_success "$metrics")"
grep -q '^httpd_ocsp_monitor_success{httpd="apache2"} 0$' "$metrics"
"${program[@]}" --record >/dev/null
grep -q '^httpd_ocsp_monitor_success{httpd="apache2"} 1$' "$metrics"
echo "a look that fails: the numbers stay"

# A name that would break out of its label.
cat >/etc/apache2/sites-enabled/hostile.conf <<EOF
<VirtualHost *:443>
  ServerName 'a"} 1 # HELP \\\\ b.watched.lab.test'
  SSLEngine on
  SSLCertificateFile /etc/ssl/lab/shop.watched.lab.test-rsa.pem
  SSLCertificateKeyFile /etc/ssl/lab/shop.watched.lab.test-rsa.key
</VirtualHost>
EOF
"${program[@]}" --format prometheus >/root/hostile.prom || true
rm /etc/apache2/sites-enabled/hostile.conf
promtool check metrics </root/hostile.prom
grep 'server_name="[^"]*\\"' /root/hostile.prom | head -1
rm /root/hostile.prom
echo "a hostile name: escaped"

# The clock of the host jumps: what was seen is not believed for long, in either direction.
fails_with "UNKNOWN: the last look was [0-9]* seconds ago" faketime "1 day" "${program[@]}" --last --format nagios
fails_with "UNKNOWN: the last look lies in the future" faketime "1 day ago" "${program[@]}" --last --format nagios
"${program[@]}" --last --format nagios
echo "a clock that jumps: the last look is not believed"
