/* segment.h — one immutable file of an index, opened: its dictionaries, lists, norms, columns, documents.
 * A segment covers a contiguous run of arrivals; documents are numbered 0..doc_count-1 within it. */
#ifndef LSI_SEGMENT_H
#define LSI_SEGMENT_H
#include "libsearch/codec/column.h"
#include "libsearch/codec/dict.h"
#include "libsearch/codec/hashes.h"
#include "libsearch/codec/norms.h"
#include "libsearch/codec/positions.h"
#include "libsearch/codec/postings.h"
#include "libsearch/codec/shingles.h"
#include "libsearch/codec/stored.h"
#include "libsearch/model/doc.h"
#include "libsearch/model/schema.h"

/* Section types of a segment file. Numbers are never reused; docs/FORMAT.md lists them. */
enum {
    LSI_SEC_META = 1, /* counts, lengths, k1, b, averages, languages */
    LSI_SEC_TERM_INDEX = 2,
    LSI_SEC_TERM_BLOCKS = 3,
    LSI_SEC_TERM_LISTS = 4,
    LSI_SEC_FORM_INDEX = 5,
    LSI_SEC_FORM_BLOCKS = 6,
    LSI_SEC_FACTS = 7,
    LSI_SEC_POSTINGS = 8,
    LSI_SEC_RANGES = 9,
    LSI_SEC_POSITIONS = 10,
    LSI_SEC_FORM_STREAM = 11,
    LSI_SEC_NORMS = 12,   /* doc_count bytes for each list that has them, aligned to 64 */
    LSI_SEC_REGIONS = 13, /* columns: first position of each region of list 0 but the first */
    LSI_SEC_COLUMNS = 14, /* columns and keywords; directory in META */
    LSI_SEC_STORED_INDEX = 15,
    LSI_SEC_STORED = 16,
    LSI_SEC_STORED_DICT = 17,
    LSI_SEC_IDS = 18,
    LSI_SEC_ID_HASHES = 19,
    LSI_SEC_DOC_HASHES = 20,  /* XXH3-64 of each document's content */
    LSI_SEC_VERSIONS = 21,    /* column: version of each document */
    LSI_SEC_LANGUAGES = 22,   /* one byte a document: the language that stemmed it */
    LSI_SEC_SHINGLES = 23,    /* optional; kept for near-duplicates */
    LSI_SEC_GUID_HASHES = 24, /* optional; hashes of guids -> documents */
    LSI_SEC_PAIRS = 25,       /* optional; lists of common word pairs */
    LSI_SEC_LENGTHS = 26,     /* columns: words of each text field, exactly (norms are rounded) */
    LSI_SEC_LAST = LSI_SEC_LENGTHS
};

/* What the manifest says of a segment. */
typedef struct lsi_segment_info {
    uint64_t generation; /* names the file: seg-%016x */
    uint64_t bytes, sum;
    uint32_t doc_count;
    uint64_t live_generation; /* live-%016x; 0: nothing deleted */
    uint64_t live_bytes, live_sum;
    uint32_t deleted_count;
    uint32_t visibility; /* 0: all may see it; others are kept for hidden documents */
} lsi_segment_info;

