/* tokenize.c — how fast a text is cut into words, and its language told.
 *
 *     tokenize FILE [times]
 *
 * Prints MB/s (10^6 bytes) and words for cutting alone, for cutting with the term of each word, and the time of telling
 * the language of each 4 KB. A benchmark of the analyzer, so that it reads internal headers. */
#include "libsearch/text/analyzer.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    size_t cap = 1 << 20, n = 0, got;
    uint8_t *data = malloc(cap);
    if (!f || !data) {
        perror(path);
        exit(1);
    }
    while ((got = fread(data + n, 1, cap - n, f)) > 0) {
        n += got;
        if (n < cap) continue;
        data = realloc(data, cap *= 2);
        if (!data) exit(1);
    }
    fclose(f);
    *len = n;
    return data;
}

static uint64_t cut(lsi_analyzer *a, const uint8_t *text, size_t len, bool terms)
{
    lsi_token t;
    uint64_t words = 0;
    size_t n;
    int lang = lsi_lang_find("english", 7);
    lsi_tokens_begin(a, text, len, lang);
    while (lsi_tokens_next(a, &t) > 0) {
        words++;
        if (terms) lsi_analyzer_term(a, lang, t.form, t.form_len, &n);
    }
    return words;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: tokenize FILE [times]\n");
        return 2;
    }
    size_t len;
    uint8_t *text = read_file(argv[1], &len);
    int times = argc > 2 ? atoi(argv[2]) : 3;
    lsi_analyzer *a;
    if (lsi_analyzer_new(&a, NULL)) return 1;
    for (int mode = 0; mode < 2; mode++) {
        double best = 1e9;
        uint64_t words = 0;
        for (int i = 0; i < times; i++) {
            double t = now();
            words = cut(a, text, len, mode == 1);
            t = now() - t;
            if (t < best) best = t;
        }
        printf("%-12s %8.1f MB/s %6.1f M words/s %10llu words\n", mode ? "cut+term" : "cut", (double)len / best / 1e6,
               (double)words / best / 1e6, (unsigned long long)words);
    }
    double t = now();
    size_t count = 0;
    for (size_t at = 0; at < len && count < 20000; at += 4096, count++) {
        lsi_lang_detect(text + at, len - at < 4096 ? len - at : 4096);
    }
    printf("%-12s %8.2f us for each 4 KB\n", "detect", (now() - t) / (double)(count ? count : 1) * 1e6);
    lsi_analyzer_free(a);
    free(text);
    return 0;
}
