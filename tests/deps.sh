#!/bin/sh
# deps.sh build|test — installs the Debian packages that the build (or the build and the tests) need, where they are missing.
set -eu
build="gcc make pkg-config libc6-dev libstemmer-dev libutf8proc-dev libzstd-dev libxxhash-dev libjansson-dev libxml2-dev libmicrohttpd-dev zlib1g-dev"
test="$build g++ libcmocka-dev clang-format python3 python3-yaml curl diffutils zstd"
case ${1:-build} in test) want=$test ;; *) want=$build ;; esac
missing=
for p in $want; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "deps.sh: missing packages; as root: apt-get install$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# shellcheck disable=SC2086
apt-get install -q -y --no-install-recommends $missing >/dev/null
