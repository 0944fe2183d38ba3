/* stem.c — owns the Snowball stemmers (libstemmer, UTF-8), one of each language, for one thread.
 *
 * Invariant: words come lower-case and with their accents, which the German and French rules read. `porter` is not
 * offered: it stems news to new. Source: snowballstem.org, version 2.2. Ignorant of folding. */
#include "libsearch/text/stem.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <libstemmer.h>

#define STEMMER_BYTES 4096u /* more than one takes: measured, 832 */

void lsi_stems_clear(lsi_stems *s)
{
    for (size_t i = 0; i < LSI_LANG_COUNT; i++) sb_stemmer_delete(s->of[i]);
    memset(s, 0, sizeof *s);
}

/* libstemmer 2.2 writes through NULL where its second allocation fails (SN_create_env clears what it has not made yet).
 * So the memory is asked for here first, where a refusal is only a refusal, and given back just before. NULL: no memory,
 * or no such language in this build of it. */
static struct sb_stemmer *stemmer_new(int lang)
{
    void *room = lsi_malloc(STEMMER_BYTES);
    if (!room) return NULL;
    lsi_free(room);
    return sb_stemmer_new(lsi_lang_name(lang), NULL);
}

const uint8_t *lsi_stem(lsi_stems *s, int lang, const uint8_t *word, size_t len, size_t *out_len)
{
    *out_len = len;
    if (lang <= 0 || lang >= LSI_LANG_COUNT) return word;
    struct sb_stemmer **door = &s->of[lang];
    if (!*door) *door = stemmer_new(lang);
    if (!*door) return NULL;
    const sb_symbol *stem = sb_stemmer_stem(*door, word, (int)len);
    if (!stem) return NULL;
    int n = sb_stemmer_length(*door);
    if (n <= 0) return word;
    *out_len = (size_t)n;
    return stem;
}

/* libstemmer does not tell its version, so that its answers must: one word a language, in the order of lang.h, chosen
 * among those whose endings the rules work on. */
static const char *const probes[LSI_LANG_COUNT] = {"",
                                                   "والكتابات",
                                                   "հայաստանում",
                                                   "etxearenak",
                                                   "nacionalitats",
                                                   "undersøgelserne",
                                                   "lichamelijkheden",
                                                   "generously",
                                                   "talossanikin",
                                                   "continuellement",
                                                   "verfassungsmäßigkeiten",
                                                   "κυβερνησεων",
                                                   "लड़कियों",
                                                   "házaitokban",
                                                   "mempertanggungjawabkan",
                                                   "gcathracha",
                                                   "nazionalità",
                                                   "lietuviškumas",
                                                   "केटाहरूले",
                                                   "opplysningene",
                                                   "nacionalidades",
                                                   "naționalităților",
                                                   "правительственными",
                                                   "predsednicima",
                                                   "nacionalidades",
                                                   "möjligheterna",
                                                   "வீடுகளில்",
                                                   "evlerimizdekiler",
                                                   "געשריבענע"};

static bool is_offered(int lang)
{
    for (const char **name = sb_stemmer_list(); *name; name++)
        if (!strcmp(*name, lsi_lang_name(lang))) return true;
    return false;
}

/* Languages that this build has not are left out; with too little memory for one there is no answer, for it would be
 * that of another build. */
int lsi_stem_fingerprint(uint64_t *out)
{
    lsi_stems s;
    uint64_t mix = 0;
    int rc = LS_OK;
    memset(&s, 0, sizeof s);
    for (int lang = 1; !rc && lang < LSI_LANG_COUNT; lang++) {
        size_t n;
        const uint8_t *word = (const uint8_t *)probes[lang];
        const uint8_t *stem = lsi_stem(&s, lang, word, strlen(probes[lang]), &n);
        if (stem) mix = (mix << 7 | mix >> 57) ^ lsi_hash64(stem, n);
        else if (is_offered(lang)) rc = LS_NOMEM;
    }
    lsi_stems_clear(&s);
    *out = mix;
    return rc;
}
