/* stored.h — the stored bytes of each document, compressed by zstd with a dictionary of the segment; the ids; the
 * hashes of ids. */
#ifndef LSI_STORED_H
#define LSI_STORED_H
#include "libsearch/store/frame.h"

typedef struct lsi_stored lsi_stored; /* open; holds the decompression dictionary; any number of threads */
int lsi_stored_open(lsi_stored **out, const lsi_section *index, const lsi_section *frames, const lsi_section *dict,
                    uint32_t doc_count, ls_error *err);
/* The same without a look at the index's first chunk, which may be the damaged one: for salvage. */
int lsi_stored_open_unread(lsi_stored **out, const lsi_section *index, const lsi_section *frames,
                           const lsi_section *dict, uint32_t doc_count, ls_error *err);
/* Documents from here on have no place in the index, whatever their number is said to be. */
uint32_t lsi_stored_reach(const lsi_stored *s);
void lsi_stored_close(lsi_stored *s);
/* The document's bytes appended to out. */
int lsi_stored_get(const lsi_stored *s, lsi_doc doc, lsi_buf *out, ls_error *err);
/* Length of the document's bytes. */
int lsi_stored_length(const lsi_stored *s, lsi_doc doc, uint64_t *len, ls_error *err);
/* Bytes [off, off + len) of it, or those of them that there are: only their frames are decompressed. */
int lsi_stored_range(const lsi_stored *s, lsi_doc doc, uint64_t off, uint64_t len, lsi_buf *out, ls_error *err);
/* The document's beginning, as far as it was told to be one (lsi_stored_writer_add) or further; *whole: that is all. */
int lsi_stored_head(const lsi_stored *s, lsi_doc doc, lsi_buf *out, bool *whole, ls_error *err);
/* Decompresses everything. */
int lsi_stored_verify(const lsi_stored *s, ls_error *err);

typedef struct lsi_stored_writer lsi_stored_writer;
/* Gathers samples (the first megabytes put) and trains a dictionary from them at end where the text is ≥ 1 MB. */
int lsi_stored_writer_new(lsi_stored_writer **out, lsi_sink *index, lsi_sink *frames, lsi_sink *dict, ls_error *err);
void lsi_stored_writer_free(lsi_stored_writer *w);
/* The next document. head: so many of its first bytes will be asked for by themselves (lsi_stored_head); 0: none. */
int lsi_stored_writer_add(lsi_stored_writer *w, const uint8_t *p, size_t n, size_t head, ls_error *err);
int lsi_stored_writer_end(lsi_stored_writer *w, ls_error *err);

/* ids: bytes by document, and documents by hash (XXH3-64 of the id). */
typedef struct lsi_ids {
    const lsi_section *bytes, *hashes;
    uint32_t doc_count;
    uint64_t offsets_at; /* in bytes: where the offsets begin, and the ids end */
    uint32_t bucket_bits;
} lsi_ids;
int lsi_ids_open(lsi_ids *x, const lsi_section *bytes, const lsi_section *hashes, uint32_t doc_count, ls_error *err);
int lsi_ids_open_bytes(lsi_ids *x, const lsi_section *bytes, uint32_t doc_count,
                       ls_error *err); /* for lsi_ids_get alone */
int lsi_ids_get(const lsi_ids *x, lsi_doc doc, const uint8_t **id, size_t *len, ls_error *err);
/* The document with this id, the last one where several have it (older ones are deleted); LSI_DOC_END: none. */
int lsi_ids_find(const lsi_ids *x, const uint8_t *id, size_t len, lsi_doc *doc, ls_error *err);
/* Every id is found by its hash, and nothing else is. */
int lsi_ids_verify(const lsi_ids *x, ls_error *err);
typedef struct lsi_ids_writer lsi_ids_writer;
int lsi_ids_writer_new(lsi_ids_writer **out, lsi_sink *bytes, lsi_sink *hashes, ls_error *err);
void lsi_ids_writer_free(lsi_ids_writer *w);
int lsi_ids_writer_add(lsi_ids_writer *w, const uint8_t *id, size_t len, ls_error *err);
int lsi_ids_writer_end(lsi_ids_writer *w, ls_error *err);
#endif
