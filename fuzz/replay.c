/* replay.c — a main for a target without libFuzzer: runs every file given, and those of every directory given; with
 * --mutate each also COUNT times changed at random (bytes set, flipped, removed, repeated, put together with others), which
 * is no match for coverage but needs nothing. What breaks is left in the file mutated.bin of the present directory.
 * usage: TARGET [--mutate COUNT SEED] FILE|DIR… */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

static unsigned long files, runs, mutations;
static uint64_t state = 1;

typedef struct input {
    uint8_t *p;
    size_t n;
} input;
static input *inputs;

static size_t below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return n ? (size_t)(state % n) : 0;
}

/* A change of p, which has room for twice n and 64 more; the new length. */
static size_t change(uint8_t *p, size_t n)
{
    size_t at = below(n), len = 1 + below(n - at < 16 ? n - at : 16);
    const input *other = &inputs[below(files)];
    if (!n) return 0;
    switch (below(7)) {
    case 0:
        p[at] = (uint8_t)below(256);
        return n;
    case 1:
        p[at] ^= (uint8_t)(1u << below(8));
        return n;
    case 2:
        memset(p + at, below(2) ? 0xFF : 0, len);
        return n;
    case 3:
        memmove(p + at, p + at + len, n - at - len);
        return n - len;
    case 4:
        memmove(p + at + len, p + at, n - at);
        return n + len;
    case 5:
        p[at] = (uint8_t)(p[at] + 1 - 2 * (int)below(2));
        return n;
    default:
        if (!other->n) return n;
        if (len > other->n) len = other->n;
        if (len > n - at) len = n - at;
        memcpy(p + at, other->p + below(other->n - len + 1), len);
        return n;
    }
}

static void run_bytes(const uint8_t *p, size_t n)
{
    uint8_t *exact = malloc(n + !n); /* an overrun is to be seen */
    FUZZ_CHECK(exact);
    if (n) memcpy(exact, p, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    runs++;
}

static void mutate(const input *in)
{
    for (unsigned long i = 0; i < mutations; i++) {
        uint8_t *p = malloc(2 * in->n + 1024);
        size_t n = in->n;
        FUZZ_CHECK(p);
        memcpy(p, in->p, n);
        for (size_t k = 1 + below(4); k && n < 2 * in->n + 900; k--) n = change(p, n);
        FILE *f = fopen("mutated.bin", "wb");
        FUZZ_CHECK(f && fwrite(p, 1, n, f) == n && !fclose(f));
        run_bytes(p, n);
        free(p);
    }
}

static void run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *p = NULL;
    size_t n = 0, got;
    FUZZ_CHECK(f);
    do {
        p = realloc(p, n + 65536);
        FUZZ_CHECK(p);
        n += got = fread(p + n, 1, 65536, f);
    } while (got);
    FUZZ_CHECK(!ferror(f));
    fclose(f);
    run_bytes(p, n);
    inputs = realloc(inputs, (files + 1) * sizeof *inputs);
    FUZZ_CHECK(inputs);
    inputs[files] = (input){p, n};
    files++;
}

static void run(const char *path)
{
    struct stat st;
    char name[4096];
    if (stat(path, &st)) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    if (!S_ISDIR(st.st_mode)) {
        run_file(path);
        return;
    }
    struct dirent **list;
    int n = scandir(path, &list, NULL, alphasort);
    FUZZ_CHECK(n >= 0);
    for (int i = 0; i < n; i++) {
        if (list[i]->d_name[0] != '.') {
            snprintf(name, sizeof name, "%s/%s", path, list[i]->d_name);
            run(name);
        }
        free(list[i]);
    }
    free(list);
}

int main(int argc, char **argv)
{
    int first = 1;
    if (argc > 3 && !strcmp(argv[1], "--mutate")) {
        mutations = strtoul(argv[2], NULL, 10);
        state = strtoull(argv[3], NULL, 10) * 2 + 1;
        first = 4;
    }
    for (int i = first; i < argc; i++) run(argv[i]);
    for (size_t i = 0; i < files; i++) mutate(&inputs[i]);
    if (mutations) remove("mutated.bin");
    printf("%s: %lu inputs, %lu runs\n", argv[0], files, runs);
    for (size_t i = 0; i < files; i++) free(inputs[i].p);
    free(inputs);
    return 0;
}
