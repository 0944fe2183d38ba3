#!/bin/sh
# The library and the tests of its arithmetic, built for arm64 and run under qemu-user: the 128-bit vectors are NEON
# there, and scores must be the same bits. Debian's arm64 packages are unpacked into a folder of this script's own; the
# machine's own packages are not touched, and root is not wanted.
#   arm64.sh [TEST…]      default: the tests below; KEEP=1 leaves the folder
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
for tool in aarch64-linux-gnu-gcc qemu-aarch64-static apt-get dpkg-deb; do
    command -v $tool >/dev/null || { echo "arm64: skipped: no $tool (packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user-static)"; exit 0; }
done
base=$(mktemp -d "${TMPDIR:-/var/tmp}/arm64.XXXXXX")
[ -n "${KEEP:-}" ] || trap 'rm -rf --one-file-system "$base"' EXIT INT TERM
sys=$base/root
mkdir -p "$base/state/lists/partial" "$base/cache/archives/partial" "$base/debs" "$sys"
: > "$base/status"
cat > "$base/apt.conf" <<EOF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
Dir::State "$base/state";
Dir::State::status "$base/status";
Dir::Cache "$base/cache";
APT::Sandbox::User "root";
EOF
export APT_CONFIG="$base/apt.conf"
apt-get -qq update
packages="libc6 libgcc-s1 libstemmer0d libstemmer-dev libutf8proc-dev libzstd1 libzstd-dev libxxhash0 libxxhash-dev libjansson4 libjansson-dev libcmocka0 libcmocka-dev"
packages="$packages $(apt-cache depends libutf8proc-dev | sed -n 's/^ *Depends: \(libutf8proc[0-9]*\)$/\1/p')"
# shellcheck disable=SC2086
(cd "$base/debs" && apt-get -qq download $packages)
for d in "$base"/debs/*.deb; do dpkg-deb -x "$d" "$sys"; done
unset APT_CONFIG
lib=$sys/usr/lib/aarch64-linux-gnu
tests=${*:-t_codec t_score t_exec t_query prop_codec prop_search}
targets=
for t in $tests; do targets="$targets $base/build/tests/$t"; done
# None of these tests reads NITF: libxml2's headers are enough (those of this machine), and its long tail is not linked.
# shellcheck disable=SC2086
make -s -C "$top" -j"${JOBS:-2}" BUILD="$base/build" JSON_LIBS=-ljansson CC="${CCACHE:-} aarch64-linux-gnu-gcc" AR=aarch64-linux-gnu-ar WERROR=1 \
    CFLAGS="-O2 -idirafter $sys/usr/include" LDFLAGS="-L$lib -Wl,-rpath-link,$lib:$sys/lib/aarch64-linux-gnu" $targets
failed=0
for t in $tests; do
    if qemu-aarch64-static -L "$sys" -E LD_LIBRARY_PATH="$lib:$sys/lib/aarch64-linux-gnu" "$base/build/tests/$t" > "$base/log" 2>&1; then
        echo "ok   arm64: $t"
    else
        echo "FAIL arm64: $t"
        tail -n 20 "$base/log"
        failed=1
    fi
done
exit $failed
