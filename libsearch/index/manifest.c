/* manifest.c — owns the bytes of the manifest and the one moment at which a commit becomes true.
 * Invariant: MANIFEST is only ever replaced as a whole, by a rename. Ignorant of what the segments hold.
 *
 * FORMAT  A framed file of kind 3 (store/frame.c) whose generation is the commit's. Its sections:
 *   1 head, 88 bytes     0 generation · 8 uuid, 16 bytes · 24 time of the first commit, ms since 1970 ·
 *                        32 stamp of the analyzer · 40 generation, 48 bytes, 56 sum of the tombstones' file, 0: none ·
 *                        64 flags: 1 made without fsync · 72 with it, the boot that made it, else 0 ·
 *                        80 generation of the last commit that changed something for those who see no hidden documents
 *   2 schema             model/schema.c
 *   3 segments           64 bytes each, in order of arrival, hidden ones behind the others:
 *                         0 generation, which names seg-%016x · 8 bytes · 16 sum (its header's) ·
 *                        24 u32 documents · 28 u32 of them deleted ·
 *                        32 generation of live-%016x, 0: none deleted · 40 bytes · 48 sum ·
 *                        56 u32 visibility: 0 for all, 1 hidden · 60 u32 zero
 *   4 boilerplate        optional, where there are lists: model/boilerplate.c
 * All are u64 little-endian but where told. Sections of other types are later structures: an optional one is kept as it
 * is by a writer that does not know it, one that is not optional makes the index too new for it.
 *
 * COMMIT  The order, and what each step prevents. Power may fail between any two.
 *   1. Each segment and live file is written and fsynced on the descriptor that wrote it. An fsync on another
 *      descriptor may miss the error of a write-back that was told to the first.
 *   2. The directory is fsynced: the new names are durable before anything durable can point at them.
 *   3. The temporary manifest is written and fsynced. Renamed before that, it could survive as a file of zeros.
 *   4. rename over MANIFEST: a reader, and a crash, sees the old commit or the new one whole.
 *   5. The directory is fsynced: the rename is durable. A crash before may still show the old commit, so nothing was
 *      acknowledged and nothing unlinked yet.
 *   6. Only now is the commit acknowledged, and what the old manifest alone named is unlinked. Unlinked before 5, a
 *      crash could bring back the old manifest without its files.
 *
 * WITHOUT WAITING FOR THE DISK (LS_WRITER_NO_SYNC) no step is fsynced, and the system may write names, manifests and
 * segments in any order. As long as it runs nothing can be seen of that, whoever is killed. When it goes down, files
 * may be missing, short, or full of zeros, and nobody could tell quickly which. Hence:
 *   1. Before its first commit such a writer links the durable manifest to the name MANIFEST.durable, and from then on
 *      unlinks nothing that this names.
 *   2. Its manifests carry flag 1 and the number of the boot. Who finds the number of another boot, or a damaged
 *      MANIFEST beside a MANIFEST.durable, takes MANIFEST.durable: an older commit, and whole.
 *   3. When it closes, or the next writer opens, all files of the last commit are fsynced, then the same commit is made
 *      once more without the flag, in the order above; only then MANIFEST.durable goes.
 * Of a commit, steps 1 and 2 are the caller's (index/commit.c), 3 to 5 are lsi_manifest_write. Where 5 fails the commit
 * stands in memory, and nobody can say what is on the disk: LS_COMMIT_UNKNOWN. */
#include "libsearch/index/manifest.h"
#include "libsearch/codec/read.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"

#define HEAD_BYTES  88
#define ENTRY_BYTES 64

void lsi_manifest_free(lsi_manifest *m)
{
    if (!m) return;
    for (size_t i = 0; i < m->record_count; i++) lsi_buf_clear(&m->records[i].bytes);
    lsi_free(m->records);
    lsi_free(m->segments);
    lsi_schema_free(m->schema);
    lsi_free(m);
}

static int add_record(lsi_manifest *m, size_t i, uint32_t type, const uint8_t *p, size_t n)
{
    m->records[i].type = type;
    lsi_buf_init(&m->records[i].bytes, 0);
    m->record_count = i + 1;
    lsi_buf_put(&m->records[i].bytes, p, n);
    return m->records[i].bytes.rc;
}

