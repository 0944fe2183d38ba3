/* newer_format.c — makes a file of an index claim a format that does not exist yet (docs/FORMAT.md: the format is 4
 * bytes at 8, the header's XXH3-64 stands at 56). For tests/cli/run.sh. */
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

int main(int argc, char **argv)
{
    unsigned char h[64];
    FILE *f = argc > 1 ? fopen(argv[1], "r+b") : NULL;
    if (f == NULL || fread(h, 1, sizeof h, f) != sizeof h) return 1;
    h[8] = 99;
    XXH64_hash_t sum = XXH3_64bits(h, 56);
    for (int i = 0; i < 8; i++) h[56 + i] = (unsigned char)(sum >> (8 * i));
    rewind(f);
    return fwrite(h, 1, sizeof h, f) != sizeof h || fclose(f) != 0;
}
