/* nitf.c — NITF 3.6 as JSON: what in it has a name in an article, and nothing else.
 *
 *     <nitf><head><title>…</title><docdata management-status="usable">
 *       <doc-id id-string="urn:x:1"/><du-key version="2"/><date.issue norm="20230911T080000Z"/>
 *       <key-list><keyword key="arms"/></key-list></docdata></head>
 *     <body><body.head><hedline><hl1>Headline</hl1></hedline></body.head>
 *       <body.content><p>One.</p><p>Two.</p></body.content></body></nitf>
 *
 *     {"guid":"urn:x:1","version":2,"published":"2023-09-11T08:00:00Z","title":"Headline","subjects":["arms"],
 *      "body":"One.\n\nTwo."}
 *
 * Names are compared without their namespace, which differs between versions. Paragraphs are what stands in block
 * elements of body.content; media are left out, tables are read row by row. A document that cancels another by
 * management-doc-idref becomes the canceled article of that guid.
 * Nothing is loaded from elsewhere and no entity is expanded but the five of XML: a document that declares one, or uses
 * an unknown one, is refused, so that none can grow. Depth (256) and single texts (10 MB) are bounded by libxml2.
 * Source: iptc.org/std/NITF/3.6. Ignorant of ls_doc and of what JSON members mean. */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "import/nitf.h"

typedef struct reader {
    js_text *out;
    js_text value; /* of the member under way */
    ls_error *err;
    int rc;           /* sticky */
    long entity_line; /* of the first that is not XML's own; 0: none */
    const char *entity_what;
    char entity[64];
    bool no_memory;
} reader;

static void fail(reader *r, int code, long line, const char *what, const char *detail)
{
    if (r->rc != LS_OK) return;
    r->rc = code;
    if (r->err == NULL) return;
    *r->err = (ls_error){.code = code, .offset = UINT64_MAX};
    snprintf(r->err->message, sizeof r->err->message, "line %ld: %s%.160s", line, what, detail);
    r->err->message[strcspn(r->err->message, "\n")] = '\0';
}

/* ---- finding ---- */

static bool is_named(const xmlNode *n, const char *name, size_t len)
{
    return n->type == XML_ELEMENT_NODE && strlen((const char *)n->name) == len && memcmp(n->name, name, len) == 0;
}

static const xmlNode *next_named(const xmlNode *n, const char *name)
{
    while (n && !is_named(n, name, strlen(name))) n = n->next;
    return n;
}

/* "head/docdata" below n; NULL: not there. */
static const xmlNode *at(const xmlNode *n, const char *path)
{
    while (n && *path) {
        size_t len = strcspn(path, "/");
        for (n = n->children; n && !is_named(n, path, len);) n = n->next;
        path += len + (path[len] == '/');
    }
    return n;
}

/* ---- text ---- */

typedef struct flow {
    js_text *out;
    size_t from;     /* where it began in out */
    bool space, gap; /* owed before the next character */
} flow;

static void run(flow *f, const char *s)
{
    while (*s) {
        size_t n = strcspn(s, " \t\r\n");
        if (n > 0) {
            bool begun = f->out->len > f->from;
            if (begun && f->gap) js_puts(f->out, "\n\n");
            else if (begun && f->space) js_putc(f->out, ' ');
            f->gap = f->space = false;
            js_put(f->out, s, n);
        } else {
            f->space = true;
            n = 1;
        }
        s += n;
    }
}

static bool is_one_of(const xmlNode *n, const char *const *names)
{
    for (; *names; names++)
        if (strcmp((const char *)n->name, *names) == 0) return true;
    return false;
}

