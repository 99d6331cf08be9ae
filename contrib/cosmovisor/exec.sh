#!/bin/sh
# Starts the program that cosmovisor would start, through aztrust: for a unit that runs cosmovisor,
# from the launch until normal operation.
#
#   exec.sh run start …        `run` is cosmovisor's own word; all others go to the program
#
# It is configured by variables:
#   DAEMON_HOME, DAEMON_NAME   cosmovisor's own
#   AZTRUST_KIT                the kit, its https URL, or the launch directory
#   AZTRUST_ANCHOR             the announced digest of the policy
#   AZTRUST_SCOPE              the scope that was read aloud after the freeze
#   AZTRUST_ROLE               the role of this host, where the release has several
#   AZTRUST_GENESIS            the genesis file, where it is not $DAEMON_HOME/config/genesis.json
#   AZTRUST_WAIT               anything: wait until the start is authorized
#
# It becomes the program, with its exit code. Before that: 10 fail, 11 too early, 12 no anchor, 2 a
# variable is missing.
set -eu

for name in DAEMON_HOME DAEMON_NAME AZTRUST_KIT; do
    eval "value=\${$name:-}"
    if [ -z "$value" ]; then
        echo "exec.sh: $name is not set; see contrib/cosmovisor/README.md" >&2
        exit 2
    fi
done
if [ "${1:-}" = run ]; then
    shift
fi

# Before its first start cosmovisor has no link `current`, and would take `genesis`.
version=$DAEMON_HOME/cosmovisor/current
[ -e "$version" ] || version=$DAEMON_HOME/cosmovisor/genesis

unset _AZTRUST_COMPLETE
exec aztrust exec ${AZTRUST_WAIT:+--wait} --kit "$AZTRUST_KIT" \
    --binary "$version/bin/$DAEMON_NAME" --home "$DAEMON_HOME" \
    ${AZTRUST_ROLE:+--role "$AZTRUST_ROLE"} ${AZTRUST_GENESIS:+--genesis "$AZTRUST_GENESIS"} \
    -- "$@"
