#!/bin/sh
# An operator's slip: a service unit was copied, or a container was started twice, and two `litestream replicate` run on the same
# litestream.yml (config-by-hand.sh): the same files, the same folders beside them, the same prefixes.
set -eu
sh "$(dirname "$0")/config-by-hand.sh"
litestream replicate -config litestream.yml &
exec litestream replicate -config litestream.yml
