#!/usr/bin/env bash
# Brings up a real CKAN on this machine: PostgreSQL, Redis, Solr, CKAN under gunicorn, and its worker, on 127.0.0.1 only.
# Safe to repeat: what runs is left alone, what is missing is made, what has ended is started. down.sh ends it.
# Exit codes: 0 it runs; 3 this machine cannot have it, and why; 1 anything else.
set -euo pipefail
. "$(dirname "$0")/common.sh"

fail() { echo "CKAN: $1" >&2; exit "${2:-1}"; }
say() { echo "CKAN: $1"; }

# ---- What the machine must have ----

missing() {
  local out=() tool
  [ -n "$(postgres_bin)" ] || out+=(postgresql)
  for tool in redis-server:redis-server mvn:maven curl:curl gcc:gcc pg_config:libpq-dev; do
    command -v "${tool%%:*}" >/dev/null || out+=("${tool##*:}")
  done
  command -v javac >/dev/null || out+=(default-jdk-headless)  # Solr.java is compiled as it starts.
  ldconfig -p 2>/dev/null | grep -q libmagic.so || out+=(libmagic1)
  echo "${out[*]}"
}
packages() {
  local names
  names=$(missing)
  [ -n "$names" ] || return 0
  command -v apt-get >/dev/null || fail "this machine lacks what $names would bring, and has no apt-get to install them." 3
  [ "$(id -u)" = 0 ] || fail "this machine lacks packages, and only root may install them: apt-get install $names" 3
  say "installing Debian's packages $names."
  export DEBIAN_FRONTEND=noninteractive
  # A new PostgreSQL would make and start a cluster of its own.
  mkdir -p /etc/postgresql-common/createcluster.d
  echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/opendata.conf
  apt-get update -qq
  # shellcheck disable=SC2086  # Several names.
  apt-get install -y -qq --no-install-recommends $names >/dev/null
  names=$(missing)
  [ -z "$names" ] || fail "after their installation these are still not found: $names"
}

# ---- The programs, each made once for its pins ----

