#!/bin/sh
# Runs on the host with Prometheus: what its API says, for a playbook to compare. judge.sh alerts | judge.sh query EXPRESSION
set -eu
case "$1" in
alerts)
    curl --silent --fail http://127.0.0.1:9090/api/v1/alerts | python3 -c '
import json, sys
alerts = json.load(sys.stdin)["data"]["alerts"]
firing = [alert["labels"] for alert in alerts if alert["state"] == "firing"]
print("\n".join(sorted({" ".join([labels["alertname"], labels.get("server_name", labels.get("problem", ""))]) for labels in firing})))'
    ;;
query)
    curl --silent --fail --get --data-urlencode "query=$2" http://127.0.0.1:9090/api/v1/query | python3 -c '
import json, sys
for found in json.load(sys.stdin)["data"]["result"]:
    labels = " ".join(value for name, value in sorted(found["metric"].items()) if name in ("server_name", "key_type", "port", "problem"))
    print(labels, found["value"][1])' | sort
    ;;
esac
