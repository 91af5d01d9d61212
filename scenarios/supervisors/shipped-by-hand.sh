#!/bin/sh
# The shipped RustBaas with an operator who helps it as far as its own log line goes: the written file is repaired until Litestream
# takes it (no s3:// before the bucket, an endpoint, path style), then Litestream is started by hand. What is in the file
# stays: every object lands below prod/system instead of prod/system.db.
set -eu
sh "$(dirname "$0")/shipped-rustbaas.sh"
sed -i.shipped \
  -e 's|bucket: s3://|bucket: |' \
  -e "s|^\( *\)sync-interval:.*|&\n\1endpoint: $AWS_ENDPOINT_URL_S3\n\1region: $AWS_REGION\n\1force-path-style: true|" \
  data/litestream.yml
exec litestream replicate -config data/litestream.yml
