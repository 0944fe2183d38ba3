/* shingles_layout.h — what both files that know the section of shingles agree on. */
#ifndef LSI_SHINGLES_LAYOUT_H
#define LSI_SHINGLES_LAYOUT_H

#define LSI_SHINGLES_TAIL 32u /* bytes at the end of the section */
#define LSI_SHINGLES_HEAD 12u /* bytes of the head of a block of entries */
#endif
