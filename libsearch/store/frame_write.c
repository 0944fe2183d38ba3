/* frame_write.c — owns the making of a framed file: sinks, into which sections are put in any order, and the finish,
 * which lays them one behind the other. The bytes are told at the head of frame.c.
 *
 * Invariants: nothing is written to the file before finish, which knows all sizes then; a sink holds at most
 * SPILL_BYTES in memory, what is more goes in pieces of exactly that size to one spool file of the frame, which has no
 * name from the moment it is open. Chunk sums are made from the bytes as they were put, before they see the spool: what
 * a bad spool changes is found by whoever first reads the chunk. Ignorant of what sections mean. */
#include "libsearch/store/frame_layout.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"

#define SPILL_BYTES ((size_t)256 << 10) /* a multiple of LSI_CHUNK_BYTES */

struct lsi_sink {
    lsi_frame_writer *frame; /* NULL: into `own` */
    lsi_buf *own;
    size_t own_start;
    lsi_buf buf; /* what is not spooled */
    uint64_t at;
    uint64_t *extents; /* where in the spool its pieces lie, in order */
    size_t extent_count, extent_cap;
    lsi_buf sums;
    uint32_t type;
    bool optional;
    int rc;
    lsi_sink *next;
};

struct lsi_frame_writer {
    lsi_dir *dir;
    char name[LSI_NAME_BYTES];
    lsi_file file, spool;
    uint64_t spool_bytes;
    uint32_t kind, count;
    uint64_t generation;
    lsi_sink *first, **last;
    lsi_buf out; /* bytes of the file on their way */
    uint64_t written;
    int rc; /* the first failure of all, and its message */
    ls_error error;
};

int lsi_frame_create(lsi_frame_writer **out, lsi_dir *dir, const char *name, uint32_t kind, uint64_t generation,
                     ls_error *err)
{
    *out = NULL;
    if (strlen(name) >= LSI_NAME_BYTES) return lsi_fail(err, LS_INVALID, "%s: the file name is too long", name);
    lsi_frame_writer *w = lsi_calloc(1, sizeof *w);
    if (!w) return lsi_fail_nomem(err);
    w->dir = dir;
    memcpy(w->name, name, strlen(name));
    w->kind = kind;
    w->generation = generation;
    w->last = &w->first;
    lsi_file_init(&w->file);
    lsi_file_init(&w->spool);
    lsi_buf_init(&w->out, 0);
    int rc = lsi_file_create(&w->file, dir, name, err);
    if (rc) {
        lsi_free(w);
        return rc;
    }
    *out = w;
    return LS_OK;
}

static void free_writer(lsi_frame_writer *w)
{
    for (lsi_sink *s = w->first, *next; s; s = next) {
        next = s->next;
        lsi_buf_clear(&s->buf);
        lsi_buf_clear(&s->sums);
        lsi_free(s->extents);
        lsi_free(s);
    }
    lsi_file_close(&w->spool, NULL); /* it has no name: nothing can be lost with it */
    lsi_buf_clear(&w->out);
    lsi_free(w);
}

void lsi_frame_abort(lsi_frame_writer *w)
{
    if (!w) return;
    lsi_file_close(&w->file, NULL);
    lsi_dir_unlink(w->dir, w->name, NULL); /* where that fails the next writer removes it as an orphan */
    free_writer(w);
}

static int frame_failed(lsi_frame_writer *w, int rc, const ls_error *why)
{
    if (!w->rc) {
        w->rc = rc;
        w->error = *why;
    }
    return rc;
}

static int frame_nomem(lsi_frame_writer *w)
{
    ls_error e;
    return frame_failed(w, lsi_fail_nomem(&e), &e);
}

/* ---- sinks ---- */

lsi_sink *lsi_frame_section(lsi_frame_writer *w, uint32_t type, bool optional)
{
    ls_error e;
    lsi_sink *s = w->count < FRAME_SECTIONS_MAX ? lsi_calloc(1, sizeof *s) : NULL;
    if (!s) {
        if (w->count < FRAME_SECTIONS_MAX) frame_nomem(w);
        else frame_failed(w, lsi_fail(&e, LS_LIMIT, "%s: more than %u sections", w->name, FRAME_SECTIONS_MAX), &e);
        return NULL;
    }
    s->frame = w;
    s->type = type;
    s->optional = optional;
    lsi_buf_init(&s->buf, 0);
    lsi_buf_init(&s->sums, 0);
    *w->last = s;
    w->last = &s->next;
    w->count++;
    return s;
}

lsi_sink *lsi_sink_memory(lsi_buf *b)
{
    lsi_sink *s = lsi_calloc(1, sizeof *s);
    if (!s) return NULL;
    s->own = b;
    s->own_start = b->len;
    return s;
}

void lsi_sink_free(lsi_sink *s)
{
    lsi_free(s);
}

/* Adds the sums of the chunks of the bytes in memory, which begin at a chunk's start. */
static void add_sums(lsi_sink *s)
{
    for (size_t at = 0; at < s->buf.len; at += LSI_CHUNK_BYTES)
        lsi_buf_put64(&s->sums, lsi_hash64(s->buf.data + at, LSI_MIN(s->buf.len - at, (size_t)LSI_CHUNK_BYTES)));
}

