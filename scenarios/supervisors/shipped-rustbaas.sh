#!/bin/sh
# What RustBaas really does at boot (crates/rustbase-server/src/litestream.rs, from 895a7a0 to ca09f01, unchanged): it writes
# data/litestream.yml and starts nothing. One entry a database that is there: its path as data_dir is configured (the default
# ./data, so relative), the bucket as it stands in rustbase.toml (with s3://), the replica's path without `.db`; no endpoint, no
# region, whole seconds. The page says that it starts Litestream; one line of its log says that the operator has to.
set -eu

value() { sed -n "s/^$1 *= *//p" rustbase.toml | sed 's/^"//; s/"$//'; }

bucket=$(value bucket)
prefix=$(value prefix | sed 's:/*$::')
interval=$(value replicate_interval_sec | sed 's/\..*//')
[ "$interval" -ge 1 ] || interval=1

{
  echo 'dbs:'
  find -L ./data -type f -name '*.db' | sort | while IFS= read -r file; do
    path=${file#./data/}
    cat <<YML
  - path: $file
    replicas:
      - type: s3
        bucket: $bucket
        path: $prefix/${path%.db}
        sync-interval: ${interval}s
YML
  done
} >data/litestream.yml

echo 'wrote litestream config; run: litestream replicate -config data/litestream.yml'
