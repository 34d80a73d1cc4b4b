#!/usr/bin/env bash
# Runs on the host: has certbot get a certificate from an ACME server (pebble), renew it with the hook of the examples, and looks at what clients get.
set -euo pipefail
name=acme.watched.lab.test
live=/etc/letsencrypt/live/$name
site=/etc/apache2/sites-available/$name.conf
bundle=/etc/ssl/certs/ca-certificates.crt
mkdir -p /root/acme
cd /root/acme

# The certificate of the ACME server itself is nobody's.
with_pebble() { certbot "$@" --server https://localhost:14000/dir --no-verify-ssl --non-interactive 2>&1; }
ask_pebble() { curl --silent --fail --insecure --retry 20 --retry-connrefused --retry-delay 1 "https://127.0.0.1:15000/$1"; }
serial() { openssl x509 -noout -serial -in "$live/cert.pem" | cut -d= -f2; }

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout api.key -out api.pem -days 30 2>/dev/null
cat >pebble.json <<JSON
{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000", "certificate": "api.pem", "privateKey": "api.key",
            "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "http://watched.lab.test:8889/", "externalAccountBindingRequired": false}}
JSON
systemd-run --quiet --unit=lab-pebble --working-directory=/root/acme --setenv=PEBBLE_VA_NOSLEEP=1 --setenv=PEBBLE_VA_ALWAYS_VALID=1 \
    --setenv=PEBBLE_WFE_NONCEREJECT=0 pebble -config pebble.json
ask_pebble roots/0 >root.pem
cp $bundle bundle.before
cat root.pem >>$bundle
ask_pebble intermediates/0 >issuing.pem
ask_pebble intermediate-keys/0 >issuing.key
start_responder() { systemd-run --quiet --unit=lab-acme-responder --working-directory=/root/acme python3 /root/acme_responder.py; }
start_responder
with_pebble certonly --agree-tos --email root@lab.test --webroot --webroot-path /var/www/html --domain $name --key-type rsa >/dev/null
cp "$site" site.before
sed -i "s|/etc/ssl/lab/$name-rsa.pem|$live/fullchain.pem|; s|/etc/ssl/lab/$name-rsa.key|$live/privkey.pem|" "$site"
apache2ctl graceful

# renew WHAT THE HOOK SAYS
renew() {
    old=$(serial)
    said=$(with_pebble renew --force-renewal --no-random-sleep-on-renew --deploy-hook /root/renewal_hook.sh)
    date +%s >renewed
    test "$old" != "$(serial)"
    grep -o "OCSP STAPLING .*" <<<"$said"
    grep -q "$1" <<<"$said"
    seen=$(openssl s_client -connect 127.0.0.1:443 -servername $name -status -CAfile root.pem </dev/null 2>/dev/null)
}

renew "OCSP STAPLING OK: 4 of 4 acceptable"
grep -q "Serial Number: $(serial)" <<<"$seen"
grep -q "Cert Status: good" <<<"$seen"
seconds=$(($(cat renewed) - $(stat -c %Y "$(readlink -f "$live/cert.pem")")))
echo "$seconds s after certbot had it, the new certificate was served with its staple"
test $seconds -lt 30

# The new certificate of an authority whose responder is down: certbot is told.
systemctl stop lab-acme-responder
renew "OCSP STAPLING WARNING: 3 of 4 acceptable: $name:443 rsa no_staple"
grep -q "reported error code 1" <<<"$said"
grep -q "no response sent" <<<"$seen"

# As it was.
start_responder
mv site.before "$site"
apache2ctl graceful
systemctl stop lab-pebble lab-acme-responder
cp bundle.before $bundle
rm -r /root/acme /root/acme_responder.py /root/renewal_hook.sh
