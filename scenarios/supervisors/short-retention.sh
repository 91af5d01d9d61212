#!/bin/sh
# `plain-litestream.sh` of somebody who wants to pay for little: a snapshot every 5 seconds, what is older than 15 seconds is deleted, and
# uploads are merged, and deleted, after 2. On any day of a year the same happens with days: a drill does not last so long.
set -eu

# A key of rustbase.toml, in its quotes if it has any: a TOML string is a YAML one too.
value() { sed -n "s/^$1 *= *//p" rustbase.toml; }
unquoted() { value "$1" | sed 's/^"//; s/"$//'; }

data_dir=$(unquoted data_dir)
bucket=$(unquoted bucket)
prefix=$(unquoted prefix)
interval=$(value replicate_interval_sec)

# 0.3 wants a list of replicas, with a retention each; 0.5 one replica, and a retention for all.
case $(litestream version) in
  v0.3.* | 0.3.*)
    replica='replicas:
      - '
    retention='
        snapshot-interval: 5s
        retention: 15s
        retention-check-interval: 1s'
    everywhere=''
    ;;
  *)
    replica='replica:
        '
    retention=''
    everywhere='snapshot: { interval: 5s, retention: 15s }
levels: [{ interval: 1s }, { interval: 4s }]
l0-retention: 2s
l0-retention-check-interval: 1s'
    ;;
esac

{
  echo "$everywhere"
  echo 'dbs:'
  # Not into the folders that Litestream keeps beside each database.
  find "$data_dir" -name '.*-litestream' -prune -o -type f -name '*.db' -print | sort | while IFS= read -r file; do
    cat <<YML
  - path: "$file"
    monitor-interval: ${interval}s
    ${replica}type: s3
        bucket: "${bucket#s3://}"
        path: "$prefix/${file#"$data_dir"/}"
        endpoint: "$AWS_ENDPOINT_URL_S3"
        region: "$AWS_REGION"
        force-path-style: true
        sync-interval: ${interval}s$retention
YML
  done
} >litestream.yml

exec litestream replicate -config litestream.yml
