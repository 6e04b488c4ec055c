#!/usr/bin/env bash
# The roles and databases of CKAN. PostgreSQL's image runs it once, when the volume is empty.
set -euo pipefail
psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" \
  -v writer="$(cat "${SECRETS:-/run/secrets}/db_password")" -v reader="$(cat "${SECRETS:-/run/secrets}/reader_password")" <<'SQL'
create role ckan login password :'writer';
create role ckan_read login password :'reader';
create database ckan owner ckan;
create database datastore owner ckan;
SQL
