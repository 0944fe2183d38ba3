/* segment_hand.h — a small schema, documents by hand and a folder for them: shared by the tests of segments. */
#ifndef SEGMENT_HAND_H
#define SEGMENT_HAND_H
#include "tests/segment_model.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

extern lsi_dir *dir; /* of the folder */
extern char folder[64];
extern uint64_t generation; /* the last that was used */

void make_folder(const char *name);
void remove_folder(void);
uint32_t files_in_folder(void);
void remove_segment(const lsi_segment_info *info); /* and its live file */
void add_field(ls_schema *s, const char *name, ls_type type, int weight);
ls_schema *small_schema(void); /* title 3, body 1 (the main field), byline 0, tags, published */
/* Adds a document of name and text pairs, NULL at the end. */
int add(lsi_memseg *m, const ls_schema *s, size_t budget, ls_error *err, const char *id, ...);
lsi_memseg *new_memseg(const ls_schema *s);
lsi_segment *flush(lsi_memseg *m, const ls_schema *s, lsi_segment_info *info);
char *distinct_words(size_t count); /* the caller frees it */
/* Nine documents, of which the second and the sixth are deleted. */
lsi_segment *some_segment(const ls_schema *s, lsi_segment_info *info, lsi_live **live);
#endif
