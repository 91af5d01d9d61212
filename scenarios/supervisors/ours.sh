#!/bin/sh
# Our own supervisor, named as any other command would be. It is what a drill starts without --supervisor.
exec node "$(dirname "$0")/../../harness/start.mjs" supervise --config rustbase.toml
