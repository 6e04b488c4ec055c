#!/usr/bin/env bash
# CKAN in a container: `web` prepares database and configuration and serves; `worker` does the jobs; else a command of CKAN.
set -euo pipefail
secrets=${SECRETS:-/run/secrets}
export CKAN_INI=${CKAN_HOME:-/var/lib/ckan}/ckan.ini
address=$CKAN_ADDRESS largest=$CKAN_MAX_UPLOAD_MB
db=${DB:-db:5432} redis=${REDIS:-redis:6379} solr=${SOLR:-solr:8983} port=${PORT:-5000}
home=$(dirname "$CKAN_INI")
unset CKAN_HOME CKAN_ADDRESS CKAN_MAX_UPLOAD_MB # CKAN takes what begins so for its own configuration.

configure() {
  local writer reader key
  writer=$(cat "$secrets/db_password") reader=$(cat "$secrets/reader_password") key=$(cat "$secrets/secret_key")
  umask 077
  cat > "$home/ours.ini" <<INI
[app:main]
SECRET_KEY = $key
sqlalchemy.url = postgresql://ckan:$writer@$db/ckan
ckan.datastore.write_url = postgresql://ckan:$writer@$db/datastore
ckan.datastore.read_url = postgresql://ckan_read:$reader@$db/datastore
solr_url = http://$solr/solr/ckan
ckan.redis.url = redis://$redis/0
ckan.site_url = $address
ckan.site_id = city
ckan.locale_default = es
ckan.storage_path = $home/files
ckan.max_resource_size = $largest
ckan.plugins = dcat structured_data scheming_datasets datastore activity harvest dcat_rdf_harvester image_view text_view datatables_view
ckan.views.default_views = image_view text_view datatables_view
scheming.dataset_schemas = ckanext.dcat.schemas:dcat_ap_full.yaml
scheming.presets = ckanext.scheming:presets.json ckanext.dcat.schemas:presets.yaml
ckanext.dcat.rdf.profiles = euro_dcat_ap_3 euro_dcat_ap_scheming
ckan.harvest.mq.type = redis
ckan.harvest.mq.hostname = ${redis%:*}
ckan.harvest.mq.port = ${redis#*:}
ckan.harvest.mq.redis_db = 1
INI
  # Written beside its place, so that the worker never reads half of it.
  rm -f "$CKAN_INI.new"
  ckan generate config "$CKAN_INI.new"
  ckan config-tool "$CKAN_INI.new" -f "$home/ours.ini"
  mv "$CKAN_INI.new" "$CKAN_INI"
}

case ${1:-web} in
  web)
    configure
    ckan -c "$CKAN_INI" db init
    ckan -c "$CKAN_INI" db upgrade -p harvest
    # The role `ckan` owns both databases, so it may give the rights itself; a superuser is not needed.
    ckan -c "$CKAN_INI" datastore set-permissions | sed '/^\\connect/d' |
      PGPASSWORD=$(cat "$secrets/db_password") psql -q -v ON_ERROR_STOP=1 -h "${db%:*}" -p "${db#*:}" -U ckan datastore
    # Processes, no threads: the DataStore answers 500 now and then when threads of one process search at once.
    exec gunicorn --bind "${BIND:-0.0.0.0}:$port" --workers "${WORKERS:-4}" --timeout 900 --no-control-socket wsgi:application ;;
  worker) exec ckan -c "$CKAN_INI" jobs worker ;;
  *) exec ckan -c "$CKAN_INI" "$@" ;;
esac