/* Moves the SPILL_BYTES in memory to the spool. */
static int spill(lsi_sink *s)
{
    lsi_frame_writer *w = s->frame;
    ls_error e;
    int rc = LS_OK;
    if (w->spool.fd < 0) {
        char name[LSI_NAME_BYTES];
        lsi_name_make(name, LSI_NAME_SPOOL, w->generation);
        rc = lsi_file_create(&w->spool, w->dir, name, &e);
        if (!rc) rc = lsi_dir_unlink(w->dir, name, &e);
    }
    if (!rc && !LSI_ROOM(s->extents, s->extent_count + 1, s->extent_cap)) rc = lsi_fail_nomem(&e);
    if (!rc) rc = lsi_file_write(&w->spool, s->buf.data, SPILL_BYTES, &e);
    if (rc) return frame_failed(w, rc, &e);
    add_sums(s);
    s->extents[s->extent_count++] = w->spool_bytes;
    w->spool_bytes += SPILL_BYTES;
    lsi_buf_reset(&s->buf);
    return LS_OK;
}

void lsi_sink_put(lsi_sink *s, const void *p, size_t n)
{
    const uint8_t *from = p;
    if (s->own) {
        lsi_buf_put(s->own, p, n);
        return;
    }
    while (n && !s->rc) {
        size_t part = LSI_MIN(n, SPILL_BYTES - s->buf.len);
        lsi_buf_put(&s->buf, from, part);
        if (s->buf.rc) {
            s->rc = frame_nomem(s->frame);
            return;
        }
        from += part;
        n -= part;
        s->at += part;
        if (s->buf.len == SPILL_BYTES) s->rc = spill(s);
    }
}

void lsi_sink_put8(lsi_sink *s, uint8_t v)
{
    lsi_sink_put(s, &v, 1);
}

void lsi_sink_put32(lsi_sink *s, uint32_t v)
{
    uint8_t b[4];
    lsi_set32(b, v);
    lsi_sink_put(s, b, sizeof b);
}

void lsi_sink_put64(lsi_sink *s, uint64_t v)
{
    uint8_t b[8];
    lsi_set64(b, v);
    lsi_sink_put(s, b, sizeof b);
}

uint64_t lsi_sink_at(const lsi_sink *s)
{
    return s->own ? s->own->len - s->own_start : s->at;
}

void lsi_sink_align(lsi_sink *s, size_t to)
{
    static const uint8_t zeros[64];
    uint64_t over = lsi_sink_at(s) % to;
    for (size_t n = over ? to - (size_t)over : 0, part; n; n -= part) {
        part = LSI_MIN(n, sizeof zeros);
        lsi_sink_put(s, zeros, part);
    }
}

int lsi_sink_rc(const lsi_sink *s)
{
    return s->own ? s->own->rc : s->rc ? s->rc : s->frame->rc;
}

int lsi_sink_failed(const lsi_sink *s, ls_error *err)
{
    int rc = lsi_sink_rc(s);
    if (!rc) return LS_OK;
    if (s->own || !s->frame->rc) return lsi_fail_nomem(err); /* a buffer of its own fails in no other way */
    if (err) *err = s->frame->error;
    return rc;
}

/* ---- finish ---- */

static int out_flush(lsi_frame_writer *w, ls_error *err)
{
    int rc = lsi_file_write(&w->file, w->out.data, w->out.len, err);
    w->written += w->out.len;
    lsi_buf_reset(&w->out);
    return rc;
}

static int out_put(lsi_frame_writer *w, const void *p, size_t n, ls_error *err)
{
    int rc = w->out.len + n > SPILL_BYTES ? out_flush(w, err) : LS_OK;
    if (rc) return rc;
    lsi_buf_put(&w->out, p, n);
    return w->out.rc ? lsi_fail_nomem(err) : LS_OK;
}

static int out_align(lsi_frame_writer *w, ls_error *err)
{
    static const uint8_t zeros[LSI_SECTION_ALIGN];
    uint64_t at = w->written + w->out.len;
    return out_put(w, zeros, (size_t)(lsi_frame_align(at) - at), err);
}

static int write_section(lsi_frame_writer *w, lsi_sink *s, uint8_t *piece, ls_error *err)
{
    int rc = LS_OK;
    for (size_t i = 0; !rc && i < s->extent_count; i++) {
        rc = lsi_file_read(&w->spool, s->extents[i], piece, SPILL_BYTES, err);
        if (!rc) rc = out_put(w, piece, SPILL_BYTES, err);
    }
    if (!rc && s->buf.len) rc = out_put(w, s->buf.data, s->buf.len, err);
    return rc ? rc : out_align(w, err);
}

