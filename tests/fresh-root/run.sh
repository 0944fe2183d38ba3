#!/bin/sh
# Both command lines of the README in a new root with nothing but Debian's base system, git and this checkout, for
# Debian 12 and 13. Wants root, debootstrap and the package mirror that this machine itself uses. Leaves nothing behind.
#   run.sh [SUITE…]      default: bookworm trixie; PARTS="serve" or "test" tries one of the two lines alone
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" -eq 0 ] || { echo "fresh-root: skipped: wants root"; exit 0; }
command -v debootstrap >/dev/null || apt-get install -q -y debootstrap >/dev/null
mirror=$(sed -n 's/^deb .*\(https\{0,1\}:[^ ]*\/debian\)\/\{0,1\} .*/\1/p; s/^URIs: *\([^ ]*\/debian\)\/\{0,1\}.*/\1/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
[ -n "$mirror" ] || { echo "fresh-root: skipped: no mirror in this machine's sources"; exit 0; }
base=$(mktemp -d "${TMPDIR:-/var/tmp}/fresh-root.XXXXXX")
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    for m in proc dev/pts dev; do umount -l "$base"/*/$m 2>/dev/null || true; done
    rm -rf --one-file-system "$base"
}
trap cleanup EXIT INT TERM
line() { # NUMBER: the command line of the README's n-th ```sh block
    awk -v want="$1" '/^```sh/ { n++; on = 1; next } /^```/ { on = 0 } on && n == want { print; exit }' "$top/README.md"
}
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok   $1"; }
no() { failed=$((failed + 1)); echo "FAIL $1"; }
port=8080
# The first line serves the articles on port 8080.
serve_line() {
    start=$(date +%s)
    chroot "$root" sh -c "cd /src && $(line 1)" > "$base/$suite.serve" 2>&1 &
    server=$!
    up=
    for _ in $(seq 1 300); do
        sleep 1
        kill -0 $server 2>/dev/null || break
        curl -fsS -m 2 "http://127.0.0.1:$port/healthz" >/dev/null 2>&1 && { up=1; break; }
    done
    if [ -n "$up" ]; then ok "$suite: first line serves after $(($(date +%s) - start)) s"; else no "$suite: first line"; tail -n 20 "$base/$suite.serve"; fi
    curl -fsS -m 5 "http://127.0.0.1:$port/v1/search?q=arms" 2>/dev/null | grep -q '"total": *[1-5]' && ok "$suite: curl finds articles" || no "$suite: curl finds articles"
    curl -fsS -m 5 "http://127.0.0.1:$port/search?q=arms" 2>/dev/null | grep -qi '<mark>arms' && ok "$suite: the page shows them" || no "$suite: the page"
    pkill -TERM -P $server 2>/dev/null || kill -TERM $server 2>/dev/null || true
    wait $server 2>/dev/null && ok "$suite: stops on SIGTERM" || { rc=$?; [ $rc -eq 143 ] && ok "$suite: stops on SIGTERM" || no "$suite: stops on SIGTERM ($rc)"; }
    server=
}
# The second line runs the tests.
test_line() {
    start=$(date +%s)
    if chroot "$root" sh -c "cd /src && $(line 2)" > "$base/$suite.test" 2>&1; then ok "$suite: second line passes in $(($(date +%s) - start)) s"; else no "$suite: second line"; mkdir -p "$top/build"; cp "$base/$suite.test" "$top/build/fresh-$suite.log"; grep -aE "FAIL|ERROR|runtime error" "$base/$suite.test" | head -n 30; tail -n 10 "$base/$suite.test"; fi
}
for suite in ${*:-bookworm trixie}; do
    root=$base/$suite
    start=$(date +%s)
    debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$root" "$mirror" > "$base/$suite.log" 2>&1 || { tail -n 5 "$base/$suite.log"; no "$suite: debootstrap"; continue; }
    echo "$suite: base system in $(($(date +%s) - start)) s, $(du -sm "$root" | cut -f1) MB"
    for f in /etc/resolv.conf /etc/hosts; do [ -e $f ] && cp -L $f "$root$f"; done
    # how this machine reaches its mirror
    grep -ls '^Acquire::' /etc/apt/apt.conf.d/* | while read -r f; do cp "$f" "$root/etc/apt/apt.conf.d/"; done
    mkdir -p "$root/src" && git -C "$top" archive HEAD | tar -x -C "$root/src"
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    mount --bind /dev/pts "$root/dev/pts" 2>/dev/null || mount -t devpts devpts "$root/dev/pts"
    case ${PARTS:-serve test} in *serve*) serve_line ;; esac
    case ${PARTS:-serve test} in *test*) test_line ;; esac
    umount -l "$root/proc" "$root/dev/pts" "$root/dev" || true
    rm -rf --one-file-system "$root"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
