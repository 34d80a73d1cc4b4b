#!/bin/sh
# damaged.sh UNIT KEEPS DAMAGE: damage something of ours, load the site's firewall again, and see that nothing is open that should not be.
# Prints what is open while it is damaged; fails with the difference when the ruleset is not the site's own. KEEPS is yes for a firewall that leaves
# alone what is loaded: ufw leaves OUTPUT, and firewalld the table that makes one half of our opening.
unit="$1" keeps="$2" damage="$3"
tar -C / -cf /root/ours.tar etc/ocsp-egress var/lib/ocsp-egress usr/local/lib/ocsp-egress || exit 1
sh -c "$damage" || exit 1
systemctl restart "$unit" || exit 1
if [ "$unit" = firewalld.service ]; then
    # It counts as started before its rules are in.
    for _ in $(seq 120); do
        firewall-cmd -q --state 2>/dev/null && firewall-cmd --get-active-policies | grep -q site-output && break
        sleep 0.5
    done
fi
systemctl restart ocsp-egress.service 2>/dev/null
sh /root/reach
[ "$keeps" = yes ] || sh /root/compare same before ruleset || exit 1
tar -C / -xf /root/ours.tar || exit 1
systemctl reset-failed
systemctl restart ocsp-egress.service || exit 1
