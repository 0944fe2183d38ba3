/* meta.c — owns the bytes of the section META. All numbers are little-endian and of fixed width, so that opening a
 * segment reads a few hundred bytes whatever its size.
 *
 *    0  4  layout of META: 1       4  4  documents               8  4  lists (1 + text fields)
 *   12  4  fields                 16  4  regions of list 0      20  4  languages
 *   24  8  analyzer stamp         32  8  words                  40  8  k1 (double)
 *   48  8  b (double)             56  8  offset in VERSIONS
 *   64  then, one behind the other:
 *       for each list     8 sum of lengths, 8 offset in NORMS, 8 average length (double), 1 smallest norm,
 *                         1 largest norm, 6 zero
 *       for each region   8 offset in REGIONS
 *       for each text     8 offset in LENGTHS
 *       for each field    8 offset in COLUMNS
 *       for each language 24 Snowball's name filled up with zeros, 4 documents, 4 zero
 * An offset of all ones: there is no such thing. A language is named, not numbered, for numbers move when Snowball
 * learns one. */
#include "libsearch/segment/meta.h"
#include "libsearch/codec/read.h"
#include "libsearch/text/analyzer.h"

#define META_LAYOUT         1u
#define HEAD_BYTES          64u
#define LIST_BYTES          32u
#define LANGUAGE_BYTES      32u
#define LANGUAGE_NAME_BYTES 24u

static uint64_t double_bits(double d)
{
    uint64_t u;
    memcpy(&u, &d, sizeof u);
    return u;
}

static double bits_double(uint64_t u)
{
    double d;
    memcpy(&d, &u, sizeof d);
    return d;
}

static void put_offsets(lsi_sink *s, const uint64_t *offsets, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) lsi_sink_put64(s, offsets[i]);
}

static void put_language(lsi_sink *s, int lang, uint32_t docs)
{
    char name[LANGUAGE_NAME_BYTES] = {0};
    const char *from = lsi_lang_name(lang);
    memcpy(name, from, LSI_MIN(strlen(from), sizeof name));
    lsi_sink_put(s, name, sizeof name);
    lsi_sink_put32(s, docs);
    lsi_sink_put32(s, 0);
}

void lsi_meta_write(const lsi_meta *m, lsi_sink *s)
{
    lsi_sink_put32(s, META_LAYOUT);
    lsi_sink_put32(s, m->doc_count);
    lsi_sink_put32(s, m->list_count);
    lsi_sink_put32(s, m->field_count);
    lsi_sink_put32(s, m->region_count);
    lsi_sink_put32(s, m->language_count);
    lsi_sink_put64(s, m->analyzer_stamp);
    lsi_sink_put64(s, m->word_sum);
    lsi_sink_put64(s, double_bits(m->k1));
    lsi_sink_put64(s, double_bits(m->b));
    lsi_sink_put64(s, m->versions);
    for (uint32_t i = 0; i < m->list_count; i++) {
        const lsi_meta_list *l = &m->lists[i];
        lsi_sink_put64(s, l->length_sum);
        lsi_sink_put64(s, l->norms_offset);
        lsi_sink_put64(s, double_bits(l->average));
        lsi_sink_put8(s, l->min_norm);
        lsi_sink_put8(s, l->max_norm);
        lsi_sink_put(s, "\0\0\0\0\0\0", 6);
    }
    put_offsets(s, m->regions, m->region_count);
    put_offsets(s, m->lengths, m->list_count - 1);
    put_offsets(s, m->columns, m->field_count);
    for (uint32_t i = 0; i < m->language_count; i++) put_language(s, m->languages[i], m->language_docs[i]);
}

/* ---- reading ---- */

static bool read_lists(lsi_meta *m, const uint8_t *p)
{
    for (uint32_t i = 0; i < m->list_count; i++, p += LIST_BYTES) {
        lsi_meta_list *l = &m->lists[i];
        l->length_sum = lsi_get64(p);
        l->norms_offset = lsi_get64(p + 8);
        l->average = bits_double(lsi_get64(p + 16));
        l->min_norm = p[24];
        l->max_norm = p[25];
        if (l->min_norm > l->max_norm || !(l->average > 0 && l->average < 1e18)) return false;
        if (l->norms_offset == LSI_OFFSET_NONE && l->length_sum) return false;
    }
    return true;
}