/* All text below n, blanks as one, blocks parted by an empty line. Not deeper than libxml2 lets a document be. */
static void gather(reader *r, flow *f, const xmlNode *n)
{
    static const char *const blocks[] = {"p",  "block", "hl1",   "hl2",     "hr",   "li", "dt", "dd", "pre", "fn",
                                         "bq", "tr",    "table", "caption", "note", "ol", "ul", "dl", NULL},
                             *const parted[] = {"br", "td", "th", NULL}, *const left_out[] = {"media", NULL};
    for (n = n->children; n && r->rc == LS_OK; n = n->next) {
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) {
            if (n->content) run(f, (const char *)n->content);
        } else if (n->type == XML_ELEMENT_NODE && !is_one_of(n, left_out)) {
            bool block = is_one_of(n, blocks);
            f->gap = f->gap || block;
            f->space = f->space || is_one_of(n, parted);
            gather(r, f, n);
            f->gap = f->gap || block;
            f->space = f->space || is_one_of(n, parted);
        }
    }
}

/* The text of all elements of this name among n and those behind it. */
static const char *text_of(reader *r, const xmlNode *n, const char *between)
{
    const char *name = n ? (const char *)n->name : "";
    js_text_reset(&r->value);
    for (; n; n = next_named(n->next, name)) {
        size_t before = r->value.len;
        if (before > 0) js_puts(&r->value, between);
        flow f = {.out = &r->value, .from = r->value.len};
        gather(r, &f, n);
        if (r->value.len == f.from && before < f.from) { /* it was empty */
            r->value.len = before;
            r->value.data[before] = '\0';
        }
    }
    if (r->value.failed) fail(r, LS_NOMEM, 1, "no memory for the article", "");
    return r->value.data ? r->value.data : "";
}

/* Of an attribute; empty where it is not there. Until the next value is read. */
static const char *attribute(reader *r, const xmlNode *n, const char *name)
{
    const xmlAttr *a = n ? n->properties : NULL;
    js_text_reset(&r->value);
    while (a && (a->ns || strcmp((const char *)a->name, name) != 0)) a = a->next;
    for (const xmlNode *t = a ? a->children : NULL; t; t = t->next)
        if (t->type == XML_TEXT_NODE && t->content) js_puts(&r->value, (const char *)t->content);
    if (r->value.failed) fail(r, LS_NOMEM, 1, "no memory for the article", "");
    return r->value.data ? r->value.data : "";
}

/* ---- members ---- */

static bool put(reader *r, const char *name, const char *value)
{
    if (*value == '\0') return false;
    js_key(r->out, name);
    js_string(r->out, value, strlen(value));
    return true;
}

static bool digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9') return false;
    return true;
}

/* 20230911T080000+0200 as 2023-09-11T08:00:00+02:00; anything else as it is. */
static void put_date(reader *r, const char *name, const char *s)
{
    char date[64];
    size_t n;
    if (!digits(s, 8)) {
        put(r, name, s);
        return;
    }
    n = (size_t)snprintf(date, sizeof date, "%.4s-%.2s-%.2s", s, s + 4, s + 6);
    const char *p = s + 8;
    if (*p == 'T' && digits(p + 1, 4)) {
        bool seconds = digits(p + 5, 2);
        n += (size_t)snprintf(date + n, sizeof date - n, "T%.2s:%.2s:%.2s", p + 1, p + 3, seconds ? p + 5 : "00");
        p += seconds ? 7 : 5;
        if ((*p == '+' || *p == '-') && digits(p + 1, 4) && p[5] == '\0') {
            snprintf(date + n, sizeof date - n, "%.3s:%.2s", p, p + 3);
            p += 5;
        } else {
            snprintf(date + n, sizeof date - n, "%.6s", p);
            p += strlen(p) > 6 ? 0 : strlen(p);
        }
    }
    put(r, name, *p ? s : date); /* what is left over makes it no such date */
}

static void put_number(reader *r, const char *name, const char *s)
{
    size_t n = strlen(s), zeros = strspn(s, "0");
    if (n == 0) return;
    if (n - zeros > 18 || n == zeros || !digits(s, n)) {
        put(r, name, s); /* whoever reads the member says what is wrong with it */
        return;
    }
    js_key(r->out, name);
    js_puts(r->out, s + zeros);
}