int lsi_manifest_copy(lsi_manifest **out, const lsi_manifest *m, ls_error *err)
{
    *out = NULL;
    lsi_manifest *c = lsi_malloc(sizeof *c);
    if (!c) return lsi_fail_nomem(err);
    *c = *m;
    c->schema = NULL;
    c->segments = NULL;
    c->count = c->record_count = 0;
    c->records = lsi_calloc(m->record_count, sizeof *c->records);
    int rc = c->records ? lsi_schema_copy(&c->schema, m->schema, err) : lsi_fail_nomem(err);
    for (size_t i = 0; !rc && i < m->record_count; i++)
        if (add_record(c, i, m->records[i].type, m->records[i].bytes.data, m->records[i].bytes.len))
            rc = lsi_fail_nomem(err);
    if (rc) lsi_manifest_free(c);
    else *out = c;
    return rc;
}

/* ---- reading ---- */

static int read_head(lsi_manifest *m, const lsi_frame *f, ls_error *err)
{
    const lsi_section *s = lsi_frame_find(f, LSI_MAN_HEAD);
    if (s->bytes != HEAD_BYTES) return lsi_section_corrupt(s, 0, err, "a head of 88 bytes expected");
    const uint8_t *p = lsi_section_get(s, 0, HEAD_BYTES, err);
    if (!p) return lsi_read_failed(err);
    m->generation = lsi_get64(p);
    m->uuid[0] = lsi_get64(p + 8);
    m->uuid[1] = lsi_get64(p + 16);
    m->created = (int64_t)lsi_get64(p + 24);
    m->analyzer_stamp = lsi_get64(p + 32);
    m->tombs_generation = lsi_get64(p + 40);
    m->tombs_bytes = lsi_get64(p + 48);
    m->tombs_sum = lsi_get64(p + 56);
    m->flags = lsi_get64(p + 64);
    if (!m->generation || m->generation != lsi_frame_generation(f))
        return lsi_section_corrupt(s, 0, err, "the generation of the file's header expected");
    m->boot = lsi_get64(p + 72);
    m->public_generation = lsi_get64(p + 80);
    bool tombs_ok =
        m->tombs_generation ? m->tombs_bytes && m->tombs_generation < m->generation : !m->tombs_bytes && !m->tombs_sum;
    if (!tombs_ok || !m->public_generation || m->public_generation > m->generation)
        return lsi_section_corrupt(s, 40, err, "a file and a generation of the past expected");
    if (m->flags > LSI_MAN_UNSYNCED || (!m->flags && m->boot)) return lsi_section_corrupt(s, 64, err, "zero expected");
    return LS_OK;
}

static int read_segments(lsi_manifest *m, const lsi_frame *f, ls_error *err)
{
    const lsi_section *s = lsi_frame_find(f, LSI_MAN_SEGMENTS);
    if (s->bytes % ENTRY_BYTES || s->bytes / ENTRY_BYTES > UINT32_MAX)
        return lsi_section_corrupt(s, 0, err, "entries of 64 bytes expected");
    m->count = (size_t)(s->bytes / ENTRY_BYTES);
    m->segments = lsi_calloc(m->count, sizeof *m->segments);
    if (!m->segments) return lsi_fail_nomem(err);
    const uint8_t *p = lsi_section_get(s, 0, s->bytes, err);
    if (!p) return lsi_read_failed(err);
    for (size_t i = 0; i < m->count; i++, p += ENTRY_BYTES) {
        lsi_segment_info *x = &m->segments[i];
        *x = (lsi_segment_info){.generation = lsi_get64(p),
                                .bytes = lsi_get64(p + 8),
                                .sum = lsi_get64(p + 16),
                                .doc_count = lsi_get32(p + 24),
                                .deleted_count = lsi_get32(p + 28),
                                .live_generation = lsi_get64(p + 32),
                                .live_bytes = lsi_get64(p + 40),
                                .live_sum = lsi_get64(p + 48),
                                .visibility = lsi_get32(p + 56)};
        if (x->visibility > 1)
            return lsi_fail_at(err, LS_TOO_NEW, lsi_frame_name(f), s->file_offset + i * ENTRY_BYTES + 56,
                               "a segment of visibility %u, this library knows 0 and 1", x->visibility);
        bool live_ok = x->live_generation ? x->live_bytes && x->live_generation < m->generation
                                          : !x->live_bytes && !x->live_sum && !x->deleted_count;
        if (!x->generation || x->generation >= m->generation || !x->bytes || !x->doc_count ||
            x->doc_count == LSI_DOC_END || x->deleted_count > x->doc_count || !live_ok || lsi_get32(p + 60) ||
            (i && x->visibility < x[-1].visibility))
            return lsi_section_corrupt(s, i * ENTRY_BYTES, err, "an entry of a segment is out of range");
    }
    return LS_OK;
}

