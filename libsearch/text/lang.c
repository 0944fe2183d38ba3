/* lang.c — owns the table of languages, and how the language of a text is told.
 *
 * Detection: the script that most letters are of leaves some languages. Among those, each function word of a text
 * (lang_data.c) counts for the languages that have it, the more the fewer they are, and so do letters that few
 * languages write (ß, ő, ї). The best must have two words at least, and one of twelve of the text's (a table of figures
 * has fewer: what it has may be chance; single letters, as of initials, do not count), and, in a short text, be clearly
 * better than the next, else the answer is "cannot be told". Languages that Snowball does not stem are told too, and
 * answered as "none".
 *
 * A text is read in pieces; where one language leads by far, the rest is not looked at. Where a language is expected
 * (an index's own), another one of the same script must have twice its evidence, and by different words: in
 * a table "nil" is no Irish, however often it stands there. Ignorant of documents: the caller knows what was declared. */
#include "libsearch/text/cutter.h"
#include "libsearch/text/lang_data.h"

#define DETECT_BYTES 4096u
#define PIECE_BYTES  320u /* read between two looks at the evidence */
#define OBVIOUS      16u  /* words of the best language, which has twice the score of the next */
#define WORD_BYTES   24u  /* longer ones are no function words */
#define WORDS_ENOUGH 6u   /* from so many on, the better of two close neighbours (Danish, Norwegian) is taken */
#define PROSE        12u  /* in prose one of so many words is a function word, and more */
#define VARIED       32u /* a language that was not expected has a different one in so many words, and three at least */

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
    uint8_t first = len ? lsi_ascii_lower((uint8_t)name[0]) : 0;
    for (int i = 0; i < LSI_LANG_COUNT; i++) {
        if ((uint8_t)langs[i].name[0] != first && (uint8_t)langs[i].code[0] != first) continue;
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

/* The entry of a folded word, whose hash is h; NULL where it is no function word. */
static const lsi_lang_word *word_at(uint32_t h, const uint8_t *word, size_t len)
{
    for (size_t at = h ^ h >> 15;; at++) {
        uint16_t slot = lsi_lang_slots[at & (lsi_lang_slot_count - 1)];
        if (!slot) return NULL;
        const lsi_lang_word *w = &lsi_lang_words[slot - 1];
        if (w->len == len && !memcmp(w->word, word, len)) return w;
    }
}

static const lsi_lang_word *find_word(const uint8_t *word, size_t len)
{
    if (!len || len > WORD_BYTES) return NULL;
    uint32_t h = HASH_START;
    for (size_t i = 0; i < len; i++) h = hash_byte(h, word[i]);
    return word_at(h, word, len);
}

bool lsi_lang_is_function_word(int lang, const uint8_t *folded, size_t len)
{
    const lsi_lang_word *w = find_word(folded, len);
    for (uint64_t mask = w ? w->tongues : 0; mask; mask &= mask - 1) {
        if (lang > 0 && lsi_tongues[lsi_ctz64(mask)].lang == lang) return true;
    }
    return false;
}

#define SEEN_BITS 4096u

typedef struct tally {
    uint32_t scripts[LSI_SC_COUNT], letters, all_words;
    uint32_t score[64], words[64], distinct[64];
    uint64_t seen[SEEN_BITS / 64]; /* by the number of a function word, or another's */
    lsi_folder folder;
} tally;

static void count_tongues(tally *t, const lsi_lang_word *w)
{
    if (!w) return;
    uint64_t mask = w->tongues;
    uint32_t weight = 24 / lsi_popcount64(mask) + 4, no = (uint32_t)(w - lsi_lang_words) % SEEN_BITS;
    uint32_t first = !(t->seen[no / 64] >> no % 64 & 1);
    t->seen[no / 64] |= UINT64_C(1) << no % 64;
    for (; mask; mask &= mask - 1) {
        unsigned i = lsi_ctz64(mask);
        t->score[i] += weight;
        t->words[i]++;
        t->distinct[i] += first;
    }
}

static void count_word(tally *t, const uint8_t *word, size_t len)
{
    uint8_t folded[LSI_FORM_MAX];
    t->all_words++;
    if (len > WORD_BYTES) return;
    len = lsi_fold_full(&t->folder, word, len, folded);
    count_tongues(t, find_word(folded, len));
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
    if (at - start > 1 && at - start <= WORD_BYTES) count_tongues(t, word_at(h, word, at - start));
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
        size_t end = 0;
        if (!in_word && text[at] < 0x80) end = lsi_is_alpha(text[at]) ? count_ascii(t, text, len, at) : at + 1;
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
static unsigned main_script(const tally *t)
{
    uint32_t most = 0;
    unsigned best = LSI_SC_OTHER;
    for (unsigned i = 0; i < LSI_SC_COUNT; i++) {
        uint32_t n = t->scripts[i];
        if (i == LSI_SC_HAN) n += t->scripts[LSI_SC_HIRAGANA] + t->scripts[LSI_SC_KATAKANA];
        if (i == LSI_SC_HAN || i == LSI_SC_HANGUL) n *= 4; /* a letter of Han is worth several of an alphabet */
        if (i != LSI_SC_OTHER && n <= most) continue;
        best = i;
        most = n;
    }
    return best;
}

typedef struct standing {         /* of the tongues of the main script */
    uint32_t count, best, second; /* second: a score */
    unsigned script;
} standing;

static standing rank(const tally *t)
{
    standing s = {.script = main_script(t)};
    for (uint32_t i = 0; i < lsi_tongue_count; i++) {
        if (lsi_tongues[i].script != s.script) continue;
        if (!s.count++) {
            s.best = i;
        } else if (t->score[i] > t->score[s.best]) {
            s.second = t->score[s.best];
            s.best = i;
        } else if (t->score[i] > s.second) {
            s.second = t->score[i];
        }
    }
    return s;
}

/* The expected language leads with half the words: what is behind them would have to have twice its evidence. */
static bool obvious(const tally *t, int prior)
{
    standing s = rank(t);
    if (!s.count || t->words[s.best] < t->all_words / PROSE) return false;
    if (prior > 0 && lsi_tongues[s.best].lang == prior) return t->words[s.best] >= OBVIOUS / 2;
    return t->words[s.best] >= OBVIOUS && t->score[s.best] >= 2 * s.second;
}

/* Where the piece that begins at `at` ends: at a blank, so that no word is torn. */
static size_t piece_end(const uint8_t *text, size_t len, size_t at)
{
    if (len - at <= PIECE_BYTES) return len;
    for (at += PIECE_BYTES; at < len && text[at] > ' '; at++) {
    }
    return at;
}

/* Whether the language found is to be believed although `prior` was expected. */
static bool outweighs(const tally *t, const standing *s, int prior)
{
    uint32_t expected = 0;
    if (prior <= 0 || lsi_tongues[s->best].lang == prior) return true;
    for (size_t i = 0; i < lsi_tongue_count; i++) {
        if (lsi_tongues[i].lang == prior && lsi_tongues[i].script != s->script) return true;
        if (lsi_tongues[i].lang == prior) expected = LSI_MAX(expected, t->score[i]);
    }
    return t->distinct[s->best] >= LSI_MAX(3u, t->all_words / VARIED) && t->score[s->best] >= 2 * expected;
}

int lsi_lang_detect_or(const uint8_t *text, size_t len, int prior)
{
    tally t;
    memset(&t, 0, offsetof(tally, folder));
    len = lsi_utf8_cut(text, len, DETECT_BYTES);
    for (size_t at = 0, end; at < len; at = end) {
        end = piece_end(text, len, at);
        read_text(&t, text + at, end - at);
        if (end < len && obvious(&t, prior)) break;
    }
    if (!t.letters) return prior;
    standing s = rank(&t);
    if (!s.count) return LSI_LANG_NONE;
    if (s.count == 1) return lsi_tongues[s.best].lang;
    uint32_t best = t.score[s.best], words = t.words[s.best];
    bool clear = best >= s.second + s.second / 16 + 4;
    if (words < 2 || words < t.all_words / PROSE || (!clear && words < WORDS_ENOUGH)) return prior;
    return outweighs(&t, &s, prior) ? lsi_tongues[s.best].lang : prior;
}

int lsi_lang_detect(const uint8_t *text, size_t len)
{
    return lsi_lang_detect_or(text, len, -1);
}