typedef struct lsi_segment {
    lsi_frame *frame;
    lsi_segment_info info;
    const ls_schema *schema; /* its own copy of the one it was opened with */
    uint32_t doc_count;
    uint32_t list_count;                  /* 1 + text fields when it was written */
    uint32_t field_count;                 /* of the schema when it was written; later fields have no data here */
    uint64_t length_sum[LSI_LISTS_MAX];   /* of each list's lengths over all documents, deleted ones too */
    uint64_t word_sum;                    /* words, not multiplied by weights */
    uint32_t language_docs[64];           /* by language number */
    double k1, b, average[LSI_LISTS_MAX]; /* of the time of writing: behind the impacts */
    uint8_t min_norm[LSI_LISTS_MAX], max_norm[LSI_LISTS_MAX];
    lsi_terms terms;
    lsi_forms forms;
    lsi_postings_sections postings;
    const lsi_section *positions, *form_stream, *norms_section;
    uint64_t norms_offset[LSI_LISTS_MAX];        /* UINT64_MAX where the list has none */
    lsi_column regions[LSI_TEXT_FIELDS_MAX + 1]; /* first position of region r; [0] is not used (it starts at 0) */
    lsi_column columns[LSI_FIELDS_MAX];          /* integer and date fields that have data; section NULL otherwise */
    lsi_keywords keywords[LSI_FIELDS_MAX];       /* keyword fields that have data; section NULL otherwise */
    lsi_column versions;
    const lsi_section *doc_hashes, *languages;
    lsi_stored *stored;
    lsi_ids ids;
    lsi_hashes guids; /* of those documents that have one */
    lsi_shingles shingles;
    int refs;          /* atomic */
    int64_t *releases; /* atomic; of a hidden segment, once asked for: see lsi_segment_releases */
    /* private to the room */
    uint64_t analyzer_stamp;                 /* lsi_analyzer_stamp of the writing */
    uint32_t region_count;                   /* of list 0 when it was written; the last is the boilerplate's */
    lsi_column lengths[LSI_TEXT_FIELDS_MAX]; /* words of each text field; section NULL where all are 0 */
    uint8_t language_numbers[64];            /* what the bytes of `languages` stand for */
    uint32_t language_count;
    ls_schema *own_schema;
} lsi_segment;

/* schema: the index's at present (fields that came after the segment have no data in it). The segment keeps its own
 * copy: open it anew where the index's schema has grown. */
int lsi_segment_open(lsi_segment **out, lsi_dir *dir, const lsi_segment_info *info, const ls_schema *schema,
                     bool use_mmap, ls_error *err);
void lsi_segment_retain(lsi_segment *s);
void lsi_segment_release(lsi_segment *s); /* closes with the last; takes NULL */

/* All doc_count norm bytes of a list, verified; NULL with err on damage, or without where the list has none. */
const uint8_t *lsi_segment_norms(const lsi_segment *s, uint32_t list, ls_error *err);
/* starts[r] = first position of region r of list 0 for r < schema->region_count, starts[region_count] = UINT32_MAX.
 * An empty region begins where the next begins (at UINT32_MAX behind the last). */
int lsi_segment_regions(const lsi_segment *s, lsi_doc doc, uint32_t *starts, ls_error *err);
/* Opens the position and form streams of a list. Short lists with weight > 0 have none: LS_MISUSE. */
int lsi_segment_positions(const lsi_segment *s, const lsi_list *l, lsi_stream *out, ls_error *err);
int lsi_segment_form_stream(const lsi_segment *s, const lsi_list *l, uint32_t form_count, lsi_stream *out,
                            ls_error *err);
/* Decodes the stored document into d (cleared first), id, language and version included. */
int lsi_segment_doc(const lsi_segment *s, lsi_doc doc, ls_doc *d, ls_error *err);
/* The same, but that the main field's texts may be cut (lsi_doc_is_cut) where that spares reading them. */
int lsi_segment_doc_head(const lsi_segment *s, lsi_doc doc, ls_doc *d, ls_error *err);
/* The newest document of a guid whose bit in `deleted` (NULL: none are) is clear; LSI_DOC_END where there is none. */
int lsi_segment_find_guid(const lsi_segment *s, const char *guid, size_t len, const uint64_t *deleted, lsi_doc *doc,
                          ls_error *err);
/* From when on each document may be seen (model/news.h): told by its fields when first asked for, and kept. */
int lsi_segment_releases(lsi_segment *s, const int64_t **out, ls_error *err);
int lsi_segment_doc_hash(const lsi_segment *s, lsi_doc doc, uint64_t *hash, ls_error *err);
int lsi_segment_doc_language(const lsi_segment *s, lsi_doc doc, int *lang, ls_error *err);
/* Words of a text field (by text_no), exactly: its norm is this, rounded. */
int lsi_segment_length(const lsi_segment *s, uint32_t text_no, lsi_doc doc, uint32_t *words, ls_error *err);
#endif
