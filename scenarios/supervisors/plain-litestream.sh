#!/bin/sh
# What a careful operator does without a supervisor: a litestream.yml by hand (config-by-hand.sh) and plain `litestream replicate`. A realm or
# an app that comes later stays out until somebody writes the file again. `plain-litestream.sh 3s`: with 0.5 a snapshot so often.
set -eu
sh "$(dirname "$0")/config-by-hand.sh" "$@"
exec litestream replicate -config litestream.yml
