/* folder.c — owns the folder of a fuzzing process, the small index in it, and what targets ask of a query. */
#include <dirent.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

static char folder[64], index_path[80];
static pid_t owner;
static ls_reader *reader;

void fuzz_remove(const char *path)
{
    char name[4096];
    if (!unlink(path)) return;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        fuzz_remove(name);
    }
    if (d) closedir(d);
    rmdir(path);
}

static void at_end(void)
{
    ls_reader_close(reader);
    reader = NULL;
    if (getpid() == owner) fuzz_remove(folder);
}

const char *fuzz_folder(void)
{
    if (*folder) return folder;
    snprintf(folder, sizeof folder, "%s/fuzz.XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    FUZZ_CHECK(mkdtemp(folder));
    owner = getpid();
    atexit(at_end);
    return folder;
}

static const char *const TITLES[] = {"Arms talks resume", "The weather", "Überschrift für Häuser",
                                     "Markets fall again"};
static const char *const WORDS[] = {"arms", "negotiations", "Kim", "the", "of",   "Häuser", "U.S.",   "markets",
                                    "2023", "rain",         "oil", "ﬁsh", "東京", "naïve",  "report", "a"};

static void add(ls_writer *w, unsigned i, unsigned version)
{
    ls_error err;
    ls_doc *d;
    char id[16], body[600] = "";
    snprintf(id, sizeof id, "d%u", i);
    unsigned x = i * 2654435761u + version;
    size_t n = 0;
    for (unsigned k = 0, words = 3 + i % 17; k < words; k++) {
        x = x * 1664525u + 1013904223u;
        unsigned pick = (x >> 24) % 16;
        if (k && pick > (x >> 8) % 16) pick = (x >> 8) % 16; /* some are common */
        n += (size_t)snprintf(body + n, sizeof body - n, "%s%s", k ? k % 7 ? " " : ". " : "", WORDS[pick]);
    }
    FUZZ_CHECK(!ls_doc_new(&d, &err) && !ls_doc_set_id(d, id, strlen(id), &err));
    FUZZ_CHECK(!ls_doc_add_text(d, "title", TITLES[i % 4], strlen(TITLES[i % 4]), &err));
    FUZZ_CHECK(!ls_doc_add_text(d, "body", body, strlen(body), &err));
    FUZZ_CHECK(!ls_doc_add_text(d, "source", i % 3 ? "AP" : "Reuters", i % 3 ? 2 : 7, &err));
    if (i % 5) FUZZ_CHECK(!ls_doc_add_int(d, "published", 1600000000000 + 3600000LL * i, &err));
    FUZZ_CHECK(!ls_doc_set_language(d, i % 4 == 2 ? "de" : "en", &err));
    FUZZ_CHECK(!ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

void fuzz_index_make(const char *path, unsigned documents)
{
    ls_error err;
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE;
    FUZZ_CHECK(!ls_writer_open(&w, path, &o, &err));
    for (unsigned i = 0; i < documents; i++) {
        add(w, i, 1);
        if (i == documents * 5 / 6 || i == documents * 17 / 18) FUZZ_CHECK(!ls_commit(w, NULL, &err));
    }
    add(w, 3, 2);
    add(w, documents * 31 / 36, 2);
    FUZZ_CHECK(!ls_delete(w, "d7", 2, &err));
    FUZZ_CHECK(!ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

const char *fuzz_index(void)
{
    if (*index_path) return index_path;
    snprintf(index_path, sizeof index_path, "%s/index", fuzz_folder());
    fuzz_index_make(index_path, FUZZ_LARGE);
    return index_path;
}

ls_reader *fuzz_reader(void)
{
    ls_error err;
    if (!reader) FUZZ_CHECK(!ls_reader_open(&reader, fuzz_index(), NULL, &err));
    return reader;
}

bool fuzz_utf8(const char *s, size_t n)
{
    const uint8_t *p = (const uint8_t *)s, *end = p + n;
    while (p < end) {
        uint32_t c = *p++;
        int more = c < 0x80                ? 0
                   : c >= 0xC2 && c < 0xE0 ? 1
                   : c >= 0xE0 && c < 0xF0 ? 2
                   : c >= 0xF0 && c < 0xF5 ? 3
                                           : -1;
        if (more < 0 || end - p < more) return false;
        uint32_t v = more == 3 ? c & 7 : more == 2 ? c & 15 : more == 1 ? c & 31 : c;
        for (int i = 0; i < more; i++) {
            if ((*p & 0xC0) != 0x80) return false;
            v = v << 6 | (*p++ & 63);
        }
        if ((more == 2 && v < 0x800) || (more == 3 && v < 0x10000) || v > 0x10FFFF || (v >= 0xD800 && v < 0xE000))
            return false;
    }
    return true;
}

bool fuzz_is_cut(const ls_query *q)
{
    bool cut = false;
    for (size_t i = 0; ls_query_warning(q, i); i++) cut |= !strncmp(ls_query_warning(q, i)->code, "limit", 5);
    return cut;
}

void fuzz_reads_back(const ls_query *q, const ls_query_options *o)
{
    const char *parsed = ls_query_parsed(q);
    ls_query *again;
    ls_error err;
    FUZZ_CHECK(!ls_query_parse(&again, ls_reader_schema(fuzz_reader()), parsed, strlen(parsed), o, &err));
    if (strcmp(ls_query_parsed(again), parsed)) fprintf(stderr, "%s\n%s\n", parsed, ls_query_parsed(again));
    FUZZ_CHECK(!strcmp(ls_query_parsed(again), parsed));
    ls_query_free(again);
}