static int read_schema(lsi_manifest *m, const lsi_frame *f, ls_error *err)
{
    ls_error why;
    const lsi_section *s = lsi_frame_find(f, LSI_MAN_SCHEMA);
    const uint8_t *p = lsi_section_get(s, 0, s->bytes, err);
    if (!p) return lsi_read_failed(err);
    int rc = lsi_schema_decode(&m->schema, p, p + s->bytes, &why);
    if (rc == LS_CORRUPT) return lsi_section_corrupt(s, 0, err, why.message);
    if (rc && err) *err = why;
    return rc;
}

static int read_boilerplate(lsi_manifest *m, const lsi_frame *f, ls_error *err)
{
    ls_error why;
    const lsi_section *s = lsi_frame_find(f, LSI_MAN_BOILERPLATE);
    if (!s->bytes) return LS_OK;
    const uint8_t *p = lsi_section_get(s, 0, s->bytes, err);
    if (!p) return lsi_read_failed(err);
    int rc = lsi_schema_decode_lines(m->schema, p, p + s->bytes, &why);
    if (rc == LS_CORRUPT) return lsi_section_corrupt(s, 0, err, why.message);
    if (rc && err) *err = why;
    return rc;
}

static int read_records(lsi_manifest *m, const lsi_frame *f, ls_error *err)
{
    size_t n = lsi_frame_section_count(f);
    m->records = lsi_calloc(n, sizeof *m->records);
    if (!m->records) return lsi_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const lsi_section *s = lsi_frame_section_at(f, i);
        if (s->type <= LSI_MAN_LAST) continue;
        const uint8_t *p = lsi_section_get(s, 0, s->bytes, err);
        if (!p) return lsi_read_failed(err);
        if (add_record(m, m->record_count, s->type, p, (size_t)s->bytes)) return lsi_fail_nomem(err);
    }
    return LS_OK;
}

static int read_named(lsi_manifest **out, lsi_frame **file, lsi_dir *dir, const char *name, ls_error *err)
{
    *out = NULL;
    if (file) *file = NULL;
    lsi_frame *f = NULL;
    lsi_manifest *m = lsi_calloc(1, sizeof *m);
    lsi_error_clear(err);
    int rc = m ? lsi_frame_open(&f, dir, name, LSI_FILE_MANIFEST, false, 0, 0, err) : lsi_fail_nomem(err);
    if (rc == LS_NOTFOUND) lsi_fail(err, rc, "%s: there is no index here", lsi_dir_path(dir));
    if (!rc) rc = lsi_frame_check_types(f, LSI_MAN_LAST, err);
    if (!rc) rc = read_head(m, f, err);
    if (!rc) rc = read_schema(m, f, err);
    if (!rc) rc = read_boilerplate(m, f, err);
    if (!rc) rc = read_segments(m, f, err);
    if (!rc) rc = read_records(m, f, err);
    if (!rc && file) {
        *file = f;
        f = NULL;
    }
    lsi_frame_close(f);
    if (rc) lsi_manifest_free(m);
    else *out = m;
    return rc;
}

int lsi_manifest_read(lsi_manifest **out, lsi_frame **file, lsi_dir *dir, ls_error *err)
{
    ls_error why;
    lsi_error_clear(&why);
    int rc = read_named(out, file, dir, LSI_NAME_MANIFEST, &why);
    bool unsynced = !rc && (*out)->flags & LSI_MAN_UNSYNCED;
    bool lost = rc == LS_CORRUPT || (unsynced && (!(*out)->boot || (*out)->boot != lsi_io_boot()));
    lsi_manifest *durable;
    lsi_frame *durable_file = NULL;
    if (lost && !read_named(&durable, file ? &durable_file : NULL, dir, LSI_NAME_DURABLE, NULL)) {
        lsi_manifest_free(*out);
        if (file) lsi_frame_close(*file);
        if (file) *file = durable_file;
        *out = durable;
        durable->fell_back = true;
        return LS_OK;
    }
    if (rc && err) *err = why;
    return rc;
}

int lsi_manifest_rescue(lsi_manifest **out, bool *listed, lsi_dir *dir, const char *name, ls_error *err)
{
    lsi_frame *f;
    *out = NULL;
    *listed = false;
    lsi_manifest *m = lsi_calloc(1, sizeof *m);
    if (!m) return lsi_fail_nomem(err);
    int rc = lsi_frame_open_damaged(&f, dir, name, LSI_FILE_MANIFEST, err);
    if (!rc) rc = read_schema(m, f, err);
    if (!rc) {
        if (read_head(m, f, NULL)) m->generation = UINT64_MAX; /* not known: segments of any generation will do */
        read_boilerplate(m, f, NULL);                          /* an index does without what is lost of them */
        *listed = !read_segments(m, f, NULL) && m->count;      /* an entry of the table may be what is lost */
        if (!*listed) m->count = 0;
    }
    lsi_frame_close(f);
    if (rc) lsi_manifest_free(m);
    else *out = m;
    return rc;
}

