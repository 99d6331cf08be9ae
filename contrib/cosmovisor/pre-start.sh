#!/bin/sh
# Runs cosmovisor only when aztrust says READY of this host.
#
#   pre-start.sh run start …       all arguments go to cosmovisor
#
# Like cosmovisor it is configured by variables:
#   DAEMON_HOME, DAEMON_NAME   cosmovisor's own
#   AZTRUST_KIT                the kit
#   AZTRUST_ANCHOR             the announced digest of the policy
#   AZTRUST_SCOPE              the scope that was read aloud after the freeze; without it a kit is
#                              good for an hour
#   AZTRUST_GENESIS            the genesis file, where it is not $DAEMON_HOME/config/genesis.json
#   COSMOVISOR                 the program, else cosmovisor on PATH
#
# Ends with preflight's exit code where that is not 0 (10 fail, 11 too early, 12 no anchor, or an old kit), with 2
# where a variable is missing; else it becomes cosmovisor.
set -eu

for name in DAEMON_HOME DAEMON_NAME AZTRUST_KIT; do
    eval "value=\${$name:-}"
    if [ -z "$value" ]; then
        echo "pre-start.sh: $name is not set; see contrib/cosmovisor/README.md" >&2
        exit 2
    fi
done

# At its first start cosmovisor makes the link `current` to `genesis`. A home that has neither the
# link nor the binary has nothing that could be checked, and so nothing that may run.
version=$DAEMON_HOME/cosmovisor/current
[ -e "$version" ] || version=$DAEMON_HOME/cosmovisor/genesis

# After `--` a kit's name is a name, whatever it begins with.
unset _AZTRUST_COMPLETE
aztrust preflight --binary "$version/bin/$DAEMON_NAME" --home "$DAEMON_HOME" \
    ${AZTRUST_GENESIS:+--genesis "$AZTRUST_GENESIS"} -- "$AZTRUST_KIT" || exit $?

exec "${COSMOVISOR:-cosmovisor}" "$@"