static void put_subjects(reader *r, const xmlNode *docdata)
{
    const xmlNode *k = at(docdata, "key-list/keyword");
    bool any = false;
    for (; k; k = next_named(k->next, "keyword")) {
        const char *s = attribute(r, k, "key");
        if (*s == '\0') continue;
        if (!any) js_key(r->out, "subjects");
        js_putc(r->out, any ? ',' : '[');
        js_string(r->out, s, strlen(s));
        any = true;
    }
    if (any) js_putc(r->out, ']');
}

/* ---- the document ---- */

static bool is_canceled(const char *status)
{
    return ls_status_of(status, strlen(status), NULL) == LS_STATUS_CANCELED;
}

/* Whether it says no more than that another one, or itself, is canceled; the article is then written. */
static bool put_canceled(reader *r, const xmlNode *docdata)
{
    bool canceled = is_canceled(attribute(r, docdata, "management-status"));
    bool own = !canceled && r->value.len > 0;
    bool other = is_canceled(attribute(r, docdata, "management-idref-status"));
    if (*attribute(r, docdata, "management-doc-idref") == '\0') {
        other = false;
    } else if (other && own) {
        fail(r, LS_INVALID, xmlGetLineNo(docdata), "a document that cancels another and is an article itself", "");
    } else if (!canceled && !other && own) {
        return false; /* it tells of another one's state, which that one's own document sets */
    }
    if (!canceled && !other) return false;
    if (r->value.len == 0) attribute(r, at(docdata, "doc-id"), "id-string");
    if (r->value.len == 0) fail(r, LS_INVALID, xmlGetLineNo(docdata), "canceled, but not which document", "");
    else put(r, "guid", r->value.data);
    put(r, "status", "canceled");
    return true;
}

/* What is embargoed has no end but date.release; a release alone is an embargo too. */
static void put_management(reader *r, const xmlNode *docdata)
{
    const char *status = attribute(r, docdata, "management-status");
    bool embargoed = strcmp(status, "embargoed") == 0;
    if (*status && !embargoed) put(r, "status", status);
    const char *release = attribute(r, at(docdata, "date.release"), "norm");
    if (*release) {
        put_date(r, "embargoed", release);
    } else if (embargoed) {
        js_key(r->out, "embargoed");
        js_puts(r->out, "\"\"");
    }
}

static void put_head(reader *r, const xmlNode *root, const xmlNode *docdata)
{
    const xmlNode *pubdata = at(root, "head/pubdata");
    put(r, "guid", attribute(r, at(docdata, "doc-id"), "id-string"));
    put_number(r, "version", attribute(r, at(docdata, "du-key"), "version"));
    put_number(r, "urgency", attribute(r, at(docdata, "urgency"), "ed-urg"));
    put_date(r, "published", attribute(r, at(docdata, "date.issue"), "norm"));
    put_management(r, docdata);
    put_date(r, "expires", attribute(r, at(docdata, "date.expire"), "norm"));
    put_subjects(r, docdata);
    put(r, "source", attribute(r, pubdata, "name"));
    put(r, "section", attribute(r, pubdata, "position.section"));
}

static void put_body(reader *r, const xmlNode *root)
{
    const xmlNode *head = at(root, "body/body.head");
    if (!put(r, "title", text_of(r, at(head, "hedline/hl1"), " ")))
        put(r, "title", text_of(r, at(root, "head/title"), " "));
    put(r, "byline", text_of(r, at(head, "byline"), ", "));
    put(r, "dateline", text_of(r, at(head, "dateline"), ", "));
    put(r, "lead", text_of(r, at(head, "abstract"), "\n\n"));
    put(r, "body", text_of(r, at(root, "body/body.content"), "\n\n"));
}

