/* text_rows.h — the tables of t_text_*.c: a text in a language, and how its tokens are described. */
#ifndef TEXT_ROWS_H
#define TEXT_ROWS_H

typedef struct text_row {
    const char *lang, *text, *want;
} text_row;

/* Describes the tokens of a text. */
typedef void describe_fn(const char *lang, const char *text, char *out, size_t cap);

static inline void run_rows(const text_row *rows, size_t count, describe_fn *describe)
{
    char got[4096];
    for (size_t i = 0; i < count; i++) {
        describe(rows[i].lang, rows[i].text, got, sizeof got);
        assert_string_equal(got, rows[i].want);
    }
}
#endif
