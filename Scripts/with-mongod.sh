#!/usr/bin/env bash
# with-mongod.sh COMMAND...: runs the command beside a mongod of its own, the primary of a replica set of one node on a free port of
# this machine, and ends that mongod by its process id, however the command ended. The command finds the server's connection string
# in CUTOVER_MONGODB, as mongodb://HOST/?replicaSet=NAME.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mongod=${CUTOVER_MONGOD:-$CUTOVER_CACHE/mongod/fiftyone/db/bin/mongod}
[ -x "$mongod" ] || die "no mongod: run Scripts/fetch-mongod.sh, or name one in CUTOVER_MONGOD"

# On the disk of the checkout, as the files that are measured beside it.
mkdir -p .build/servers
folder=$(mktemp -d .build/servers/mongod.XXXXXX)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

"$mongod" --dbpath "$folder" --port "$port" --bind_ip 127.0.0.1 --nounixsocket --quiet --logpath "$folder/mongod.log" \
    --replSet cutover --oplogSize 1024 --wiredTigerCacheSizeGB 1 \
    --setParameter diagnosticDataCollectionEnabled=false >/dev/null 2>&1 &
server=$!
command=

end_all() {
    [ -z "$command" ] || kill -TERM "$command" 2>/dev/null || true
    kill -KILL "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap end_all EXIT
trap 'exit 130' INT TERM HUP

python3 Scripts/initiate_replica_set.py "$port" cutover
export CUTOVER_MONGODB="mongodb://127.0.0.1:$port/?replicaSet=cutover"
# In the background, so that a signal is heard while it runs.
"$@" &
command=$!
status=0
wait "$command" || status=$?
command=
exit "$status"
