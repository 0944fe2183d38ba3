/* replay.c — a main for a target without libFuzzer: runs every file given, and those of every directory given.
 * usage: TARGET FILE|DIR… */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

static unsigned long files;

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
    uint8_t *exact = malloc(n + !n); /* an overrun is to be seen */
    FUZZ_CHECK(exact);
    memcpy(exact, p, n);
    free(p);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
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
    for (int i = 1; i < argc; i++) run(argv[i]);
    printf("%s: %lu inputs replayed\n", argv[0], files);
    return 0;
}
