/* lang.c — owns the table of languages, and how the language of a text is told.
 *
 * Detection: the script that most letters are of leaves some languages. Among those, each function word of a text
 * (lang_data.c) counts for the languages that have it, the more the fewer they are, and so do letters that few
 * languages write (ß, ő, ї). The best must have two words at least, and one of twelve of the text's (a table of figures
 * has fewer: what it has may be chance; single letters, as of initials, do not count), and, in a short text, be clearly better than the next, else the answer
 * is "cannot be told". Languages that Snowball does not stem are told too, and answered as
 * "none". Ignorant of documents: the caller knows what was declared. */
#include "libsearch/text/cutter.h"
#include "libsearch/text/lang_data.h"

#define DETECT_BYTES 4096u
#define WORD_BYTES   24u /* longer ones are no function words */
#define WORDS_ENOUGH 6u  /* from so many on, the better of two close neighbours (Danish, Norwegian) is taken */
#define PROSE        12u /* in prose one of so many words is a function word, and more */

static const struct {
    const char *name, *code;
} langs[LSI_LANG_COUNT] = {
    {"none", "und"},      {"arabic", "ar"},   {"armenian", "hy"},   {"basque", "eu"},    {"catalan", "ca"},
    {"danish", "da"},     {"dutch", "nl"},    {"english", "en"},    {"finnish", "fi"},   {"french", "fr"},
    {"german", "de"},     {"greek", "el"},    {"hindi", "hi"},      {"hungarian", "hu"}, {"indonesian", "id"},
    {"irish", "ga"},      {"italian", "it"},  {"lithuanian", "lt"}, {"nepali", "ne"},    {"norwegian", "no"},
    {"portuguese", "pt"}, {"romanian", "ro"}, {"russian", "ru"},    {"serbian", "sr"},   {"spanish", "es"},
    {"swedish", "sv"},    {"tamil", "ta"},    {"turkish", "tr"},    {"yiddish", "yi"},
};

static const char *const names[LSI_LANG_COUNT + 1] = {
    "none",    "arabic",     "armenian", "basque",    "catalan",    "danish",    "dutch",      "english",
    "finnish", "french",     "german",   "greek",     "hindi",      "hungarian", "indonesian", "irish",
    "italian", "lithuanian", "nepali",   "norwegian", "portuguese", "romanian",  "russian",    "serbian",
    "spanish", "swedish",    "tamil",    "turkish",   "yiddish",    NULL};

static bool same(const char *known, const char *name, size_t len)
{
    if (strlen(known) != len) return false;
    for (size_t i = 0; i < len; i++) {
        if (lsi_ascii_lower((uint8_t)name[i]) != (uint8_t)known[i]) return false;
    }
    return true;
}

int lsi_lang_find(const char *name, size_t len)
{
    size_t code = len;
    for (size_t i = 0; i < len; i++) {
        if (name[i] != '-' && name[i] != '_') continue;
        code = i; /* de-AT, pt_BR: the language is what counts */
        break;
    }
    for (int i = 0; i < LSI_LANG_COUNT; i++) {
        if (same(langs[i].name, name, len) || same(langs[i].code, name, code)) return i;
    }
    if (same("nb", name, code) || same("nn", name, code)) return LSI_LANG_NORWEGIAN;
    return -1;
}

const char *lsi_lang_name(int lang)
{
    return lang >= 0 && lang < LSI_LANG_COUNT ? langs[lang].name : langs[0].name;
}

const char *lsi_lang_code(int lang)
{
    return lang >= 0 && lang < LSI_LANG_COUNT ? langs[lang].code : langs[0].code;
}

size_t lsi_lang_count(void)
{
    return LSI_LANG_COUNT;
}

const char *const *lsi_lang_names(void)
{
    return names;
}

/* FNV-1a, as in gen_lang.py. */
#define HASH_START 2166136261u
LSI_INLINE uint32_t hash_byte(uint32_t h, uint8_t byte)
{
    return (h ^ byte) * 16777619u;
}

/* The tongues that have a folded word, whose hash is h, among their function words. */
static uint64_t tongues_at(uint32_t h, const uint8_t *word, size_t len)
{
    for (size_t at = h ^ h >> 15;; at++) {
        uint16_t slot = lsi_lang_slots[at & (lsi_lang_slot_count - 1)];
        if (!slot) return 0;
        const lsi_lang_word *w = &lsi_lang_words[slot - 1];
        if (strlen(w->word) == len && !memcmp(w->word, word, len)) return w->tongues;
    }
}

static uint64_t tongues_of(const uint8_t *word, size_t len)
{
    if (!len || len > WORD_BYTES) return 0;
    uint32_t h = HASH_START;
    for (size_t i = 0; i < len; i++) h = hash_byte(h, word[i]);
    return tongues_at(h, word, len);
}

bool lsi_lang_is_function_word(int lang, const uint8_t *folded, size_t len)
{
    uint64_t mask = tongues_of(folded, len);
    for (; mask; mask &= mask - 1) {
        if (lang > 0 && lsi_tongues[lsi_ctz64(mask)].lang == lang) return true;
    }
    return false;
}

