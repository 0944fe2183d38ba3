/* f_http.c — what stands before libmicrohttpd: the head in pieces, judged and written anew; the target; the framing of
 * a body. Input: a byte, the size of the pieces; then what a client sends. Held: pieces of any size give what the whole
 * gives; a head written anew is taken, and written the same again; of a body nothing is left over that was taken. */
#include "fuzz/fuzz.h"
#include "server/framing.h"
#include "server/head.h"
#include "server/target.h"

static bool any_host(void *ctx, const char *host, size_t len)
{
    (void)ctx;
    return len < 5 || memcmp(host, "evil", 4) != 0;
}

static size_t scan(const char *p, size_t n, size_t piece, sd_refusal *refusal)
{
    sd_head_scan s = {0};
    *refusal = SD_REFUSE_NOTHING;
    for (size_t have = piece < n ? piece : n;; have = have + piece < n ? have + piece : n) {
        size_t head = sd_head_scan_more(&s, p, have, refusal);
        FUZZ_CHECK(head <= have);
        if (head || *refusal || have == n) return head;
    }
}

static void body(const sd_head *h, const char *p, size_t n, size_t piece)
{
    sd_body whole, parts;
    js_text a = {0}, b = {0};
    sd_body_begin(&whole, h);
    sd_body_begin(&parts, h);
    size_t taken = sd_body_take(&whole, p, n, &a), at = 0;
    while (at < n && !parts.done && !parts.broken) {
        size_t step = n - at < piece ? n - at : piece, got = sd_body_take(&parts, p + at, step, &b);
        FUZZ_CHECK(got <= step && (got == step || parts.done || parts.broken));
        at += got;
    }
    FUZZ_CHECK(taken <= n && whole.done == parts.done && whole.broken == parts.broken);
    if (!whole.broken) FUZZ_CHECK(at == taken);
    if (whole.framing == SD_BODY_LENGTH) FUZZ_CHECK(a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len)));
    js_text_free(&a);
    js_text_free(&b);
}

static void target(const char *p, size_t n)
{
    sd_target t;
    char *raw = malloc(n + 1);
    FUZZ_CHECK(raw);
    memcpy(raw, p, n);
    raw[n] = 0;
    if (strlen(raw) == n && sd_target_parse(&t, raw)) {
        for (size_t i = 0; i < t.arg_count; i++) {
            FUZZ_CHECK(t.args[i].name[t.args[i].name_len] == 0 && t.args[i].value[t.args[i].value_len] == 0);
            js_text out = {0};
            sd_put_url(&out, t.args[i].value, t.args[i].value_len);
            if (out.len) {
                FUZZ_CHECK(sd_target_decode(out.data, out.len, true) == t.args[i].value_len);
                FUZZ_CHECK(!memcmp(out.data, t.args[i].value, t.args[i].value_len));
            }
            js_text_free(&out);
        }
        sd_target_clear(&t);
    }
    free(raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    size_t piece = 1u + fuzz_u8(&in) % 61, len;
    char *text = fuzz_rest(&in, &len);
    sd_refusal why, why_parts;
    sd_head h, again;
    js_text out = {0}, twice = {0};
    size_t head = scan(text, len, len + 1, &why), in_parts = scan(text, len, piece, &why_parts);
    if (!why && !why_parts) FUZZ_CHECK(head == in_parts);
    if (head && !why) {
        sd_head_judge(&h, text, head, any_host, NULL, &out);
        if (!h.refusal) {
            sd_refusal no;
            FUZZ_CHECK(scan(out.data, out.len, out.len, &no) == out.len && !no);
            sd_head_judge(&again, out.data, out.len, any_host, NULL, &twice);
            FUZZ_CHECK(!again.refusal && again.framing == h.framing && again.length == h.length);
            FUZZ_CHECK(twice.len == out.len && !memcmp(twice.data, out.data, out.len));
            body(&h, text + head, len - head, piece);
            const char *from = memchr(out.data, ' ', out.len);
            const char *to = from ? memchr(from + 1, ' ', (size_t)(out.data + out.len - from - 1)) : NULL;
            FUZZ_CHECK(from && to);
            target(from + 1, (size_t)(to - from - 1));
        }
    }
    js_text_free(&out);
    js_text_free(&twice);
    free(text);
    return 0;
}
