#!/bin/sh
# Starts the mediator with the settings that `npm run check:mediator -- --start "sh mediator/tests/start-for-kit.sh" --journal`
# has made up. "sh mediator/tests/start-for-kit.sh 2" with `--instances 2` starts two, and a Redis for them.
set -eu

program=${MEDIATOR_PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/procore-token-mediator}
# The same one when the kit starts it again: its journal is what is checked.
state=${CARGO_TARGET_DIR:-target}/kit/$CHECK_CLIENT_ID

export MEDIATOR__LISTEN=127.0.0.1:0 MEDIATOR__TOKEN_PATH="$CHECK_TOKEN_PATH" MEDIATOR__COOKIE_KEYS__ENV=CHECK_COOKIE_KEY
export MEDIATOR__LOG=debug MEDIATOR__LIMITS__REQUESTS_PER_MINUTE=1000000
export MEDIATOR__LIMITS__UPSTREAM_TIMEOUT_SECONDS="$CHECK_TIMEOUT_SECONDS"
export MEDIATOR__SESSION__IDLE_SECONDS="$CHECK_IDLE_SECONDS" MEDIATOR__SESSION__ABSOLUTE_SECONDS="$CHECK_ABSOLUTE_SECONDS"

# One table: its name, and its client ID, origin and redirect URI; the secret stays in the kit's variable.
application() {
  export "MEDIATOR__APPLICATIONS__$1__CLIENT_ID=$2" "MEDIATOR__APPLICATIONS__$1__ORIGINS=$3"
  export "MEDIATOR__APPLICATIONS__$1__REDIRECT_URIS=$4" "MEDIATOR__APPLICATIONS__$1__CLIENT_SECRET__ENV=$5"
  export "MEDIATOR__APPLICATIONS__$1__LOGIN_ORIGIN=$CHECK_LOGIN_ORIGIN"
}
application MAIN "$CHECK_CLIENT_ID" "$CHECK_ORIGIN" "$CHECK_REDIRECT_URI" CHECK_CLIENT_SECRET
application OTHER "$CHECK_OTHER_CLIENT_ID" "$CHECK_OTHER_ORIGIN" "$CHECK_OTHER_REDIRECT_URI" CHECK_OTHER_CLIENT_SECRET

if [ "${1:-1}" -gt 1 ]; then
  mkdir -p "$state-redis"
  socket=$(cd "$state-redis" && pwd)/socket
  rm -f "$socket"
  "${REDIS_SERVER:-redis-server}" --port 0 --unixsocket "$socket" --dir "$state-redis" --appendonly yes --save '' >&2 &
  until [ -S "$socket" ]; do sleep 0.05; done
  export REDIS_URL="redis+unix://$socket"
fi

for instance in $(seq 2 "${1:-1}"); do
  MEDIATOR__STATE_DIR="$state-$instance" "$program" &
done
MEDIATOR__STATE_DIR="$state" exec "$program"
