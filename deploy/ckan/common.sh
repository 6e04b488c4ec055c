# shellcheck shell=bash disable=SC2034  # Used by those that read this.
# What up.sh and down.sh share: which CKAN, where it lies, and the processes that belong to it.
#   CKAN_VERSION=2.12|2.11   CKAN_XLOADER=1 (with 2.12)   which one
#   CKAN_PORT                its port; PostgreSQL, Redis and Solr take the three after it
#   CKAN_DIR                 where its data lie; the program lies in .venv-ckan* and serves several

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/deploy/ckan
version=${CKAN_VERSION:-2.12}
case "$version${CKAN_XLOADER:+-xloader}" in
  2.12) variant='' port=5100 ;;
  2.11) variant=-2.11 port=5110 ;;
  2.12-xloader) variant=-xloader port=5120 ;;
  *) echo "There is no CKAN $version${CKAN_XLOADER:+ with xloader} here, only 2.12, 2.11, and 2.12 with CKAN_XLOADER=1." >&2; exit 2 ;;
esac
port=${CKAN_PORT:-$port}
case $port in *[!0-9]* | ?????? | '') echo "CKAN_PORT must be a number, not '$port'." >&2; exit 2 ;; esac
pg_port=$((port + 1)) redis_port=$((port + 2)) solr_port=$((port + 3))
dir=$(realpath -m "${CKAN_DIR:-$root/.ckan$variant}")
env=$root/.venv-ckan$variant
lock=$root/requirements-ckan$variant.txt
jars=$root/.venv-ckan-solr
url=http://127.0.0.1:$port
# shellcheck disable=SC2086  # CKAN takes what begins so in the environment for its own configuration.
unset ${!CKAN_*}

# A process is ours if its id and the moment it started are those we wrote down: ids are given again after a while.
started() { awk '{sub(/.*\) /, "")} $1 != "Z" {print $20}' "/proc/$1/stat" 2>/dev/null; }
running() {
  local id moment
  [ -f "$dir/$1.pid" ] || return 1
  read -r id moment < "$dir/$1.pid" || return 1
  [ -n "$moment" ] && [ "$(started "$id")" = "$moment" ]
}
stop() {  # NAME: ends one of ours, if it runs.
  local id
  running "$1" || return 0
  read -r id _ < "$dir/$1.pid"
  kill "$id"
  for _ in $(seq 150); do
    running "$1" || return 0
    sleep 0.1
  done
  echo "CKAN: $1 did not end within 15 s and is killed." >&2
  kill -9 "$id"
}

# PostgreSQL refuses to run as root. Its own user may not enter every folder, a checkout in /root for one.
as_postgres() {
  if [ "$(id -u)" != 0 ]; then "$@"; return; fi
  setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=+dac_override --ambient-caps=+dac_override -- "$@"
}
postgres_bin() {
  if [ -f "$dir/pg/PG_VERSION" ]; then echo "/usr/lib/postgresql/$(cat "$dir/pg/PG_VERSION")/bin"; return; fi
  find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1
}
postgres_running() { [ -d "$dir/pg" ] && as_postgres "$(postgres_bin)/pg_ctl" -D "$dir/pg" status >/dev/null 2>&1; }
