/* manifest_of.c — rewrites a manifest as another version of the library would have made it (docs/FORMAT.md 3, 5), its
 * sums right. For tests/cli/run.sh.   manifest_of newer|analyzer MANIFEST
 *   newer     the format is 99
 *   analyzer  made with other tables of words or stemmers */
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

static unsigned char file[65536];

static unsigned long long get(const unsigned char *p, int bytes)
{
    unsigned long long v = 0;
    while (bytes--) v = v << 8 | p[bytes];
    return v;
}

static void seal(unsigned char *at, const unsigned char *from, size_t bytes)
{
    XXH64_hash_t sum = XXH3_64bits(from, bytes);
    for (int i = 0; i < 8; i++) at[i] = (unsigned char)(sum >> (8 * i));
}

/* The stamp stands at 32 of section 1, the first of the table; its one chunk, the root, the table, footer and header, the
 * first copies of table and chunk sums follow. */
static int other_analyzer(size_t bytes)
{
    unsigned char *table = file + get(file + 32, 8), *footer = file + bytes - 64;
    const size_t begin = get(table + 8, 8), length = get(table + 16, 8), sum = get(table + 24, 8);
    if (get(table, 4) != 1 || begin + length > bytes || sum + 8 > bytes) return 1;
    file[begin + 32] ^= 1;
    seal(file + sum, file + begin, length);
    seal(table + 32, file + sum, 8);
    seal(footer, table, (size_t)(footer - table));
    seal(footer + 48, footer, 48);
    memcpy(file + 48, footer, 8);
    seal(file + 56, file, 56);
    memcpy(file + 64, table, (size_t)(footer - table));
    memcpy(file + 64 + (footer - table), file + sum, (size_t)(table - file) - sum);
    return 0;
}

int main(int argc, char **argv)
{
    FILE *f = argc == 3 ? fopen(argv[2], "r+b") : NULL;
    size_t bytes = f ? fread(file, 1, sizeof file, f) : 0;
    if (bytes < 128 || bytes == sizeof file) return 1;
    if (strcmp(argv[1], "newer") == 0) {
        file[8] = 99;
        seal(file + 56, file, 56);
    } else if (strcmp(argv[1], "analyzer") != 0 || other_analyzer(bytes)) {
        return 1;
    }
    rewind(f);
    return fwrite(file, 1, bytes, f) != bytes || fclose(f) != 0;
}
