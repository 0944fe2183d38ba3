/* stored_layout.h — what writer and reader of stored documents agree on. */
#ifndef LSI_STORED_LAYOUT_H
#define LSI_STORED_LAYOUT_H

#define LSI_STORED_FRAME       16384u      /* bytes of a document in a frame */
#define LSI_STORED_DICT_MAX    (112u << 10) /* bytes of a dictionary */
#define LSI_STORED_DICT_FROM   (1u << 20)  /* bytes of text from which on there is one */
#define LSI_STORED_SAMPLES_MAX (4u << 20)  /* bytes held back until the dictionary is made */
#endif
