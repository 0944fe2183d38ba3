#!/bin/sh
# embed.sh — writes a C file that holds the bytes of the files given: sd_asset_NAME and sd_asset_NAME_len, where NAME is
# the file's name with _ for everything that is no letter or digit. Needs nothing but POSIX od, sed and tr.
#   sh server/page/embed.sh page.css page.js > assets.c
set -eu
echo '#include "server/page/assets.h"'
for file in "$@"; do
    name=$(basename "$file" | tr -c 'a-zA-Z0-9\n' _)
    printf 'const unsigned char sd_asset_%s[] = {\n' "$name"
    od -An -v -tu1 "$file" | sed 's/^ *//; s/  */,/g; s/$/,/'
    printf '0};\nconst size_t sd_asset_%s_len = sizeof sd_asset_%s - 1;\n' "$name" "$name"
done
