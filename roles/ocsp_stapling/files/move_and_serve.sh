# shellcheck shell=sh
# Moves configuration files, and has httpd take that up, both in one go: what is stopped between two tasks stays so, and a graceful reload
# by somebody else that finds SSLStaplingCache gone kills httpd.
#
# WAY UNIT PID_FILE [FROM TO]... -- CONTROL...
# WAY: reloaded or restarted. UNIT: nothing for an httpd that is no service. TO: nothing, and FROM is removed.
set -u
way=$1 unit=$2 pid_file=$3
shift 3
while [ "$1" != -- ]; do
    if [ -n "$2" ]; then
        mv -f -- "$1" "$(readlink -f -- "$2")" || exit
    else
        rm -f -- "$1" || exit
    fi
    shift 2
done
shift

# A process that is dead and not buried has no command line.
runs() { [ -s "$pid_file" ] && [ -n "$(tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$pid_file")/cmdline")" ]; }

if [ "$way" = reloaded ] && runs; then
    if [ -n "$unit" ]; then systemctl reload -- "$unit"; else "$@" -k graceful; fi
    status=$?
    # One that dies of it takes about a second.
    sleep 1
    if runs; then exit "$status"; fi
fi
if [ -n "$unit" ]; then
    # Quick restarts run into systemd's start limit.
    systemctl reset-failed -- "$unit"
    systemctl restart -- "$unit"
else
    "$@" -k stop
    count=0
    while runs && [ "$count" -lt 100 ]; do
        sleep 0.1
        count=$((count + 1))
    done
    "$@" -k start
fi