static void put_article(reader *r, const xmlNode *root)
{
    const xmlNode *docdata = at(root, "head/docdata");
    js_putc(r->out, '{');
    if (!put_canceled(r, docdata)) {
        put_head(r, root, docdata);
        put_body(r, root);
    }
    js_putc(r->out, '}');
}

/* ---- the parser ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void stop(xmlParserCtxt *c, const char *what, const xmlChar *name)
{
    reader *r = c->_private;
    if (r->entity_line == 0) {
        r->entity_line = c->input && c->input->line > 0 ? c->input->line : 1;
        r->entity_what = what;
        snprintf(r->entity, sizeof r->entity, "%s", (const char *)name);
    }
    xmlStopParser(c);
}

/* Called where an entity is declared, before anything can use it. */
static void on_declared(void *ctx, const xmlChar *name, int type, const xmlChar *public_id, const xmlChar *system_id,
                        xmlChar *content)
{
    (void)type, (void)public_id, (void)system_id, (void)content;
    stop(ctx, "declares an entity, and none is expanded: &", name);
}

/* Called where one is used, in texts and in attributes: a document whose DTD is not read may use any. */
static xmlEntity *on_used(void *ctx, const xmlChar *name)
{
    xmlEntity *own = xmlGetPredefinedEntity(name);
    if (own == NULL) stop(ctx, "an entity that XML does not know: &", name);
    return own;
}

#if LIBXML_VERSION >= 21200
typedef const xmlError *told_error;
#else
typedef xmlError *told_error;
#endif

/* What libxml2 says on its way. Only a lack of memory must not be missed: it may go on without what had no room. */
static void on_error(void *ctx, told_error e)
{
    reader *r = ctx;
    if (e && e->code == XML_ERR_NO_MEMORY) r->no_memory = true;
}

/* NULL with r->rc set where it is not well-formed, not whole, or declares entities. */
static xmlDoc *parse(reader *r, xmlParserCtxt *c, const char *bytes, size_t len)
{
    c->_private = r;
    c->sax->entityDecl = on_declared;
    c->sax->getEntity = on_used;
    xmlDoc *doc =
        xmlCtxtReadMemory(c, bytes, (int)len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlError *e = xmlCtxtGetLastError(c);
    if (r->no_memory) {
        fail(r, LS_NOMEM, 1, "no memory for the article", "");
    } else if (r->entity_line) {
        fail(r, LS_INVALID, r->entity_line, r->entity_what, r->entity);
    } else if (doc == NULL || !c->wellFormed || xmlDocGetRootElement(doc) == NULL) {
        bool told = e && e->message;
        fail(r, LS_INVALID, told ? e->line : 1, "expected NITF: ", told ? e->message : "not XML");
    }
    if (r->rc == LS_OK) return doc;
    xmlFreeDoc(doc);
    return NULL;
}

int im_nitf_json(js_text *out, const char *bytes, size_t len, ls_error *err)
{
    reader r = {.out = out, .err = err};
    xmlDoc *doc = NULL;
    pthread_once(&once, xmlInitParser);
    xmlSetStructuredErrorFunc(&r, on_error); /* of this thread */
    xmlParserCtxt *c = xmlNewParserCtxt();
    if (c == NULL) fail(&r, LS_NOMEM, 1, "no memory for the article", "");
    else if (len > IM_NITF_MAX) fail(&r, LS_LIMIT, 1, "expected at most 64 MB in one document, found more", "");
    else doc = parse(&r, c, bytes, len);
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    if (root && !is_named(root, "nitf", 4))
        fail(&r, LS_INVALID, xmlGetLineNo(root), "expected <nitf>, found <", (const char *)root->name);
    if (r.rc == LS_OK && root) put_article(&r, root);
    if (r.rc == LS_OK) r.rc = js_text_rc(out, err);
    js_text_free(&r.value);
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(c);
    xmlSetStructuredErrorFunc(NULL, NULL);
    return r.rc;
}