/* ---- writing ---- */

static void put_head(const lsi_manifest *m, lsi_sink *s)
{
    lsi_sink_put64(s, m->generation);
    lsi_sink_put64(s, m->uuid[0]);
    lsi_sink_put64(s, m->uuid[1]);
    lsi_sink_put64(s, (uint64_t)m->created);
    lsi_sink_put64(s, m->analyzer_stamp);
    lsi_sink_put64(s, m->tombs_generation);
    lsi_sink_put64(s, m->tombs_bytes);
    lsi_sink_put64(s, m->tombs_sum);
    lsi_sink_put64(s, m->flags);
    lsi_sink_put64(s, m->flags ? m->boot : 0);
    lsi_sink_put64(s, m->public_generation);
}

static void put_segment(const lsi_segment_info *x, lsi_sink *s)
{
    lsi_sink_put64(s, x->generation);
    lsi_sink_put64(s, x->bytes);
    lsi_sink_put64(s, x->sum);
    lsi_sink_put32(s, x->doc_count);
    lsi_sink_put32(s, x->deleted_count);
    lsi_sink_put64(s, x->live_generation);
    lsi_sink_put64(s, x->live_bytes);
    lsi_sink_put64(s, x->live_sum);
    lsi_sink_put32(s, x->visibility);
    lsi_sink_put32(s, 0);
}

/* Step 3: the temporary file. A sink that could not be had, and a full one, are told by finish. */
static int write_temp(const lsi_manifest *m, const char *temp, lsi_dir *dir, bool sync, ls_error *err)
{
    lsi_frame_writer *w;
    lsi_buf schema, lines;
    lsi_sink *s;
    uint64_t bytes, sum;
    int rc = lsi_frame_create(&w, dir, temp, LSI_FILE_MANIFEST, m->generation, err);
    if (rc) return rc;
    lsi_buf_init(&schema, 0);
    lsi_buf_init(&lines, 0);
    lsi_schema_encode(m->schema, &schema);
    lsi_schema_encode_lines(m->schema, &lines);
    if (schema.rc || lines.rc) {
        lsi_buf_clear(&schema);
        lsi_buf_clear(&lines);
        lsi_frame_abort(w);
        return lsi_fail_nomem(err);
    }
    if ((s = lsi_frame_section(w, LSI_MAN_HEAD, false))) put_head(m, s);
    if ((s = lsi_frame_section(w, LSI_MAN_SCHEMA, false))) lsi_sink_put(s, schema.data, schema.len);
    s = lsi_frame_section(w, LSI_MAN_SEGMENTS, false);
    for (size_t i = 0; s && i < m->count; i++) put_segment(&m->segments[i], s);
    if (lines.len && (s = lsi_frame_section(w, LSI_MAN_BOILERPLATE, true))) lsi_sink_put(s, lines.data, lines.len);
    for (size_t i = 0; i < m->record_count; i++)
        if ((s = lsi_frame_section(w, m->records[i].type, true)))
            lsi_sink_put(s, m->records[i].bytes.data, m->records[i].bytes.len);
    lsi_buf_clear(&schema);
    lsi_buf_clear(&lines);
    return lsi_frame_finish(w, sync, &bytes, &sum, err);
}

int lsi_manifest_write(const lsi_manifest *m, lsi_dir *dir, bool sync, bool *renamed, ls_error *err)
{
    char temp[LSI_NAME_BYTES];
    *renamed = false;
    lsi_name_make(temp, LSI_NAME_TEMP, m->generation);
    int rc = write_temp(m, temp, dir, sync, err);
    if (rc) return rc;
    *renamed = true; /* a rename that tells of an error may have been made all the same */
    rc = lsi_dir_rename(dir, temp, LSI_NAME_MANIFEST, err);
    if (rc) return rc;
    ls_error why;
    if (sync && lsi_dir_sync(dir, &why)) {
        rc = lsi_fail(err, LS_COMMIT_UNKNOWN, "the commit is in place, but may not survive a crash: %.400s",
                      why.message);
        if (err) err->sys_errno = why.sys_errno;
    }
    return rc;
}
