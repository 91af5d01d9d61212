#!/bin/sh
# An operator's slip with a litestream.yml of many entries: each is there twice, so that two managers of one process have every database.
set -eu
sh "$(dirname "$0")/config-by-hand.sh"
sed 1d litestream.yml >litestream.twice
cat litestream.twice >>litestream.yml
exec litestream replicate -config litestream.yml
