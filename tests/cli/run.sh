#!/bin/sh
# The command line as its users see it: outputs, exit statuses, bad input.
# usage: tests/cli/run.sh [LIBSEARCH]
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=${1:-${LIBSEARCH:-$root/build/plain/libsearch}}
[ -x "$bin" ] || { echo "cli: no program $bin" >&2; exit 2; }
bin=$(cd "$(dirname "$bin")" && pwd)/$(basename "$bin")
tmp=$(mktemp -d) || exit 2
mounted=
trap '[ -n "$mounted" ] && umount "$mounted"; rm -rf "$tmp"' EXIT
LC_ALL=C
export LC_ALL
unset NO_COLOR
cd "$tmp" || exit 2
passed=0 failed=0

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "FAIL $1"
    [ -s err ] && sed 's/^/    stderr: /' err | head -5
    [ -s out ] && sed 's/^/    stdout: /' out | head -5
}

# t STATUS WHAT ARGUMENTS…: runs libsearch, stdout to out, stderr to err
t() {
    want=$1 what=$2
    shift 2
    "$bin" "$@" >out 2>err </dev/null
    got=$?
    if [ $got -eq "$want" ]; then pass; else fail "$what: exit $got, expected $want"; fi
}
is() { # is WHAT CONDITION…
    what=$1
    shift
    if "$@"; then pass; else fail "$what: $*"; fi
}
out() { if grep -qF -- "$1" out; then pass; else fail "stdout without: $1"; fi; }
err() { if grep -qF -- "$1" err; then pass; else fail "stderr without: $1"; fi; }
quiet() { if [ ! -s err ]; then pass; else fail "stderr not empty: $what"; fi; }
one_line() { # of error
    if [ "$(grep -c '^libsearch: ' err)" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ]; then pass; else fail "not one line of error: $what"; fi
}
skip() { echo "skipped: $1"; }
documents() { # documents of an index
    "$bin" stats "$1" | sed -n 's/^documents: //p'
}
ids() { "$bin" search --ndjson --fields id "$@" | sed 's/.*"id":"\([^"]*\)".*/\1/'; }

# ---- help ----
t 2 'no command'; err 'expected a command'
t 0 '--help' --help; out 'reindex'; quiet
t 0 'help' help; out 'Commands:'
t 0 '--version' --version; out 'libsearch 0.'
t 2 'unknown command' serach; one_line; err "unknown command 'serach'"
for c in init add search show similar suggest export kill delete stats check merge purge backup reindex salvage completion; do
    t 0 "$c --help" "$c" --help; out 'Flags:'; out "libsearch $c"
    if [ -f "$root/man/libsearch-$c.1" ]; then
        "$bin" --manual "$c" >manual
        is "man/libsearch-$c.1 is what --manual prints" cmp -s manual "$root/man/libsearch-$c.1"
    else
        fail "no man/libsearch-$c.1"
    fi
done
"$bin" --manual >manual
is 'man/libsearch.1 is what --manual prints' cmp -s manual "$root/man/libsearch.1"
t 2 'flag unknown' search --limt 5 x y; one_line; err "did you mean '--limit'?"
t 2 'flag without value' search x y --limit; err 'expected a value'
t 2 'too few arguments' search x; err 'expected: libsearch search'

