#!/bin/bash
# What the official PostgreSQL image promises, as far as the chart counts on it: POSTGRES_USER, POSTGRES_PASSWORD(_FILE),
# POSTGRES_DB and PGDATA set up an empty data folder; root gives its rights away; an existing folder is used as it is.
set -euo pipefail

export PGDATA=${PGDATA:-/var/lib/postgresql/data}

if [ "${1:-}" = postgres ] && [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres: "$PGDATA" /var/run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
fi

if [ "${1:-}" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  password=${POSTGRES_PASSWORD:-}
  [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || password=$(<"$POSTGRES_PASSWORD_FILE")
  [ -n "$password" ] || { echo 'The database has no password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE.' >&2; exit 1; }
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA" || true
  # shellcheck disable=SC2086 # several arguments are meant
  initdb --username="$user" --pwfile=<(printf '%s\n' "$password") --auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-}
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl --wait start --options="-c listen_addresses=''"
  [ "$database" = postgres ] || createdb --username="$user" --maintenance-db=postgres "$database"
  pg_ctl --wait --mode=fast stop
fi

exec "$@"
