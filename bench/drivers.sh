#!/bin/sh
# drivers.sh BUILD — builds the drivers of the peers that this machine can have and writes BUILD/bench/engines:
#   NAME tab COMMAND       the driver to run
#   -NAME tab REASON       what is missing
# SQLite and Xapian come from the distribution's headers; Lucene 8 from its jars or Maven's; Lucene 10 wants Maven and a
# Java of 21 or later; Tantivy wants cargo. Nothing is installed, but for one thing: on a Debian whose Java is too old, root
# gets a newer release's unpacked below BUILD (JDK_SUITE, by default trixie; JDK_SUITE= leaves it out). PEERS="a b" limits.
set -eu
build=$1
here=$(cd "$(dirname "$0")/peers" && pwd)
out=$build/bench
mkdir -p "$out"
out=$(cd "$out" && pwd)
engines=$out/engines
peers=${PEERS:-sqlite xapian lucene8 lucene10 tantivy}
cc=${CC:-cc} cxx=${CXX:-c++}
lucene8=8.11.4 lucene10=10.4.0
heap="-Xms1g -Xmx3g -XX:+UseSerialGC"

have() { printf '%s\t%s\n' "$1" "$2" >> "$engines"; }
lack() { printf -- '-%s\t%s\n' "$1" "$2" >> "$engines"; echo "bench: without $1: $2"; }
wanted() { case " $peers " in *" $1 "*) ;; *) return 1 ;; esac; }

# jars VERSION ARTIFACT… — a class path, from Maven's own store (filled where it can be)
jars() {
    version=$1 path=
    shift
    for a in "$@"; do
        jar=$HOME/.m2/repository/org/apache/lucene/lucene-$a/$version/lucene-$a-$version.jar
        [ -f "$jar" ] || mvn -q dependency:get -Dartifact="org.apache.lucene:lucene-$a:$version" -Dtransitive=false > "$out/maven.log" 2>&1 || return 1
        path=$path:$jar
    done
    echo "$path"
}

# java_of RELEASE — prints a java of at least that release
java_of() {
    for j in "${BENCH_JAVA:-}" java /usr/lib/jvm/*/bin/java "$out/jdk/java"; do
        v=$("$j" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1) || continue
        [ -n "$v" ] && [ "$v" -ge "$1" ] && command -v "$j" && return
    done
    return 1
}

# A newer Debian's Java beside this one's C library: its programs are started through its own dynamic linker.
unpack_java() {
    [ -n "${JDK_SUITE-trixie}" ] && [ "$(id -u)" = 0 ] && command -v debootstrap > /dev/null || return 1
    root=$out/jdk/root
    rm -rf "$root"
    mkdir -p "$out/jdk"
    debootstrap --variant=minbase --include=openjdk-21-jdk-headless "${JDK_SUITE-trixie}" "$root" > "$out/jdk/log" 2>&1 || return 1
    find "$root/usr/lib/jvm" "$root/etc/java-21-openjdk" -type l | while read -r link; do
        to=$(readlink "$link")
        case $to in "$root"*) ;; /*) ln -sfn "$root$to" "$link" ;; esac
    done
    # shellcheck disable=SC2016  # the generated script expands it
    printf '#!/bin/sh\nr=%s\nexec $(echo $r/lib64/ld-linux*.so.2 $r/lib/ld-linux-a*.so.1 | tr " " "\\n" | grep -v "[*]" | head -1) --library-path "$(echo $r/usr/lib/*-linux-gnu | tr " " :)" $r/usr/lib/jvm/java-21-openjdk-*/bin/java "$@"\n' "$root" > "$out/jdk/java"
    chmod +x "$out/jdk/java"
}

# lucene NAME JAVA API CLASSPATH FLAGS
lucene() {
    mkdir -p "$out/$1.d"
    if ! "$2" -m jdk.compiler/com.sun.tools.javac.Main -nowarn -Xlint:none -cp "$4" -d "$out/$1.d" "$here/lucene/Drive.java" "$here/lucene/$3/Api.java" > "$out/$1.log" 2>&1; then
        lack "$1" "its driver does not compile ($out/$1.log)"
        return
    fi
    have "$1" "$2 $5 $heap -cp $out/$1.d$4 Drive"
}

: > "$engines"
have libsearch "$out/drive_libsearch"
$cc -std=c11 -O2 -Wall -Wextra -D_POSIX_C_SOURCE=200809L -I"$here/../.." -c "$here/drive.c" -o "$out/drive.o"
if wanted sqlite; then
    if echo '#include <sqlite3.h>' | $cc -E - > /dev/null 2>&1; then
        $cc -std=c11 -O2 -Wall -Wextra -I"$here/../.." -o "$out/drive_sqlite" "$here/drive_sqlite.c" "$out/drive.o" -lsqlite3 -lpthread
        have sqlite "$out/drive_sqlite"
    else lack sqlite "libsqlite3-dev is not here"; fi
fi
if wanted xapian; then
    if echo '#include <xapian.h>' | $cxx -E -x c++ - > /dev/null 2>&1; then
        $cxx -O2 -Wall -Wextra -I"$here/../.." -o "$out/drive_xapian" "$here/drive_xapian.cc" "$out/drive.o" -lxapian
        have xapian "$out/drive_xapian"
    else lack xapian "libxapian-dev is not here"; fi
fi
if wanted lucene8; then
    debian=$(for a in core analyzers-common highlighter queries memory; do ls "/usr/share/java/lucene-$a-8."*.jar; done 2> /dev/null | tr "\n" :)
    if ! java=$(java_of 11); then lack lucene8 "no Java of 11 or later"
    elif [ -n "$debian" ]; then lucene lucene8 "$java" v8 ":$debian" ""
    elif path=$(jars $lucene8 core analyzers-common highlighter queries memory); then lucene lucene8 "$java" v8 "$path" ""
    else lack lucene8 "neither liblucene8-java nor Maven has it"; fi
fi
if wanted lucene10; then
    if ! path=$(jars $lucene10 core analysis-common highlighter queries memory); then lack lucene10 "Maven does not have it"
    elif java=$(java_of 21) || { unpack_java && java=$(java_of 21); }; then
        # Its postings are decoded by the vector module where the Java has it.
        vector=
        "$java" --list-modules | grep -q jdk.incubator.vector && vector="--add-modules jdk.incubator.vector"
        lucene lucene10 "$java" v10 "$path" "$vector --enable-native-access=ALL-UNNAMED"
    else lack lucene10 "no Java of 21 or later"; fi
fi
if wanted tantivy; then
    if ! command -v cargo > /dev/null; then lack tantivy "no cargo"
    elif RUSTFLAGS="-C target-cpu=native" CARGO_TARGET_DIR="$out/tantivy" cargo build --release --manifest-path "$here/tantivy/Cargo.toml" > "$out/tantivy.log" 2>&1; then
        have tantivy "$out/tantivy/release/drive_tantivy"
    else lack tantivy "its driver does not build ($out/tantivy.log)"; fi
fi
# No driver can be written for these.
lack pisa "its only package (pyterrier-pisa) answers batches and opens the index anew for each: no latency of a query can be taken"
lack iresearch "no package in the distribution or a registry"
cat "$engines"
