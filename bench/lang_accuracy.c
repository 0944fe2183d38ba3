/* lang_accuracy.c — how often the language of an article is told right, by the public interface.
 *
 *     lang_accuracy < FILE      lines of: language code (ISO 639-1), tab, text; see lang_accuracy.sh
 *
 * Prints, for each language: articles, right, wrong, not told. "Right" is the stemmer's language, or "none" where
 * Snowball has no stemmer. A text whose language cannot be told gets the schema's; that is set to one which no article
 * of the collection has, and so is seen. */
#include "libsearch/libsearch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNTOLD "yiddish"

typedef struct row {
    char code[8];
    unsigned articles, right, wrong, untold;
} row;
static row rows[100];
static size_t row_count;

/* Codes whose stemmer has another name; all others ("none") have none. */
static const char *stemmer_of(const char *code)
{
    static const char *const names[][2] = {
        {"ar", "arabic"},    {"ca", "catalan"},    {"da", "danish"},     {"de", "german"},   {"el", "greek"},
        {"en", "english"},   {"es", "spanish"},    {"eu", "basque"},     {"fi", "finnish"},  {"fr", "french"},
        {"ga", "irish"},     {"hi", "hindi"},      {"hu", "hungarian"},  {"hy", "armenian"}, {"id", "indonesian"},
        {"it", "italian"},   {"lt", "lithuanian"}, {"nb", "norwegian"},  {"ne", "nepali"},   {"nl", "dutch"},
        {"nn", "norwegian"}, {"no", "norwegian"},  {"pt", "portuguese"}, {"ro", "romanian"}, {"ru", "russian"},
        {"sr", "serbian"},   {"sv", "swedish"},    {"ta", "tamil"},      {"tr", "turkish"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(names[i][0], code)) return names[i][1];
    }
    return "none";
}

static row *row_of(const char *code)
{
    for (size_t i = 0; i < row_count; i++) {
        if (!strcmp(rows[i].code, code)) return &rows[i];
    }
    if (row_count == sizeof rows / sizeof *rows) return &rows[row_count - 1];
    snprintf(rows[row_count].code, sizeof rows->code, "%s", code);
    return &rows[row_count++];
}

static int take(const ls_schema *schema, char *line, size_t len)
{
    char *tab = memchr(line, '\t', len);
    if (!tab || tab == line || line + len - tab < 2) return 0;
    *tab = 0;
    row *r = row_of(line);
    ls_tokens *tokens;
    ls_error err;
    if (ls_analyze(&tokens, schema, tab + 1, (size_t)(line + len - tab - 1), NULL, &err)) {
        fprintf(stderr, "lang_accuracy: %s\n", err.message);
        return 1;
    }
    r->articles++;
    if (!strcmp(tokens->language, stemmer_of(line))) r->right++;
    else if (!strcmp(tokens->language, UNTOLD)) r->untold++;
    else r->wrong++;
    ls_tokens_free(tokens);
    return 0;
}

static void print(const row *r)
{
    printf("%-9s %8u %8u %8u %8u  %6.2f %%\n", r->code, r->articles, r->right, r->wrong, r->untold,
           r->articles ? 100.0 * r->right / r->articles : 0.0);
}

int main(void)
{
    ls_schema *schema = NULL;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    int rc = ls_schema_new(&schema, NULL) || ls_schema_set(schema, "language", UNTOLD, NULL);
    while (!rc && (n = getline(&line, &cap, stdin)) > 0) rc = take(schema, line, (size_t)n);
    free(line);
    ls_schema_free(schema);
    row stemmed = {.code = "stemmed"}, all = {.code = "all"};
    printf("language  articles    right    wrong not told\n");
    for (size_t i = 0; i < row_count; i++) {
        row *sums[2] = {&all, strcmp(stemmer_of(rows[i].code), "none") ? &stemmed : NULL};
        print(&rows[i]);
        for (size_t k = 0; k < 2 && sums[k]; k++) {
            sums[k]->articles += rows[i].articles;
            sums[k]->right += rows[i].right;
            sums[k]->wrong += rows[i].wrong;
            sums[k]->untold += rows[i].untold;
        }
    }
    print(&stemmed);
    print(&all);
    return rc ? 1 : 0;
}
