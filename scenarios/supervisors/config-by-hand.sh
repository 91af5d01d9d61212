#!/bin/sh
# A careful operator's litestream.yml. Absolute paths, `.db` kept, endpoint and path style in the file, both intervals set. It covers the databases
# that are there now. `config-by-hand.sh 3s`: with 0.5 a snapshot so often.
set -eu

# A key of rustbase.toml, in its quotes if it has any: a TOML string is a YAML one too.
value() { sed -n "s/^$1 *= *//p" rustbase.toml; }
unquoted() { value "$1" | sed 's/^"//; s/"$//'; }

data_dir=$(unquoted data_dir)
bucket=$(unquoted bucket)
prefix=$(unquoted prefix)
interval=$(value replicate_interval_sec)

# 0.3 wants a list of replicas, 0.5 one replica.
case $(litestream version) in
  v0.3.* | 0.3.*) replica='replicas:
      - ' ;;
  *) replica='replica:
        ' ;;
esac

{
  [ $# -eq 0 ] || printf 'snapshot:\n  interval: %s\n' "$1"
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
        sync-interval: ${interval}s
YML
  done
} >litestream.yml
