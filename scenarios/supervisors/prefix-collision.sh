#!/bin/sh
# An operator's slip: the fleet is protected by a litestream.yml by hand, then the file is edited under the living fleet, and
# one app gets the prefix of another. Litestream starts without a word, and both write below the same keys. The other is an app that
# nobody writes to, so that what lies there last is never its own.
set -eu

value() { sed -n "s/^$1 *= *//p" rustbase.toml; }
unquoted() { value "$1" | sed 's/^"//; s/"$//'; }

data_dir=$(unquoted data_dir)
bucket=$(unquoted bucket)
prefix=$(unquoted prefix)
interval=$(value replicate_interval_sec)
busy=
idle=

# 0.3 wants a list of replicas, 0.5 one replica.
case $(litestream version) in
  v0.3.* | 0.3.*) replica='replicas:
      - ' ;;
  *) replica='replica:
        ' ;;
esac

write_config() {
  echo 'dbs:'
  find "$data_dir" -name '.*-litestream' -prune -o -type f -name '*.db' -print | sort | while IFS= read -r file; do
    path=${file#"$data_dir"/}
    [ "$file" != "$busy" ] || path=${idle#"$data_dir"/}
    cat <<YML
  - path: "$file"
    monitor-interval: ${interval}s
    ${replica}type: s3
        bucket: "${bucket#s3://}"
        path: "$prefix/$path"
        endpoint: "$AWS_ENDPOINT_URL_S3"
        region: "$AWS_REGION"
        force-path-style: true
        sync-interval: ${interval}s
YML
  done
}

# Apps whose -wal is newer than the mark (here: written to), or not.
apps() { find "$data_dir" -name 'data.db-wal' "$@" -newer mark | sort; }

write_config >litestream.yml
litestream replicate -config litestream.yml &
child=$!
touch mark
while [ -z "$(apps)" ]; do
  sleep 1
  touch mark
  sleep 1
done
touch mark
sleep 2
busy=$(apps | sed -n '1s/-wal$//p')
idle=$(apps ! | sed -n '1s/-wal$//p')
write_config >litestream.yml
kill -TERM "$child"
wait "$child" || true
exec litestream replicate -config litestream.yml
