# awk -f house.awk layers.txt FILE...   Holds the walls and the habits of the house that the compiler does not:
#   - quoted includes are written from the root and follow layers.txt; confined system headers stay confined
#   - functions (opening brace in column one) of at most 70 lines, files of at most 600
#   - calls that are banned in the library, and some that are banned everywhere
# An exemption is a comment "/* long: reason */" above the function, "/* long file: reason */" in a file's first 30
# lines; one that is not needed is a fault itself.
BEGIN { FUNC = 70; FILE = 600
    everywhere = "sprintf|vsprintf|strcpy|strcat|gets|atoi|atol|atof|strtok"
    library = "malloc|calloc|realloc|free|strdup|strndup|printf|fprintf|puts|putchar|fputs|perror|exit|_exit|abort|getenv|secure_getenv|setlocale|signal|sigaction|setenv" }
FNR == NR { if ($0 !~ /^#/ && NF) { known[$1] = 1; for (i = 2; i <= NF; i++) ok[$1, $i] = 1 } next }
FNR == 1 { finish(); file = FILENAME; start = 0; excuse = 0; long_file = 0; incomment = 0 }
{ last = FNR; dir = FILENAME; sub(/\/[^\/]*$/, "", dir) }
/\/\* long: / { if (excuse) bad("exemption without a long function", excuse); excuse = FNR }
FNR <= 30 && /\/\* long file: / { long_file = FNR }
/^[ \t]*#[ \t]*include[ \t]*"/ {
    inc = $0; sub(/^[^"]*"/, "", inc); sub(/".*$/, "", inc)
    to = inc
    if (!sub(/\/[^\/]*$/, "", to)) bad("include \"" inc "\" is not written from the root")
    else if (!(dir in known)) bad("directory " dir " has no line in layers.txt")
    else if (dir != to && !((dir, to) in ok)) bad(dir " may not include " to)
}
/^[ \t]*#[ \t]*include[ \t]*</ {
    inc = $0; sub(/^[^<]*/, "", inc); sub(/>.*$/, ">", inc)
    if ((inc in known) && !((inc, FILENAME) in ok) && !((inc, dir "/") in ok)) bad(inc " is confined to other files")
}
/_GNU_SOURCE/ && FILENAME != "libsearch/store/io.c" && FILENAME ~ /^libsearch\// { bad("_GNU_SOURCE belongs to libsearch/store/io.c") }
/^\{/ { start = FNR }
/^\}/ {
    if (start) {
        n = FNR - start - 1
        if (n > FUNC && !excuse) bad("function of " n " lines (at most " FUNC ")", start)
        if (n <= FUNC && excuse && excuse < start) bad("exemption that is not needed", excuse)
        if (excuse && excuse < FNR) excuse = 0
    }
    start = 0
}
{   line = $0
    gsub(/\\"/, "", line); gsub(/"[^"]*"/, "\"\"", line); gsub(/'[^']*'/, "0", line)
    gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
    if (incomment) { if (line ~ /\*\//) { sub(/^.*\*\//, "", line); incomment = 0 } else next }
    if (line ~ /\/\*/) { incomment = 1; sub(/\/\*.*$/, "", line) }
    if (match(line, "(^|[^A-Za-z0-9_.>])(" everywhere ")[ ]*\\(")) bad("banned call: " substr(line, RSTART, RLENGTH))
    if (FILENAME ~ /^libsearch\// && FILENAME != "libsearch/util/alloc.c" && match(line, "(^|[^A-Za-z0-9_.>])(" library ")[ ]*\\("))
        bad("call banned in the library: " substr(line, RSTART, RLENGTH))
}
function finish() {
    if (!file) return
    if (last > FILE && !long_file) bad("file of " last " lines (at most " FILE ")", last, file)
    if (last <= FILE && long_file) bad("long-file exemption that is not needed", long_file, file)
}
function bad(m, at, f) { printf "%s:%d: %s\n", f ? f : FILENAME, at ? at : FNR, m; failed = 1 }
END { finish(); exit failed }