typedef struct tally {
    uint32_t scripts[LSI_SC_COUNT], letters, all_words;
    uint32_t score[64], words[64];
    lsi_folder folder;
} tally;

static void count_tongues(tally *t, uint64_t mask)
{
    if (!mask) return;
    uint32_t weight = 24 / lsi_popcount64(mask) + 4;
    for (; mask; mask &= mask - 1) {
        t->score[lsi_ctz64(mask)] += weight;
        t->words[lsi_ctz64(mask)]++;
    }
}

static void count_word(tally *t, const uint8_t *word, size_t len)
{
    uint8_t folded[LSI_FORM_MAX];
    t->all_words++;
    if (len > WORD_BYTES) return;
    len = lsi_fold_full(&t->folder, word, len, folded);
    count_tongues(t, tongues_of(folded, len));
}

/* Counts the run of ASCII letters at `at`, a word's beginning, and returns its end; 0 where the word goes on in wider
 * letters. */
static size_t count_ascii(tally *t, const uint8_t *text, size_t len, size_t at)
{
    uint8_t word[WORD_BYTES];
    uint32_t h = HASH_START;
    size_t start = at;
    for (; at < len && lsi_is_alpha(text[at]); at++) {
        uint8_t byte = text[at] | 0x20;
        if (at - start < WORD_BYTES) word[at - start] = byte;
        h = hash_byte(h, byte);
    }
    if (at < len && text[at] >= 0x80) return 0;
    t->all_words++;
    t->letters += (uint32_t)(at - start);
    t->scripts[LSI_SC_LATIN] += (uint32_t)(at - start);
    if (at - start > 1 && at - start <= WORD_BYTES) count_tongues(t, tongues_at(h, word, at - start));
    return at;
}

static void count_letter(tally *t, uint32_t cp, uint32_t kind)
{
    t->letters++;
    t->scripts[lsi_ucd_script(kind)]++;
    if (cp < 0x80) return;
    size_t lo = 0, hi = lsi_lang_letter_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (lsi_lang_letters[mid].cp < cp) lo = mid + 1;
        else hi = mid;
    }
    if (lo == lsi_lang_letter_count || lsi_lang_letters[lo].cp != cp) return;
    uint64_t mask = lsi_lang_letters[lo].tongues;
    uint32_t weight = 12 / lsi_popcount64(mask) + 1;
    for (; mask; mask &= mask - 1) t->score[lsi_ctz64(mask)] += weight;
}

static void read_text(tally *t, const uint8_t *text, size_t len)
{
    size_t start = 0;
    bool in_word = false;
    for (size_t at = 0; at < len;) {
        unsigned bytes;
        size_t end = !in_word && lsi_is_alpha(text[at]) ? count_ascii(t, text, len, at) : 0;
        if (end) {
            at = end;
            continue;
        }
        uint32_t cp = lsi_utf8_get(text, len, at, &bytes), kind = lsi_ucd(cp);
        bool part = kind & (LSI_UCD_WORD | LSI_UCD_MARK) && !(kind & LSI_UCD_DIGIT);
        if (part && !in_word) start = at;
        if (!part && in_word) count_word(t, text + start, at - start);
        if (part && kind & LSI_UCD_WORD) count_letter(t, cp, kind);
        in_word = part;
        at += bytes;
    }
    if (in_word) count_word(t, text + start, len - start);
}

/* The script most letters are of; Han and kana count as one. */
static unsigned main_script(tally *t)
{
    unsigned best = LSI_SC_OTHER;
    t->scripts[LSI_SC_HAN] += t->scripts[LSI_SC_HIRAGANA] + t->scripts[LSI_SC_KATAKANA];
    t->scripts[LSI_SC_HAN] *= 4; /* a letter of Han is worth several of an alphabet */
    t->scripts[LSI_SC_HANGUL] *= 4;
    for (unsigned i = 0; i < LSI_SC_COUNT; i++) {
        if (t->scripts[i] > t->scripts[best]) best = i;
    }
    return best;
}

int lsi_lang_detect(const uint8_t *text, size_t len)
{
    tally t;
    memset(&t, 0, offsetof(tally, folder));
    read_text(&t, text, lsi_utf8_cut(text, len, DETECT_BYTES));
    if (!t.letters) return -1;
    unsigned script = main_script(&t);
    size_t best = SIZE_MAX, of_script = 0, only = 0;
    uint32_t second = 0;
    for (size_t i = 0; i < lsi_tongue_count; i++) {
        if (lsi_tongues[i].script != script) continue;
        of_script++;
        only = i;
        if (best == SIZE_MAX || t.score[i] > t.score[best]) {
            second = best == SIZE_MAX ? 0 : t.score[best];
            best = i;
        } else if (t.score[i] > second) {
            second = t.score[i];
        }
    }
    if (!of_script) return LSI_LANG_NONE;
    if (of_script == 1) return lsi_tongues[only].lang;
    bool clear = t.score[best] >= second + second / 16 + 4;
    if (t.words[best] < 2 || t.words[best] < t.all_words / PROSE || (!clear && t.words[best] < WORDS_ENOUGH)) return -1;
    return lsi_tongues[best].lang;
}
