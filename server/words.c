/* words.c — a counted set of synonyms. The server holds one, each exchange that used it one; the last frees it, so that a
 * file read anew takes nothing away from a search under way. Ignorant of what synonyms do. */
#include "server/words.h"
#include "server/log.h"
#include "server/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 5 << 20 }; /* the library refuses more than 4 MB, and says so */

struct sd_words {
    ls_synonyms *set;
    uint64_t stamp;
    atomic_int refs;
};

static bool read_file(js_text *t, const char *path, char *why, size_t why_bytes)
{
    char piece[8192];
    size_t n;
    FILE *f = fopen(path, "rb");
    while (f && t->len <= FILE_MAX && (n = fread(piece, 1, sizeof piece, f)) > 0) js_put(t, piece, n);
    bool ok = f && !ferror(f) && !t->failed;
    if (!ok) snprintf(why, why_bytes, "synonyms: %s: %s", path, t->failed ? "out of memory" : strerror(errno));
    if (f) fclose(f);
    return ok;
}

sd_words *sd_words_load(const char *path, const ls_schema *s, char *why, size_t why_bytes)
{
    js_text t = {0};
    ls_error err = {0};
    const ls_warning *fault;
    sd_words *w = NULL;
    if (!read_file(&t, path, why, why_bytes)) {
        js_text_free(&t);
        return NULL;
    }
    w = calloc(1, sizeof *w);
    int rc = w ? ls_synonyms_new(&w->set, s, t.data ? t.data : "", t.len, &err) : LS_NOMEM;
    js_text_free(&t);
    if (rc) {
        snprintf(why, why_bytes, "synonyms: %s: %s", path, w ? err.message : "out of memory");
        free(w);
        return NULL;
    }
    atomic_init(&w->refs, 1);
    w->stamp = ls_synonyms_stamp(w->set);
    for (size_t i = 0; (fault = ls_synonyms_warning(w->set, i)); i++) sd_log_say("%s: %s", path, fault->message);
    return w;
}

sd_words *sd_words_hold(sd_words *w)
{
    if (w) atomic_fetch_add(&w->refs, 1);
    return w;
}

void sd_words_drop(sd_words *w)
{
    if (!w || atomic_fetch_sub(&w->refs, 1) != 1) return;
    ls_synonyms_free(w->set);
    free(w);
}

static const sd_words *of_exchange(sd_exchange *x)
{
    if (!x->words && x->server->config.synonyms) {
        pthread_rwlock_rdlock(&x->server->reload_lock);
        x->words = sd_words_hold(x->server->words);
        pthread_rwlock_unlock(&x->server->reload_lock);
    }
    return x->words;
}

const ls_synonyms *sd_exchange_synonyms(sd_exchange *x)
{
    const sd_words *w = of_exchange(x);
    return w ? w->set : NULL;
}

uint64_t sd_exchange_synonyms_stamp(sd_exchange *x)
{
    const sd_words *w = of_exchange(x);
    return w ? w->stamp : 0;
}
