#!/usr/bin/env bash
# Renders httpd.conf from what it was when the panel was installed, and keeps the include file that is for the site's own lines.
set -eu
conf=/usr/local/apache2/conf
if [ ! -e /var/lib/panel/httpd.conf ]; then
    install -d /var/lib/panel
    cp "$conf/httpd.conf" /var/lib/panel/
    echo "Include conf/extra/httpd-includes.conf" >>/var/lib/panel/httpd.conf
    echo "# For the site's own lines: kept by the panel." >"$conf/extra/httpd-includes.conf"
fi
if ! cmp -s /var/lib/panel/httpd.conf "$conf/httpd.conf"; then
    cp /var/lib/panel/httpd.conf "$conf/httpd.conf"
    echo changed
fi