# ---- init ----
t 0 'init' init new; quiet
is 'init prints the commit' grep -Eq '^committed generation=[0-9]+ documents=0$' out
t 2 'init where one is' init new; one_line
: >file
t 2 'init where a file is' init file; one_line
echo '{"fields":{"title":{"type":"text","weight":3},"body":{"type":"text"},"price":{"type":"integer"},"day":{"type":"date"}}}' >schema.json
t 0 'init --schema' init --schema schema.json own
echo '{"id":"p1","title":"A chair","body":"Made of oak.","price":20,"day":"2023-09-11","colour":"brown"}
{"id":"p2","title":"A table","body":"Made of oak.","price":90}
{"id":"p3","title":"A lamp","body":"Made of oak.","price":"much"}' >own.ndjson
t 2 'add to a schema of ones own' add own own.ndjson; err 'own.ndjson:3: price: expected an integer, found a string'
is 'the good ones are in' [ "$(documents own)" = 2 ]
t 0 'sort by an own field' search --ndjson --fields id --sort price:desc own oak
is 'in the order of the field' [ "$(sed 's/.*"id":"\([^"]*\)".*/\1/' out | tr '\n' ' ')" = 'p2 p1 ' ]
t 0 'its own fields in hits' search --ndjson --fields id,price,day --filter from.price=20 --filter to.price=20 own oak; out '{"id":"p1","price":20,"day":"2023-09-11T00:00:00Z"}'
is 'one hit' [ "$(wc -l <out)" = 1 ]
t 0 'by a period' search --ndjson --fields day --filter day=2023-09 own oak; out '{"day":"2023-09-11T00:00:00Z"}'
t 0 'an export by a filter' export --filter price=90 own; out '"id":"p2"'; is 'one line' [ "$(wc -l <out)" = 1 ]
t 2 'a filter by no field' search --filter prise=90 own oak; one_line; err "did you mean 'price'?"
t 2 'a filter without a value' search --filter price own oak; one_line; err 'expected NAME=VALUE'
t 2 'a filter that is a flag' search --filter limit=5 own oak; one_line; err 'a flag of its own'
t 2 'a field as a flag' search --colour=x own oak; one_line; err 'filter NAME=VALUE'
t 2 'members that are none' search --ndjson --fields colour own oak; one_line; err 'there are id, guid'
t 2 'a filter of the newsroom, likewise' search --filter source=nobody own oak; one_line; err 'no such field'
t 0 'show of an own schema' show --json own p1; out '"price":20'; out '"day":"2023-09-11T00:00:00Z"'; out '"extra":{"colour":"brown"}'
t 0 'its fields for people' show own p1; out 'A chair'; out 'price: 20'; out 'day: 2023-09-11T00:00:00Z'
echo '{"language":"german","fields":{"name":{"type":"text","weight":5},"note":{"type":"text"},"tag":{"type":"keyword"},"price":{"type":"integer"}}}' >wares.json
echo '{"id":"w1","name":"Rote Lampe","note":"fast neu","tag":["Licht","Haus"],"price":7,"colour":"red"}
{"id":"w2","note":"ohne Namen"}
{"id":"w3","price":9}' >wares.ndjson
t 0 'a schema without title and body' add --schema wares.json wares wares.ndjson
t 0 'the heaviest text is what it is called by' search wares ''; out '1. Rote Lampe'; out '2. ohne Namen'; out '3. w3'
t 0 'its fields' show wares w1; out 'name: Rote Lampe'; out 'tag: Haus'; out 'price: 7'
t 0 'an export of it' export wares; cp out back.ndjson; out '"title":"Rote Lampe","title_source":"lead"'
"$bin" add --schema wares.json wares2 back.ndjson >/dev/null
t 0 'comes back as it was' export wares2; is 'the same' cmp -s out back.ndjson
"$bin" export own >back.ndjson; "$bin" add --schema schema.json own3 back.ndjson >/dev/null
t 0 'so does that of a schema with both' export own3; is 'the same' cmp -s out back.ndjson
t 2 'add with the schema it has' add --schema schema.json own own.ndjson; err 'own.ndjson:3'
t 2 'add with another schema' add --schema schema.json new own.ndjson; one_line; err 'another schema'
t 0 'stats --schema' stats --schema own; cp out again.json
t 0 'a schema comes back' init --schema again.json own2

# ---- boilerplate ----
i=0
while [ $i -lt 24 ]; do
    i=$((i + 1))
    printf '{"id":"b%s","source":"The Daily","title":"Story","body":"Story number %s goes so.\\n\\nGet the zebra letter today\\n\\nRead also: another story"}\n' $i $i
done >daily.ndjson
"$bin" add daily daily.ndjson >/dev/null
t 0 'stats --boilerplate' stats daily --boilerplate
printf 'The Daily (24 articles)\n      24 100.0%%  Get the zebra letter today\n' >want; is 'the line, and no other' cmp -s out want
t 0 'as JSON' stats --json --boilerplate daily; cp out lists.json
echo '{"boilerplate":{"The Daily":["Get the zebra letter today"]}}' >want; is 'for --boilerplate' cmp -s out want
t 0 'lists for an index that is there' add daily --boilerplate lists.json; out 'committed generation='
t 0 'are its own' stats --schema daily; out '"boilerplate":{"The Daily":["Get the zebra letter today"]}'; cp out daily.json
sed 's/,"boilerplate":.*/}/' daily.json >fields.json; : >nothing.ndjson
t 0 'a schema that has none leaves them' add --schema fields.json daily --boilerplate lists.json
t 0 'and is the same' add --schema fields.json daily nothing.ndjson; t 0 'with its lists' stats --schema daily; is 'as before' cmp -s out daily.json
t 0 'and proposed no more' stats daily --boilerplate; is 'nothing' [ ! -s out ]
t 0 'but told' stats daily --boilerplate --json; is 'as they were' cmp -s out want
t 0 'the line is not shown' search daily zebra; is 'but found' grep -q 'Story number' out; is 'hidden' [ "$(grep -c 'letter' out)" = 0 ]
words() { "$bin" stats --sizes "$1" | sed -n 's/^words: //p'; }
t 0 'reindex' reindex daily daily2; is 'counts it no more' [ "$(words daily)" -eq "$(($(words daily2) + 120))" ]
t 0 'reindex --boilerplate' reindex daily daily3 --boilerplate lists.json; is 'likewise' [ "$(words daily3)" = "$(words daily2)" ]
t 0 'init with it' init --schema daily.json daily4; "$bin" add daily4 daily.ndjson >/dev/null; is 'likewise' [ "$(words daily4)" = "$(words daily2)" ]
echo '{"boilerplate":{}}' >none.json
t 0 'no lists' add daily --boilerplate none.json; t 0 'are none' stats --schema daily; is 'none' [ "$(grep -c boilerplate out)" = 0 ]
for bad in '[]' '{}' '{"boilerplate":[]}' '{"boilerplate":{"AP":"x"}}' '{"boilerplate":{"AP":[1]}}' '{"boilerplate":{"AP":["..."]}}' \
    '{"boilerplate":{"AP":["a\nb"]}}' '{"boilerplate":{"AP":["a","A!"]}}' '{"boilerplate":{"":["a"]}}' '{"boilerplate":{"AP":["a\u0000"]}}'; do
    printf '%s\n' "$bad" >bad.json
    t 2 "boilerplate $bad" add daily --boilerplate bad.json; one_line; err 'bad.json'
done
t 2 'add with nothing' add daily; one_line

echo '{"fields":{"title":{"type":"texts"}}}' >bad.json
t 2 'init --schema with a bad type' init --schema bad.json bad; one_line; err "found 'texts'"
t 2 'init --schema missing' init --schema nowhere.json bad; one_line; err 'nowhere.json'
is 'nothing was made' [ ! -e bad ]

# ---- add ----
t 0 'add a directory' add idx "$root/corpus"; err 'README.md: not read'
is 'one line after the commit' grep -Eq '^committed generation=[0-9]+ documents=5$' out
t 0 'add again' add idx "$root/corpus"
is 'nothing doubled' [ "$(documents idx)" = 5 ]
t 2 'add nothing that is there' add mistyped nowhere.txt nowhere-else/; err 'nowhere-else'
is 'a mistyped name makes no index' [ ! -e mistyped ]
t 2 'add a missing file' add part nowhere.txt "$root"/corpus/000*.txt; err 'nowhere.txt'
is 'the rest goes on' [ "$(documents part)" = 1 ]
t 2 'add a file of another kind' add part file; err 'expected .txt'
t 2 'add without files' add idx
if [ "$(id -u)" -ne 0 ]; then
    echo secret >secret.txt; chmod 0 secret.txt
    t 2 'add an unreadable file' add part secret.txt; err 'secret.txt'
else
    mkdir as; echo 'A text of nobody.' >as/secret.txt; chmod 0 as/secret.txt; chmod 755 as "$tmp"
    mkdir nb; chmod 777 nb
    if command -v setpriv >/dev/null && setpriv --reuid=65534 --regid=65534 --clear-groups "$bin" --version >/dev/null 2>&1; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$bin" add nb/idx as >out 2>err
        is 'add an unreadable file: exit 2' [ $? -eq 2 ]; err 'as/secret.txt: Permission denied'
    else
        skip 'an unreadable file (no setpriv)'
    fi
fi
printf '%s\n' '{"id":"g1","body":"good one"}' '{"id":"b","body":' '' '{"id":"g2","body":"good two"}' '[1]' '{"id":"a/b","body":"x"}' '{"body":5}' '{"id":"g3","body":"good three"}' >lines.ndjson
t 2 'broken lines' add lines lines.ndjson
err 'lines.ndjson:2: '; err 'lines.ndjson:5: expected an object, found an array'; err 'lines.ndjson:6: id: expected 1 to 128'; err 'lines.ndjson:7: body: expected a string'
out 'documents=3'
t 2 '--strict stops' add --strict lines2 lines.ndjson
is 'at the first bad line' [ "$(wc -l <err)" -eq 1 ]
is 'and keeps what was before' [ "$(documents lines2)" = 1 ]
"$bin" add stdin - <lines.ndjson >out 2>err
is 'standard input: exit 2' [ $? -eq 2 ]; err 'standard input:2: '; out 'documents=3'
printf '{"id":"u","body":"bad \377\376 bytes here"}\n{"id":"n","body":"nul \\u0000 inside"}\n' >utf8.ndjson
t 0 'bytes that are not UTF-8, and NULs' add utf8 utf8.ndjson; err 'utf8.ndjson:1: 2 bytes are not UTF-8'
is 'both are found' [ "$(ids utf8 'bytes OR inside' | sort | tr '\n' ' ')" = 'n u ' ]
printf 'plain \377 bytes and a \000 byte within.\n' >raw.txt
t 0 'plain text with bad bytes' add utf8 raw.txt; err 'raw.txt'
is 'plain text is found' [ "$(ids utf8 'plain within' | wc -l)" -eq 1 ]
: >empty.txt; echo 'Not empty at all.' >full.txt; printf ' \n\n' >blank.txt
t 2 'empty articles' add empty empty.txt full.txt blank.txt; err 'empty.txt: empty'; err 'blank.txt: empty'
is 'the full one is in' [ "$(documents empty)" = 1 ]
printf '\377\376a\000b\000' >utf16.txt
t 2 'UTF-16' add empty utf16.txt; err 'expected UTF-8'
awk 'BEGIN { for (i = 0; i < 3000000; i++) printf "word%d ", i % 50000; print "needleword." }' >huge.txt
t 0 'a huge article' add huge huge.txt; quiet
is 'found to its end' [ "$(ids huge needleword | wc -l)" -eq 1 ]
awk 'BEGIN { printf "{\"id\":\"l\",\"body\":\""; for (i = 0; i < 3000000; i++) printf "word%d ", i % 50000; print "\"}"; print "{\"id\":\"s\",\"body\":\"a small one\"}" }' >long.ndjson
t 2 'a document over the budget' add long long.ndjson; err 'long.ndjson:1: the document needs'; out 'documents=1'
t 0 'and with a larger budget' add --memory 512 long long.ndjson; out 'documents=2'
printf '%s\n' '{"id":"d","body":"first"}' '{"id":"d","body":"second"}' >dup.ndjson
t 0 'duplicate ids' add dup dup.ndjson; out 'documents=1'
t 0 'the later wins' search dup second
t 1 'the earlier is gone' search dup first
printf '%s\n' '{"id":"v","version":3,"body":"three"}' '{"id":"v","version":2,"body":"two"}' '{"id":"v","version":3,"body":"other three"}' >versions.ndjson
t 0 'versions' add versions versions.ndjson; err 'stale'; err 'conflict'
t 0 'the highest stays' search versions three
printf '{"id":"%s","body":"text of %s"}\n' 1 1 2 2 3 3 4 4 5 5 >five.ndjson
t 0 '--commit-every' add --commit-every 2 every five.ndjson
is 'a line for each commit' [ "$(grep -c '^committed ' out)" -eq 3 ]
t 0 '--threads' add --threads 3 --memory 1 threads five.ndjson; out 'documents=5'
"$bin" export threads >threads.out 2>err; "$bin" export every >every.out 2>err
is '--threads: the same index' cmp -s threads.out every.out
t 2 '--threads 0' add --threads 0 threads five.ndjson; one_line
rm -rf every; t 0 'commits that come out even' add --commit-every 1 every five.ndjson; is 'a line for each commit' test "$(sort -u out | wc -l)" -eq "$(wc -l <out)"
t 2 '--commit-every 0' add --commit-every 0 every five.ndjson; one_line
mkdir -p tree/b tree/a; echo 'In a of tree.' >tree/a/x.txt; echo 'In b of tree.' >tree/b/x.txt; echo 'x' >tree/b/picture.jpg
echo '[{"id":"e1","body":"one of an array"},{"id":"e2","body":"two of an array"}]' >tree/list.json
mkdir nitf
echo '<nitf><head><docdata><doc-id id-string="urn:x:1"/></docdata></head><body><body.head><hedline><hl1>Okapi</hl1></hedline></body.head><body.content><p>One.</p></body.content></body></nitf>' >nitf/a.nitf
printf '<nitf>\n<body></nitf>' >nitf/b.xml
t 2 'NITF' add nitf.idx nitf; out 'documents=1'; err 'nitf/b.xml: line 2: expected NITF'
mkdir feeds
echo '<rss><channel/></rss>' >feeds/feed.xml
echo 'Some words.' >feeds/a.txt
t 0 'XML of another kind in a folder' add feeds.idx feeds; out 'documents=1'; err 'feeds/feed.xml: not read'
t 2 'XML of another kind by its name' add feeds.idx feeds/feed.xml; err 'expected <nitf>'
t 0 'NITF is found' search nitf.idx okapi; out 'Okapi'
echo '<nitf><head><docdata management-status="canceled" management-doc-idref="urn:x:1"/></head></nitf>' >kill.nitf
t 0 'NITF that kills' add nitf.idx kill.nitf; out 'documents=0'
t 0 'a tree of directories' add tree.idx tree; err 'picture.jpg: not read'; out 'documents=4'
printf '[{"body":"good"},{"body":7}]' >array.json
t 2 'a bad element of an array' add array array.json; err 'array.json: article 2: body: expected a string'; out 'documents=1'
echo 'Of a dated file.' >2023-09-11-dated.txt
t 0 'a date in the name' add dated 2023-09-11-dated.txt
id=$(ids dated '*')
t 0 'show the dated' show dated "$id"; out 'published: 2023-09-11T00:00:00Z'; out 'date_source: filename'
t 0 '--date mtime' add --date mtime mtime full.txt
t 0 'show the file time' show mtime "$(ids mtime '*')"; out 'date_source: mtime'
t 2 '--date something' add --date prose mtime full.txt; one_line
echo '{"id":"w","body":"B","published":"last Tuesday"}' >when.ndjson
t 0 'a date that is none' add when when.ndjson; err 'when.ndjson:1: published'
t 0 'is kept as text' show --json when w; out '"published":null'; out '"extra":{"published":"last Tuesday"}'
t 2 'add to a file' add file full.txt; one_line
ln -s nowhere link.idx; t 2 'add with an unreadable schema' add --schema nowhere.json x1 full.txt; err nowhere.json

# ---- a second writer, signals ----
mkfifo pipe
"$bin" add held - <pipe >held.out 2>held.err &
holder=$!
exec 3>pipe
printf '{"id":"h1","body":"held text one"}\n{"id":"h2","body":"held text two"}\n' >&3
n=0
while [ $n -lt 100 ]; do
    "$bin" delete held nothing >out 2>err
    [ $? -eq 2 ] && grep -q 'another writer' err && break
    n=$((n + 1)); sleep 0.05
done
t 2 'a second writer' add held full.txt; one_line; err 'another writer'
kill -TERM $holder
exec 3>&-
wait $holder 2>/dev/null
is 'ended by the signal' [ $? -gt 128 ]
t 0 'the index is valid' check held; out 'documents=2'
# interrupted while it waits for more, once two of three articles are committed
"$bin" add --commit-every 2 int - <pipe >int.out 2>err &
victim=$!
exec 3>pipe
printf '{"id":"i%d","body":"interrupted text"}\n' 1 2 3 >&3
n=0
while [ $n -lt 1200 ] && ! grep -q 'documents=2' int.out; do n=$((n + 1)); sleep 0.05; done
kill -INT $victim
wait $victim 2>/dev/null
is 'SIGINT: ended' [ $? -gt 128 ]; err 'interrupted'
exec 3>&-
t 0 'SIGINT leaves a valid index' check int
is 'SIGINT: nothing committed is lost' grep -Eq 'documents=[23] ' out
# killed at any moment: what was committed is there
"$bin" add killed five.ndjson >out 2>err
awk 'BEGIN { for (i = 0; i < 40000; i++) printf "{\"id\":\"k%d\",\"body\":\"text number %d of many\"}\n", i, i }' >many.ndjson
for wait in 0.02 0.05 0.1 0.3; do
    "$bin" add --commit-every 500 killed many.ndjson >out 2>err &
    victim=$!
    sleep $wait
    kill -9 $victim 2>/dev/null
    wait $victim 2>/dev/null
    t 0 "killed after $wait s" check killed
done

# ---- search ----
t 0 'search' search idx arms negotiations; quiet; out '3 documents'
is 'no colour in a pipe' sh -c '! grep -q "$(printf "\033")" out'
t 1 'nothing found' search idx xyzzyq
is 'one word is not offered as any' sh -c '! grep -q -e "--match any" out'
t 1 'nothing found of several words' search idx arms xyzzyq; err "'xyzzyq' is in no document"; out '--match any finds articles with any of the words'
t 1 'what was likely meant' search idx arms vladivosto; out 'did you mean: arms Vladivostok'
t 2 'no such index' search nowhere x; one_line
mkdir directory; t 2 'a directory that is no index' search directory x; one_line
t 2 'a file that is no index' search file x; one_line
t 0 '--json' search --json idx arms w/5 negotiations; quiet
is 'one object' [ "$(wc -l <out)" -eq 1 ]
for m in '{"query":"arms w/5 negotiations","parsed":"' '"warnings":[]' '"total":2,"total_leads":2,"total_relation":"eq","undated_excluded":0,"limit":20,"offset":0,"next_cursor":null,"took_ms":' '"timed_out":false' '"hits":[{"id":"' '"guid":null' '"title_source":"line"' '"similar":null}' '"facets":{}' '"suggestion":null}'; do out "$m"; done
t 0 '--ndjson' search --ndjson idx '*'; is 'a line a hit' [ "$(wc -l <out)" -eq 5 ]
t 0 '--explain' search --explain --json idx shoigu; out '"explanation":{"value":'
t 0 '--explain for people' search --explain idx shoigu
t 0 '--fields' search --ndjson --fields id,score idx vladivostok
is 'only those' grep -Eq '^\{"id":"[a-z2-7]{26}","score":[0-9.]+\}$' out
t 0 'dash query' search idx -- -kirby; out '1 document'
t 2 'a bad sort' search --sort upwards idx x; one_line
t 2 'too far' search --offset 10001 idx x; err 'cursor'
t 2 'a bad cursor' search --cursor '!!!' idx arms; one_line; err 'libsearch: cursor: not one that a page of results gave'
t 0 'the first page' search --json --limit 2 idx '*'
cursor=$(sed 's/.*"next_cursor":"\([^"]*\)".*/\1/' out)
sed 's/.*"hits"//' out | grep -o '"id":"[^"]*"' >pages
t 0 'the second page' search --json --limit 2 --cursor "$cursor" idx '*'
cursor=$(sed 's/.*"next_cursor":"\([^"]*\)".*/\1/' out); sed 's/.*"hits"//' out | grep -o '"id":"[^"]*"' >>pages
t 0 'the last page' search --json --limit 2 --cursor "$cursor" idx '*'; out '"next_cursor":null'
sed 's/.*"hits"//' out | grep -o '"id":"[^"]*"' >>pages
is 'pages hold all, none twice' [ "$(sort -u pages | wc -l)" -eq 5 ]
if [ -e /dev/full ]; then
    "$bin" search --json idx '*' >/dev/full 2>err; is 'a full disk behind stdout' [ $? -eq 2 ]; one_line
fi
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    script -qec "'$bin' search idx vladivostok" /dev/null >out 2>err </dev/null
    is 'colour on a terminal' grep -q "$(printf '\033')" out
    NO_COLOR=1 script -qec "'$bin' search idx vladivostok" /dev/null >out 2>err </dev/null
    is 'no colour with NO_COLOR' sh -c '! grep -q "$(printf "\033\[1")" out'
else
    skip 'colour on a terminal (no script, or no terminal can be had)'
fi
printf '{"id":"esc","title":"Evil \\u001b[31m title","body":"with \\u001b]0;x\\u0007 escapes"}\n' >esc.ndjson
"$bin" add esc esc.ndjson >out 2>err
t 0 'control characters' search esc evil; is 'do not reach the terminal' sh -c '! grep -q "$(printf "\033")" out'
t 0 'nor by show' show esc esc; is 'control characters are shown as such' sh -c '! grep -q "$(printf "\033")" out'

# ---- every JSON answer is JSON ----
if command -v python3 >/dev/null; then
    for one in 'search --json --explain --facet source --facet subject utf8 bytes' 'search --json idx xyzzyq' 'search --json idx -- "arms' \
        'search --json --fields id,similar idx *' 'suggest --json idx ar' 'stats --json idx' 'stats --schema own' 'check --json idx' \
        'show --json esc esc' 'show --json own p1' 'search --json esc escapes'; do
        set -f; set -- $one; set +f
        "$bin" "$@" >out 2>err
        is "JSON of $one" python3 -m json.tool out /dev/null
    done
    printf '%s\n' '{"id":"r1","title":"Ein 🚀 für <Bär> & Co","body":"🚀🚀 Der Bär & sein <Freund> sahen „Bären“. Ünïcödé Bär."}' \
        '{"id":"r2","body":"北朝鮮とロシアの武器取引 🚀 arms"}' >units.ndjson
    "$bin" add units units.ndjson >out 2>err
    for unit in codepoint utf16 byte; do
        for q in 'Bär OR bären' '武器 OR arms' '"der bär"'; do "$bin" search --json --range-unit $unit units "$q"; done >out 2>err
        for q in 'shoigu’s' '"begging for help"' 'arms w/5 negotiations' 'iran*' 'Kim Jong-un' 'russia OR u.s.' '*'; do
            "$bin" search --json --snippets 5 --range-unit $unit idx "$q"
        done >>out 2>>err
        "$bin" search --json --snippets 3 --snippet-length 40 --range-unit $unit idx 'north korea' >>out 2>>err
        is "ranges in $unit" sh -c "python3 '$here/snippets.py' $unit <out >/dev/null"
    done
    "$bin" export killed | head -200 >out
    is 'JSON lines of an export' python3 -c 'import json; [json.loads(l) for l in open("out", encoding="utf-8")]'
else
    skip 'every JSON answer is JSON (no python3)'
fi

# ---- a closed pipe ----
("$bin" export killed; echo $? >status) 2>err | head -c 100 >out
is 'a closed pipe is no error' [ "$(cat status)" -eq 0 ]; what='closed pipe'; quiet
("$bin" search --ndjson --limit 10000 killed text; echo $? >status) 2>err | head -n 1 >out
is 'nor for search' [ "$(cat status)" -eq 0 ]; what='closed pipe'; quiet

# ---- show, suggest, stats ----
id=$(ids idx reuters)
t 0 'show' show idx "$id"; quiet
is 'the title first' [ "$(head -1 out)" = 'White House: Russia, North Korea talks on arms supplies move forward' ]
out 'title_source: line'; out 'date_source: unknown'; out 'words: '; out 'The U.S. is concerned'
t 1 'show an unknown id' show idx nothing; err 'nothing'
t 1 'one known, one not' show idx "$id" nothing; out 'White House'
t 0 'show --json' show --json idx "$id"
for m in "{\"id\":\"$id\",\"guid\":null,\"version\":1,\"title\":\"White House" '"lead":"The U.S. is concerned' '"paragraphs":["The U.S.' '"subjects":[],"places":[]' '"published":null,"date_source":"unknown","updated":null' '"status":"usable"' '"extra":{}}'; do out "$m"; done
t 0 'suggest' suggest idx vladiv; out 'Vladivostok: 1'
t 0 'suggest --json' suggest --json idx vladiv; out '{"query":"vladiv","completions":[{"text":"Vladivostok","documents":1}'; out '"did_you_mean":'
t 1 'suggest nothing' suggest idx qqqqqqq
t 0 'stats' stats idx
for m in 'generation: ' 'documents: 5' 'segments: ' 'bytes: ' 'terms: ' 'forms: ' 'created: 20' 'languages: en=5'; do out "$m"; done
t 0 'stats --json' stats --json idx; out '"documents":5,"segments":'; out '"languages":{"en":5}}'

# ---- export ----
t 0 'export' export idx; quiet; is 'a line a document' [ "$(wc -l <out)" -eq 5 ]
sort out >first; cp out export.ndjson
t 0 'an export is an import' add back export.ndjson
"$bin" export back | sort >second
is 'and exports the same' cmp -s first second
t 0 'export of a query' export idx vladivostok; is 'only what it finds' [ "$(wc -l <out)" -eq 1 ]
t 1 'export of nothing' export idx xyzzyq
printf '%s\n' '{"id":"c1","title":"=cmd|x","body":"b","source":"A, B","byline":"say \"x\"","published":"2023-09-11"}' '{"id":"c2","title":"plain","body":"b"}' >csv.ndjson
"$bin" add csv csv.ndjson >out 2>err
t 0 'export --format csv' export --format csv --sort oldest csv
is 'its head' [ "$(head -1 out | tr -d '\r')" = 'id,title,source,section,byline,published,url,score,words' ]
out "c1,'=cmd|x,\"A, B\",,\"say \"\"x\"\"\",2023-09-11T00:00:00Z,,"
t 2 'export --format xml' export --format xml csv; one_line

# ---- facets and histogram ----
printf '%s\n' '{"id":"t1","body":"timed","published":"2023-08-31T23:30:00Z","source":"A","section":"X"}' '{"id":"t2","body":"timed","published":"2023-09-11","source":"a"}' \
    '{"id":"t3","body":"timed","published":"Fri, 01 Sep 2023 12:00:00 +0200","source":"B"}' '{"id":"t4","body":"timed"}' >timed.ndjson
"$bin" add timed timed.ndjson >out 2>err
t 0 'a histogram' search --json --histogram month --limit 0 timed timed
out '"histogram":{"unit":"month","timezone":"UTC","buckets":[{"start":"2023-08-01","count":1},{"start":"2023-09-01","count":2}],"undated":1}'
t 0 'in another zone' search --json --histogram month --tz Europe/Berlin --limit 0 timed timed
out '"timezone":"Europe/Berlin","buckets":[{"start":"2023-09-01","count":3}]'
t 0 'a histogram for people' search --histogram week timed timed; out '2023-08-28 2'; out 'undated 1'
t 2 'a unit that is none' search --histogram hour timed timed; one_line
t 2 'a histogram without dates' search --histogram day own oak; one_line; err "no field 'published'"
t 0 'a facet' search --facet source --facet-limit 1 timed timed; out 'A 2'
t 0 'what a facet shows includes' search --json --source A timed timed; out '"total":2'
t 0 'and excludes' search --json --not-source A --limit 0 timed timed; out '"total":2'
t 0 'a date filter tells what it left out' search --from 2023-09 timed timed; out '1 without a date left out'
t 0 'suggestions for browsers' suggest --format opensearch idx vladiv; out '["vladiv",["Vladivostok"'
echo '{"fields":{"body":{"type":"text"}}}' >body.json
echo '{"id":"s1","language":"sv","body":"katterna"}
{"id":"s2","lang":"en-GB","body":"katterna"}' >stem.ndjson
"$bin" init --schema body.json stem >out; "$bin" add stem stem.ndjson >out 2>err
t 0 'a language stems also where no field keeps it' stats stem; out 'en=1 sv=1'
echo '{"id":"ja","lang":"ja","body":"東京都"}
{"id":"en","lang":"en","body":"Tokyo"}' >tokyo.ndjson
"$bin" add tokyo tokyo.ndjson >out 2>err
t 0 'languages are what articles are in, not what stems them' stats tokyo; out 'languages: en=1 ja=1'
t 0 'the same as JSON' stats --json tokyo; out '"languages":{"en":1,"ja":1}'

# ---- delete ----
t 1 'delete an unknown id' delete idx nothing; err 'nothing'; is 'no commit' [ ! -s out ]
t 0 'delete' delete lines g1; is 'prints the commit' grep -Eq '^committed generation=[0-9]+ documents=2$' out
t 0 'delete one of two' delete lines g2 nothing
t 0 'delete by query' delete lines --query three; out 'documents=0'
t 1 'delete by a query of nothing' delete lines --query three
t 2 'delete neither' delete lines; one_line
t 0 'a deleted one may come back' add lines five.ndjson; out 'documents=5'

t 1 'a value that nothing has' search idx source:nosuch; err "'nosuch' is in no document"
t 1 'a pattern where values are compared whole' search idx 'source:re*'; err '* and ? stand for themselves'; err "'re*' is in no document"
t 0 'a value that is left out' search idx -- 'arms -source:nosuch'; quiet

# ---- copies ----
t 0 'feedback' search --expand feedback idx arms; err 'the best have in common: '
t 2 'feedback by another name' search --expand rm3 idx arms; one_line
t 0 'similar' similar idx bkmibfzv7bq7kkn5vght3h3adq; is 'the two copies share half' grep -Eq '^ *5[4-7] % shared ' out
t 1 'similar to nothing' similar idx llosgpvlj7umilujwpdbjrmepi
t 1 'similar to an unknown id' similar idx nothing; err 'no document'
t 0 'similar --json' similar --json idx bkmibfzv7bq7kkn5vght3h3adq; out '"relation":"shared","shared":0.5'; out '"passages":[['
t 0 'folded' search --json --fold similar idx '"in exchange for weapons"'; out '"total":2,"total_leads":1,"total_leads_relation":"eq"'; out '"similar":{"count":1,"max_shared":0.5'
t 0 'not folded' search --json idx '"in exchange for weapons"'; out '"total":2,"total_leads":2,'; out '"similar":null'
t 0 'folded for people' search --fold similar idx '"in exchange for weapons"'; out '1 similar, up to 5'; out '1 without their copies'
printf '%s\n' '{"id":"o1","guid":"urn:o:1","body":"evolving one"}' '{"id":"o2","guid":"urn:o:2","evolved_from":"urn:o:1","body":"evolving two"}' >evolved.ndjson
"$bin" add evolved evolved.ndjson >out 2>err
t 0 'the latest of a chain' search --json --latest evolved evolving; out '"total":2,"total_leads":1,"total_leads_relation":"eq"'; out '"id":"o2"'
t 0 'an export of the latest of a chain' export --latest evolved evolving; out '"id":"o2"'; is 'one of the chain' test "$(wc -l <out)" -eq 1
t 0 'an export of a chain' export evolved evolving; is 'all of the chain' test "$(wc -l <out)" -eq 2

# ---- kill, revive, purge ----
printf '%s\n' '{"id":"w1","body":"wallaby one","status":"witheld"}' '{"id":"w2","body":"wallaby two","status":" Stat:Withheld "}' '{"id":"w3","body":"wallaby three","status":"draft"}' >slips.ndjson
t 0 'a slip in a status' add slips slips.ndjson; err "slips.ndjson:1: status: 'witheld' is not 'withheld'; the article is shown"; is 'is told once' test "$(wc -l <err)" -eq 1
t 0 'blanks around a status' search --json slips wallaby; out '"total":2'
printf '%s\n' '{"guid":"urn:k:1","id":"k1","byline":"Quokkamarker","source":"Zebramarker","body":"thylacine seen"}' '{"guid":"urn:k:2","body":"thylacine two"}' '{"guid":"urn:k:2","version":5,"body":"thylacine five"}' \
    '{"guid":"urn:k:2","version":"4","body":"thylacine four"}' '{"guid":"urn:k:2","version":5,"body":"another"}' >kill.ndjson
t 0 'two versions of a guid in one batch' add kill kill.ndjson; err 'stale'; err 'conflict'; out 'documents=2'
is 'the bytes of an article' grep -rqia zebramark kill
t 0 'the versions' show --versions kill "$(ids kill five)"; out '"guid":"urn:k:2","versions":[{"version":5,"updated":null,"status":"usable","current":true},{"version":1'
t 0 'kill' kill kill k1 --reason 'wrong person'; is 'prints the commit' grep -Eq '^committed generation=[0-9]+ documents=1$' out
t 1 'a killed one is not shown' show kill k1; err 'was withdrawn'
t 0 'a tombstone refuses' add kill kill.ndjson; err "killed: 'k1' is withdrawn"; out 'documents=1'
t 0 'purge' purge kill; out 'documents=1'
is 'its bytes have left' sh -c '! grep -rqia "quokkamark\|zebramark" kill'
t 0 'the index is valid' check kill
t 1 'kill of something unknown' kill kill --guid urn:k:9; err 'if it arrives, it is refused'; out 'committed'
echo '{"guid":"urn:k:9","body":"late"}' >late.ndjson
t 0 'it wins over a later arrival' add kill late.ndjson; err 'killed'; out 'documents=1'
t 0 'reindex' reindex kill kill2
t 0 'keeps tombstones' add kill2 late.ndjson; err 'killed'
t 0 '--revive' add --revive kill late.ndjson; out 'documents=2'
t 2 'kill neither' kill kill; one_line
t 2 'kill with a version that is none' kill --version x kill k1; one_line
printf '%s\n' '{"uri":"urn:n:1","version":"2","headline":"H","body_html":"<p>bilby &amp; co</p><p>two</p>","subject":[{"name":"Arms","code":"1"}],"versioncreated":"2023-09-11T10:00:00Z"}' \
    '{"uri":"urn:n:2","pubstatus":"canceled"}' '{"uri":"urn:n:2","version":"7","headline":"H","body_text":"dead"}' '{"uri":"urn:n:3","version":"two","headline":"H"}' \
    '{"uri":"urn:n:4","embargoed":"tomorrow","headline":"H"}' '{"uri":"urn:n:5","embargoed":"2023-02-30","headline":"H"}' >ninjs.ndjson
t 2 'ninjs' add ninjs ninjs.ndjson; err 'ninjs.ndjson:4: version: expected an integer from 1, found two'; err "ninjs.ndjson:5: embargoed: 'tomorrow' is no date"; err "ninjs.ndjson:6: embargoed: '2023-02-30' is no date"; err 'ninjs.ndjson:3: killed'; out 'documents=1'
t 0 'its text' show --json ninjs "$(ids ninjs bilby)"; out '"body":"bilby & co\n\ntwo"'; out '"subjects":["Arms"]'; out '"version":2'; out '"published":"2023-09-11T10:00:00Z"'

# ---- check, damage, newer ----
t 0 'check' check idx; quiet
is 'one line' grep -Eq '^ok generation=[0-9]+ documents=5 segments=[0-9]+$' out
t 0 'check --json' check --json idx; out '{"ok":true,"generation":'; out '"faults":[]}'
t 2 'check of nothing' check nowhere; one_line
seg=$(ls -S idx | head -1)
bytes=$(wc -c <"idx/$seg")
for at in $((bytes / 3)) $((bytes / 2)) 70; do
    rm -rf damaged; cp -r idx damaged
    old=$(od -An -tu1 -j $at -N 1 "damaged/$seg" | tr -d ' ')
    printf "\\$(printf %o $(((old + 1) % 256)))" | dd of="damaged/$seg" bs=1 seek=$at conv=notrunc 2>/dev/null
    t 2 "damage at $at" check damaged
    is 'a line for it' grep -Eq '^[^:]*[^ ]+:[0-9]+: .*: ' out
    is 'which tells its place once' [ "$(grep -c 'damaged/.*damaged/' out)" = 0 ]
    t 2 'damage as JSON' check --json damaged; out '{"ok":false'; out '"offset":'
done
rm -rf damaged; cp -r idx damaged; : >"damaged/$seg"
t 2 'an emptied file' check damaged
t 2 'an emptied file, searched' search damaged arms; one_line
if ${CC:-cc} -o manifest_of "$here/manifest_of.c" -lxxhash 2>err; then
    rm -rf newer.idx; cp -r idx newer.idx
    ./manifest_of newer newer.idx/MANIFEST
    cp newer.idx/MANIFEST before
    t 2 'an index of a newer format' search newer.idx arms; one_line; err 'format 99'
    t 2 'is not written to' add newer.idx full.txt; err 'format 99'
    is 'nothing was touched' cmp -s before newer.idx/MANIFEST
    t 2 'nor checked as good' check newer.idx
    cp -r idx older.idx
    t 0 'an index made with this version' search older.idx vladivostok; quiet
    ./manifest_of analyzer older.idx/MANIFEST
    t 0 'made with another version of the analyzer' search older.idx vladivostok; err 'other tables of words or stemmers'
    t 0 'it is sound' check older.idx
    t 0 'is made anew' reindex older.idx renewed
    t 0 'and is as it should be' search renewed vladivostok; quiet
else
    skip 'a newer format (no C compiler)'
fi

# ---- merge, backup, reindex ----
t 0 'merge' merge every; out 'documents=5'
is 'one segment' [ "$("$bin" stats every | sed -n 's/^segments: //p')" = 1 ]
t 0 'backup' backup idx copy; t 0 'the copy is whole' check copy; out 'documents=5'
t 2 'backup onto something' backup idx copy; one_line
t 0 'reindex' reindex idx anew; out 'documents=5'
"$bin" export anew | sort >second
is 'reindex keeps all' cmp -s first second
t 2 'reindex onto something' reindex idx anew; one_line
echo '{"fields":{"body":{"type":"integer"}}}' >unlike.json
t 2 'reindex that fails' reindex --schema unlike.json idx failed; one_line; is 'leaves nothing' [ ! -e failed ]
t 0 'another try' reindex idx failed; out 'documents=5'
t 0 'a limit on the size of files' init limited
( ulimit -f 8 && exec "$bin" add limited "$root"/corpus/*.txt ) >out 2>err
is 'is told like a full disk' [ $? -eq 2 ]; err 'File too large'
t 0 'and the index is sound' check limited; out 'documents=0'
echo '{"fields":{"body":{"type":"text","stored":false},"source":{"type":"keyword"}}}' >unstored.json
"$bin" init --schema unstored.json unstored >out; echo '{"id":"s","body":"not kept","source":"A"}' >s.ndjson
"$bin" add unstored s.ndjson >out 2>err
t 0 'reindex names what was not stored' reindex unstored unstored2; err "field 'body' was not stored"

# ---- --no-mmap ----
t 0 'search' search idx arms; cp out mapped
t 0 'search without mmap' search --no-mmap idx arms; is 'the same answer' cmp -s mapped out
if command -v strace >/dev/null && strace -o trace true 2>/dev/null; then
    strace -f -e trace=openat,mmap -o trace "$bin" search --no-mmap idx arms >out 2>err
    fd=$(sed -n 's/.*openat(.*"seg-[0-9a-f]*".* = \([0-9]*\)$/\1/p' trace | head -n 1)
    is 'a segment was opened' [ -n "$fd" ]
    is 'no file of the index is mapped' [ "$(grep -c "mmap(NULL, .*MAP_SHARED" trace)" = 0 ]
else
    skip 'what --no-mmap maps (no strace)'
fi

# ---- salvage ----
t 0 'salvage of a sound index' salvage idx saved; out 'salvaged documents=5 lost=0'; t 0 'it is whole' check saved; out 'documents=5'
t 2 'salvage onto something' salvage idx saved; one_line
cp -r idx hurt; rm hurt/MANIFEST
t 2 'an index without its manifest' search hurt arms; one_line
t 0 'salvage without a manifest' salvage hurt saved2; out 'manifest:'; out 'salvaged documents='
"$bin" export saved2 | sort >second
is 'salvage keeps all' cmp -s first second
t 2 'salvage of nothing' salvage . saved3; one_line
rm -rf hurt saved4 saved5; cp -r idx hurt # the texts of a segment gone: a line for all of its documents, or for each
seg=$(ls -S hurt/seg-* | head -n 1); dd if=/dev/zero of="$seg" bs=1 seek=64 count=$(($(wc -c <"$seg") / 2)) conv=notrunc 2>/dev/null
t 0 'salvage tells damage by its kind' salvage hurt saved4; out 'salvaged documents='
is 'no kind twice' [ -z "$(sed -n 's/.*: \([a-z_ ]*\): .*/\1/p' out | sort | uniq -d)" ]
kinds=$(wc -l <out)
t 0 'salvage --verbose tells each' salvage --verbose hurt saved5; out 'salvaged documents='
is 'which are more' [ "$(wc -l <out)" -gt "$kinds" ]
is 'and as many as were counted' [ "$(($(wc -l <out) - 1))" = "$(sed -n 's/^salvaged.*faults=//p' out)" ]

# ---- completion ----
for shell in bash zsh fish; do t 0 "completion $shell" completion $shell; out reindex; done
if command -v bash >/dev/null; then
    "$bin" completion bash >completion.sh; is 'bash takes it' bash -n completion.sh
    is 'bash completes' [ "$(bash -c '. ./completion.sh; COMP_WORDS=(libsearch rei); COMP_CWORD=1; _libsearch; echo "${COMPREPLY[*]}"')" = reindex ]
fi
t 2 'completion of another' completion csh; one_line

# ---- a full disk ----
mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=2m tmpfs small 2>err; then
    mounted=$tmp/small
    t 0 'add on a small disk' add small/idx "$root/corpus"
    t 2 'a full disk' add small/idx huge.txt
    is 'says so' grep -Eq 'No space left|disk or the quota is full' err
    t 0 'nothing committed is lost' check small/idx; out 'documents=5'
    t 0 'and is still found' search small/idx vladivostok
    t 0 'and small things still fit' add small/idx full.txt; out 'documents=6'
    umount small && mounted=
else
    skip 'a full disk (needs root and mount)'
fi

echo "cli: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
