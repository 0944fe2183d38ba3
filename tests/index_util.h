/* index_util.h — what the tests of indexes share: a folder of their own, short ways to add and read, random words. */
#ifndef INDEX_UTIL_H
#define INDEX_UTIL_H
#include "tests/ok.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], index_path[80]; /* index_path lies in folder */

/* Removes path and what is in it, one level deep. */
static inline void remove_folder(const char *path)
{
    DIR *d = opendir(path);
    char name[512];
    for (struct dirent *e; d && (e = readdir(d));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        unlink(name);
    }
    if (d) closedir(d);
    rmdir(path);
}

static inline int folder_begin(void **state)
{
    (void)state;
    /* In memory where there is such a place: what is tested here is order and errors, not the disk's speed. */
    snprintf(folder, sizeof folder, "%s/t_index.XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(folder)) return -1;
    snprintf(index_path, sizeof index_path, "%s/index", folder);
    return 0;
}

static inline int index_clean(void **state)
{
    (void)state;
    remove_folder(index_path);
    return 0;
}

static inline int folder_end(void **state)
{
    index_clean(state);
    remove_folder(folder);
    return 0;
}

static inline uint64_t random_next(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* `words` words of a vocabulary whose common words are common. */
static inline void random_text(uint64_t *x, char *out, size_t cap, size_t words)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < words && n + 16 < cap; i++) {
        uint64_t r = random_next(x) % 1000, w = r * r * r / 1000000;
        n += (size_t)snprintf(out + n, cap - n, "%sw%u", i ? " " : "", (unsigned)w);
    }
}

static inline ls_writer *open_writer(unsigned flags, size_t memory)
{
    ls_error err = {0};
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    o.flags = flags;
    o.memory_bytes = memory;
    OK(ls_writer_open(&w, index_path, &o, &err));
    return w;
}

/* Adds a document of one body; version 0: none given. */
static inline int add_doc(ls_writer *w, const char *id, const char *body, int64_t version, ls_added *added,
                          ls_error *err)
{
    ls_doc *d;
    int rc = ls_doc_new(&d, err);
    if (!rc && id) rc = ls_doc_set_id(d, id, strlen(id), err);
    if (!rc) rc = ls_doc_add_text(d, "body", body, strlen(body), err);
    if (!rc) ls_doc_set_version(d, version);
    if (!rc) rc = ls_add(w, d, added, err);
    ls_doc_free(d);
    return rc;
}

/* Adds a document as the news schema has them. */
static inline void add_news(ls_writer *w, const char *id, const char *title, const char *body, const char *source,
                            int64_t published)
{
    ls_error err = {0};
    ls_doc *d;
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    OK(ls_doc_add_text(d, "title", title, strlen(title), &err));
    OK(ls_doc_add_text(d, "body", body, strlen(body), &err));
    OK(ls_doc_add_text(d, "source", source, strlen(source), &err));
    OK(ls_doc_add_int(d, "published", published, &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

/* The body of a document; "" where it is not there. Into out. */
static inline const char *body_of(const ls_reader *r, const char *id, char *out, size_t cap)
{
    ls_error err = {0};
    ls_doc *d;
    size_t len;
    out[0] = 0;
    int rc = ls_get(&d, r, id, strlen(id), &err);
    if (rc == LS_NOTFOUND) return out;
    if (rc) print_error("ls_get: %s\n", err.message);
    assert_int_equal(rc, LS_OK);
    const char *text = ls_doc_text(d, "body", 0, &len);
    assert_non_null(text);
    snprintf(out, cap, "%.*s", (int)len, text);
    ls_doc_free(d);
    return out;
}

static inline uint64_t count_docs(const ls_reader *r)
{
    ls_error err = {0};
    uint64_t doc = UINT64_MAX, n = 0;
    int rc;
    while (!(rc = ls_reader_next(r, &doc, &err))) n++;
    assert_int_equal(rc, LS_NOTFOUND);
    return n;
}
#endif