/* Fills the table; tells where its second copy will stand. Sinks have all their sums. */
static uint64_t make_table(lsi_frame_writer *w, lsi_buf *table)
{
    uint64_t chunks = 0;
    for (lsi_sink *s = w->first; s; s = s->next) chunks += lsi_frame_chunks(s->at);
    uint64_t at = lsi_frame_body(w->count, chunks), sums = at;
    for (lsi_sink *s = w->first; s; s = s->next) sums = lsi_frame_align(sums + s->at);
    for (lsi_sink *s = w->first; s; s = s->next) {
        lsi_buf_put32(table, s->type);
        lsi_buf_put32(table, s->optional ? ENTRY_OPTIONAL : 0);
        lsi_buf_put64(table, at);
        lsi_buf_put64(table, s->at);
        lsi_buf_put64(table, sums);
        lsi_buf_put64(table, lsi_hash64(s->sums.data, s->sums.len));
        at = lsi_frame_align(at + s->at);
        sums += s->sums.len;
    }
    lsi_buf_align(table, LSI_SECTION_ALIGN);
    return lsi_frame_align(sums);
}

static void make_header(const lsi_frame_writer *w, uint64_t bytes, uint64_t table_at, const lsi_buf *table,
                        uint8_t h[FRAME_HEADER_BYTES])
{
    memset(h, 0, FRAME_HEADER_BYTES);
    memcpy(h, FRAME_MAGIC, 8);
    lsi_set32(h + HEADER_FORMAT, FRAME_FORMAT);
    lsi_set32(h + HEADER_KIND, w->kind);
    lsi_set64(h + HEADER_GENERATION, w->generation);
    lsi_set64(h + HEADER_BYTES, bytes);
    lsi_set64(h + HEADER_TABLE, table_at);
    lsi_set32(h + HEADER_COUNT, w->count);
    lsi_set64(h + HEADER_TABLE_SUM, lsi_hash64(table->data, table->len));
    lsi_set64(h + HEADER_SUM, lsi_hash64(h, HEADER_SUM));
}

static int write_sums(lsi_frame_writer *w, ls_error *err)
{
    int rc = LS_OK;
    for (lsi_sink *s = w->first; !rc && s; s = s->next) rc = out_put(w, s->sums.data, s->sums.len, err);
    return rc ? rc : out_align(w, err);
}

static void make_footer(const lsi_frame_writer *w, uint64_t bytes, const lsi_buf *table, uint8_t f[FRAME_FOOTER_BYTES])
{
    memset(f, 0, FRAME_FOOTER_BYTES);
    lsi_set64(f + FOOTER_TABLE_SUM, lsi_hash64(table->data, table->len));
    lsi_set64(f + FOOTER_BYTES, bytes);
    lsi_set64(f + FOOTER_GENERATION, w->generation);
    lsi_set32(f + FOOTER_KIND, w->kind);
    lsi_set64(f + FOOTER_SUM, lsi_hash64(f, FOOTER_SUM));
    memcpy(f + FOOTER_MAGIC, FRAME_END_MAGIC, 8);
}

static int write_all(lsi_frame_writer *w, uint64_t *bytes, uint64_t *sum, ls_error *err)
{
    uint8_t header[FRAME_HEADER_BYTES], footer[FRAME_FOOTER_BYTES], *piece = NULL;
    lsi_buf table;
    int rc = LS_OK;
    lsi_buf_init(&table, 0);
    for (lsi_sink *s = w->first; s; s = s->next) {
        add_sums(s);
        if (s->sums.rc) rc = LS_NOMEM;
    }
    uint64_t table_at = make_table(w, &table);
    if (w->spool_bytes && !(piece = lsi_malloc(SPILL_BYTES))) rc = LS_NOMEM;
    if (rc || table.rc) {
        rc = lsi_fail_nomem(err);
        goto out;
    }
    *bytes = table_at + table.len + FRAME_FOOTER_BYTES;
    make_header(w, *bytes, table_at, &table, header);
    make_footer(w, *bytes, &table, footer);
    rc = out_put(w, header, sizeof header, err);
    if (!rc) rc = out_put(w, table.data, table.len, err);
    if (!rc) rc = write_sums(w, err);
    for (lsi_sink *s = w->first; !rc && s; s = s->next) rc = write_section(w, s, piece, err);
    if (!rc) rc = write_sums(w, err);
    if (!rc) rc = out_put(w, table.data, table.len, err);
    if (!rc) rc = out_put(w, footer, sizeof footer, err);
    if (!rc) rc = out_flush(w, err);
    *sum = lsi_get64(header + HEADER_SUM);
out:
    lsi_buf_clear(&table);
    lsi_free(piece);
    return rc;
}

int lsi_frame_finish(lsi_frame_writer *w, bool sync, uint64_t *bytes, uint64_t *sum, ls_error *err)
{
    int rc = w->rc;
    if (rc && err) *err = w->error;
    if (!rc) rc = write_all(w, bytes, sum, err);
    if (!rc && sync) rc = lsi_file_sync(&w->file, err);
    if (!rc) rc = lsi_file_close(&w->file, err);
    if (rc) {
        *bytes = *sum = 0;
        lsi_frame_abort(w);
        return rc;
    }
    free_writer(w);
    return LS_OK;
}