static const uint8_t *read_offsets(uint64_t *offsets, uint32_t count, const uint8_t *p)
{
    for (uint32_t i = 0; i < count; i++, p += 8) offsets[i] = lsi_get64(p);
    return p;
}

static bool read_languages(lsi_meta *m, const uint8_t *p)
{
    uint64_t docs = 0;
    for (uint32_t i = 0; i < m->language_count; i++, p += LANGUAGE_BYTES) {
        size_t n = 0;
        while (n < LANGUAGE_NAME_BYTES && p[n]) n++;
        int lang = lsi_lang_find((const char *)p, n);
        /* One this library's Snowball does not know: its words cannot be stemmed here, its documents stay. */
        m->languages[i] = lang < 0 || lang > 63 ? 0 : (uint8_t)lang;
        m->language_docs[i] = lsi_get32(p + LANGUAGE_NAME_BYTES);
        docs += m->language_docs[i];
    }
    return docs == m->doc_count;
}

static bool counts_ok(const lsi_meta *m)
{
    return m->doc_count && m->doc_count != LSI_DOC_END && m->list_count >= 1 && m->list_count <= LSI_LISTS_MAX &&
           m->field_count <= LSI_FIELDS_MAX && m->region_count >= 1 && m->region_count <= m->list_count &&
           m->language_count >= 1 && m->language_count <= 64 && m->field_count >= m->list_count - 1;
}

int lsi_meta_read(lsi_meta *m, const lsi_section *s, ls_error *err)
{
    memset(m, 0, sizeof *m);
    const uint8_t *p = lsi_section_get(s, 0, s->bytes < HEAD_BYTES ? HEAD_BYTES : s->bytes, err);
    if (!p) return lsi_read_failed(err);
    if (lsi_get32(p) > META_LAYOUT)
        return lsi_fail_at(err, LS_TOO_NEW, lsi_frame_name(s->frame), s->file_offset,
                           "META of layout %u, this library reads %u", lsi_get32(p), META_LAYOUT);
    if (lsi_get32(p) != META_LAYOUT) return lsi_section_corrupt(s, 0, err, "layout 1 of META");
    m->doc_count = lsi_get32(p + 4);
    m->list_count = lsi_get32(p + 8);
    m->field_count = lsi_get32(p + 12);
    m->region_count = lsi_get32(p + 16);
    m->language_count = lsi_get32(p + 20);
    if (!counts_ok(m)) return lsi_section_corrupt(s, 4, err, "counts within their limits");
    m->analyzer_stamp = lsi_get64(p + 24);
    m->word_sum = lsi_get64(p + 32);
    m->k1 = bits_double(lsi_get64(p + 40));
    m->b = bits_double(lsi_get64(p + 48));
    m->versions = lsi_get64(p + 56);
    if (!(m->k1 >= 0 && m->k1 < 1e9 && m->b >= 0 && m->b <= 1))
        return lsi_section_corrupt(s, 40, err, "k1 and b within their limits");
    uint64_t lists_end = HEAD_BYTES + (uint64_t)m->list_count * LIST_BYTES;
    uint64_t languages_at = lists_end + 8ull * (m->region_count + m->list_count - 1 + m->field_count);
    if (s->bytes != languages_at + (uint64_t)m->language_count * LANGUAGE_BYTES)
        return lsi_section_corrupt(s, 0, err, "as many bytes as its counts ask for");
    if (!read_lists(m, p + HEAD_BYTES)) return lsi_section_corrupt(s, HEAD_BYTES, err, "lengths that fit one another");
    const uint8_t *q = read_offsets(m->regions, m->region_count, p + lists_end);
    q = read_offsets(m->lengths, m->list_count - 1, q);
    read_offsets(m->columns, m->field_count, q);
    if (!read_languages(m, p + languages_at))
        return lsi_section_corrupt(s, languages_at, err, "documents of each language that add up");
    return LS_OK;
}

const char *lsi_segment_section_name(uint32_t type)
{
    static const char *const names[] = {
        "unknown",  "meta",         "term index", "term blocks",       "term lists",  "form index", "form blocks",
        "facts",    "postings",     "ranges",     "positions",         "form stream", "norms",      "regions",
        "columns",  "stored index", "stored",     "stored dictionary", "ids",         "id hashes",  "document hashes",
        "versions", "languages",    "shingles",   "guid hashes",       "pairs",       "lengths"};
    return names[type < LSI_COUNTOF(names) ? type : 0];
}