same() { [ -f "$2" ] && cmp -s "$1" "$2"; }
python_packages() {
  same "$lock" "$env/.made" && return 0
  local python=${PYTHON:-python3}
  "$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$python is not Python 3.11 or later with venv; on Debian and Ubuntu: apt install python3-venv" 3
  say "installing CKAN $version${variant:+ ($variant)} into ${env##*/}. This happens once."
  "$python" -m venv --clear "$env"
  local pip=("$env/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps)
  # The locks are whole, so no dependency is looked for; first comes what builds the others.
  awk -f "$here/build.awk" "$lock" > "$env/build.txt"
  "${pip[@]}" -r "$env/build.txt"
  "${pip[@]}" --no-build-isolation -r "$lock"
  cp "$lock" "$env/.made"
}
solr_jars() {
  same "$here/solr/jars.sha256" "$jars/.made" && return 0
  say "getting Solr. This happens once."
  rm -rf "$jars"
  mkdir -p "$jars"
  mvn -q -B -C -f "$here/solr/pom.xml" dependency:copy-dependencies -DoutputDirectory="$jars" > "$dir/maven.log" 2>&1 ||
    { tail -n 20 "$dir/maven.log" >&2; fail "Maven could not get Solr; the lines above are the end of $dir/maven.log"; }
  (cd "$jars" && sha256sum --quiet --strict -c "$here/solr/jars.sha256") || fail "Solr's files are not those that solr/jars.sha256 names."
  cp "$here/solr/jars.sha256" "$jars/.made"
}

# ---- The services ----

free() {  # PORT NAME: nobody else may listen there.
  (exec 3<> "/dev/tcp/127.0.0.1/$1") 2>/dev/null || return 0
  local who
  who=$(ss -Hltnp "sport = :$1" 2>/dev/null | grep -o 'users:.*' | head -n 1 || true)
  fail "port $1, which $2 needs, is taken by another program${who:+ ($who)}. End it, or say another port: CKAN_PORT=5200"
}
start() {  # NAME PORT COMMAND...: in a session of its own, so that Ctrl-C ends only what was typed.
  local name=$1
  ! running "$name" || return 0
  [ "$2" = none ] || free "$2" "$name"
  shift 2
  setsid nohup "$@" < /dev/null >> "$dir/$name.log" 2>&1 9>&- &
  echo "$! $(started $!)" > "$dir/$name.pid"
}
until_ready() {  # NAME SECONDS COMMAND...: one that was just ending is started again, once, by the function of its name.
  local name=$1 tries=$(($2 * 5)) again=
  shift 2
  for _ in $(seq "$tries"); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    if ! running "$name"; then
      [ -z "$again" ] || break
      again=yes
      "$name"
    fi
    sleep 0.2
  done
  tail -n 20 "$dir/$name.log" >&2
  fail "$name does not answer; the lines above are the end of $dir/$name.log"
}
answers() { curl -sf --max-time 20 -o /dev/null "$1"; }
redis_answers() { [ "$(redis-cli -p "$redis_port" ping)" = PONG ]; }
solr_answers() { answers "http://127.0.0.1:$solr_port/solr/ckan/schema/name"; }
web_answers() { answers "$url/api/3/action/status_show"; }
complete() {
  local name
  for name in web worker solr redis; do running "$name" || return 1; done
  postgres_running && redis_answers && solr_answers && web_answers && [ -s "$dir/token" ]
}

postgres() {
  local bin
  if [ ! -d "$dir/pg" ]; then
    bin=$(postgres_bin)
    # Made beside its place: one that was interrupted is never taken for whole.
    rm -rf "$dir/pg.new"
    mkdir "$dir/pg.new"
    [ "$(id -u)" != 0 ] || chown postgres "$dir/pg.new"
    as_postgres "$bin/initdb" -D "$dir/pg.new" -U postgres -E UTF8 --locale=C.UTF-8 -A trust >/dev/null
    mv "$dir/pg.new" "$dir/pg"
  fi
  bin=$(postgres_bin)
  [ -x "$bin/pg_ctl" ] || fail "the data in $dir/pg are of PostgreSQL $(cat "$dir/pg/PG_VERSION"), which is no longer installed. Remove $dir to begin anew."
  if ! postgres_running; then
    free "$pg_port" postgresql
    as_postgres "$bin/pg_ctl" -D "$dir/pg" -w -s -l "$dir/pg/log" \
      -o "-p $pg_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=" start < /dev/null > /dev/null 9>&- ||
      { tail -n 20 "$dir/pg/log" >&2; fail "PostgreSQL did not start; the lines above are the end of $dir/pg/log"; }
  fi
}
sql() { "$(postgres_bin)/psql" -qtA -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$pg_port" -U postgres "$@"; }
databases() {
  local name
  for name in ckan ckan_read; do
    [ "$(sql -c "select 1 from pg_roles where rolname = '$name'")" = 1 ] || sql -c "create role $name login"
  done
  for name in ckan datastore; do
    [ "$(sql -c "select 1 from pg_database where datname = '$name'")" = 1 ] || sql -c "create database $name owner ckan"
  done
}
redis() {
  # What the worker schedules ends with the Redis that it knew, and does not come back with the next one.
  running redis || stop worker
  start redis "$redis_port" redis-server --port "$redis_port" --bind 127.0.0.1 --save 60 1 --dir "$dir" --daemonize no
}
solr() {
  local core=$dir/solr/ckan package
  package=$("$env/bin/python" -c 'import importlib.util as u; print(u.find_spec("ckan").submodule_search_locations[0])')
  mkdir -p "$core/conf"
  echo '<solr/>' > "$dir/solr/solr.xml"
  echo name=ckan > "$core/core.properties"
  cp "$here/solr/solrconfig.xml" "$package/config/solr/schema.xml" "$core/conf/"
  touch "$core/conf"/{synonyms,protwords,stopwords}.txt
  # Quick to start rather than quick for long: a third of the work of the processor.
  start solr "$solr_port" java -Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "-Dlog4j2.configurationFile=$here/solr/log4j2.xml" "-Dsolr.log.dir=$dir/solr" \
    -cp "$jars/*" "$here/solr/Solr.java" "$dir/solr" "$solr_port"
}

# ---- CKAN ----

ckan() { "$env/bin/ckan" -c "$dir/ckan.ini" "$@" 2>> "$dir/setup.log" < /dev/null; }
setting() { ckan_config+=("$1=$2"); }
configure() {
  ckan_config=()
  local base=postgresql://ckan@127.0.0.1:$pg_port
  setting sqlalchemy.url "$base/ckan"
  setting ckan.datastore.write_url "$base/datastore"
  setting ckan.datastore.read_url "postgresql://ckan_read@127.0.0.1:$pg_port/datastore"
  setting solr_url "http://127.0.0.1:$solr_port/solr/ckan"
  setting ckan.redis.url "redis://127.0.0.1:$redis_port/0"
  setting ckan.site_url "$url"
  setting ckan.site_id local
  setting ckan.locale_default es
  setting ckan.storage_path "$dir/files"
  setting ckan.plugins "dcat structured_data scheming_datasets datastore activity harvest dcat_rdf_harvester image_view text_view datatables_view${xloader:+ xloader}"
  setting ckan.views.default_views "image_view text_view datatables_view"
  setting scheming.dataset_schemas ckanext.dcat.schemas:dcat_ap_full.yaml
  setting scheming.presets "ckanext.scheming:presets.json ckanext.dcat.schemas:presets.yaml"
  setting ckanext.dcat.rdf.profiles "euro_dcat_ap_3 euro_dcat_ap_scheming"
  setting ckan.harvest.mq.type redis
  setting ckan.harvest.mq.hostname 127.0.0.1
  setting ckan.harvest.mq.port "$redis_port"
  setting ckan.harvest.mq.redis_db 1
  [ -z "$xloader" ] || setting ckanext.xloader.jobs_db.uri "$base/ckan"
  # Only what differs is written: what an operator sets by hand in the file stays.
  printf '%s\n' "${ckan_config[@]}" > "$dir/ours.new"
  same "$dir/ours.new" "$dir/ours" && return 0
  if [ ! -f "$dir/ckan.ini" ]; then
    (umask 077; "$env/bin/ckan" generate config "$dir/ckan.ini.new" >> "$dir/setup.log" 2>&1)
    mv "$dir/ckan.ini.new" "$dir/ckan.ini"
  fi
  "$env/bin/ckan" config-tool "$dir/ckan.ini" "${ckan_config[@]}" >> "$dir/setup.log" 2>&1
  mv "$dir/ours.new" "$dir/ours"
}
worker() { start worker none "$env/bin/ckan" -c "$dir/ckan.ini" jobs worker; }
# Processes, no threads: CKAN's DataStore answers 500 ("cursor already closed") now and then when threads search at once.
web() {
  start web "$port" env CKAN_INI="$dir/ckan.ini" "$env/bin/gunicorn" --chdir "$here" --bind "127.0.0.1:$port" \
    --workers 4 --timeout 900 --no-control-socket wsgi:application
}
keep() {  # FILE: what comes in, whole or not at all, for nobody else to read.
  (umask 077; cat > "$dir/$1.new")
  [ -s "$dir/$1.new" ] || fail "no $1 was made; $dir/setup.log says why"
  mv "$dir/$1.new" "$dir/$1"
}
tables() {
  same "$lock" "$dir/tables" && return 0
  ckan db init >> "$dir/setup.log"
  ckan db upgrade -p harvest >> "$dir/setup.log"
  ckan datastore set-permissions | sql >> "$dir/setup.log"
  cp "$lock" "$dir/tables"
}
sysadmin() {
  [ -s "$dir/admin-token" ] && return 0
  [ -s "$dir/admin-password" ] || head -c 18 /dev/urandom | base64 | keep admin-password
  # The password goes over the standard input, never over the command line, which everybody on the machine can read.
  "$env/bin/python" "$here/accounts.py" sysadmin "$dir/ckan.ini" < "$dir/admin-password" 2>> "$dir/setup.log" | keep admin-token
}
let_xloader_write() {
  { echo "[app:main]"; echo "ckanext.xloader.api_token = $(cat "$dir/admin-token")"; } | keep xloader.ini
  "$env/bin/ckan" config-tool "$dir/ckan.ini" -f "$dir/xloader.ini" >> "$dir/setup.log" 2>&1
}

# ---- All of it ----

command -v flock >/dev/null && [ -r /proc/self/stat ] || fail "needs Linux with util-linux." 3
mkdir -p "$dir"
exec 9> "$dir/lock"
flock -n 9 || { say "another 'up' or 'down' is at work on $dir; waiting for it."; flock 9; }
xloader=
[ "$variant" != -xloader ] || xloader=1

state="was running already"
if ! complete; then
  state=runs
  packages
  python_packages
  ln -sfn "$env" "$dir/venv"
  solr_jars
  solr
  postgres
  redis
  databases
  configure
  until_ready redis 20 redis_answers
  until_ready solr 60 solr_answers
  tables
  sysadmin
  [ -z "$xloader" ] || let_xloader_write
  [ -f "$env/.translated" ] || { ckan translation js >> "$dir/setup.log"; touch "$env/.translated"; }
  worker
  web
  until_ready web 60 web_answers
  until_ready worker 10 running worker
  if [ ! -s "$dir/token" ]; then "$env/bin/python" "$here/accounts.py" editor "$url" < "$dir/admin-token" | keep token; fi
fi

cat <<TEXT
CKAN $version${xloader:+ with xloader} $state at $url
  $dir/token           token of an editor of the organisation 'economia', for the pipeline
  $dir/admin-token     token of the sysadmin 'admin'; admin-password beside it is for the login page
To publish to it:
  export OPENDATA_CKAN_TOKEN_FILE=$dir/token
  opendata publish --to ckan
TEXT
