#!/bin/sh
# An operator's litestream.yml that takes the name of each realm from a variable, which is not set where Litestream runs. Litestream
# puts nothing in its place and says nothing: all realms are below one prefix.
set -eu
sh "$(dirname "$0")/config-by-hand.sh"
# Only where the copy goes: the path of a file begins with a slash.
sed -i.by-hand 's|\( path: "[^/"][^"]*\)/realms/[^/"]*/|\1/realms/${REALM}/|' litestream.yml
exec litestream replicate -config litestream.yml
