#!/bin/sh
# An operator's slip: of some apps the entry in litestream.yml is as Litestream 0.5 wants it, and Litestream 0.3 runs. It starts without a word.
set -eu
sh "$(dirname "$0")/config-by-hand.sh"
# The apps: below apps/ in their realm.
awk '/^  - path:/ { app = /\/apps\// } app && /^    replicas:/ { print "    replica:"; next } app && /^      - type:/ { sub("- type", "  type") } { print }' litestream.yml >litestream.edited
mv litestream.edited litestream.yml
exec litestream replicate -config litestream.yml
