#!/bin/sh
# Called by whatever has renewed a certificate: has httpd use it, fetches its OCSP response before a client needs it, and looks at the staples.
# docs/monitoring.md says how certbot, acme.sh, dehydrated and mod_md are told of it.
# Ends with the exit code of the look: 0 (all well), 1 (warning), 2 (critical), 3 (nobody knows).
set -eu

case "${1-}" in
# certbot (--deploy-hook) and acme.sh (--reloadcmd) give no argument; dehydrated calls its hook for many things more.
"" | deploy_cert) ;;
# mod_md (MDMessageCmd) calls it as root when a new certificate comes into use, from within the reload, which must not wait for a look at itself.
installed) exec systemctl start --no-block ocsp-stapling-warm.service ;;
*) exit 0 ;;
esac

systemctl reload "${HTTPD_SERVICE:-apache2}" # httpd on Red Hat's layout
# For a moment the old certificate is served still.
sleep 2
exec python3 -I /usr/local/lib/ocsp-stapling/monitor.pyz --warm --record --format nagios
