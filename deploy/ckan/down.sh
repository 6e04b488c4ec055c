#!/usr/bin/env bash
# Ends the CKAN that up.sh started, by the ids of its processes and no others. Its data stay.
set -euo pipefail
. "$(dirname "$0")/common.sh"
if [ ! -d "$dir" ]; then echo "There is no CKAN in $dir."; exit 0; fi
exec 9> "$dir/lock"
flock 9

ended=
for name in web worker solr redis; do
  if running "$name"; then
    stop "$name"
    ended="$ended $name"
  fi
  rm -f "$dir/$name.pid"
done
if postgres_running; then
  as_postgres "$(postgres_bin)/pg_ctl" -D "$dir/pg" -s -w -m fast stop 9>&-
  ended="$ended postgresql"
fi
if [ -n "$ended" ]; then echo "CKAN $version in $dir ended:$ended."; else echo "CKAN $version in $dir was not running."; fi
