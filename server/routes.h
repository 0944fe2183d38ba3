/* routes.h — the handlers behind the router's table. */
#ifndef SD_ROUTES_H
#define SD_ROUTES_H
#include "server/exchange.h"

/* routes_search.c */
void sd_get_search(sd_exchange *x);
void sd_search_on_worker(sd_exchange *x);
void sd_post_search(sd_exchange *x);
void sd_get_suggest(sd_exchange *x);
void sd_get_export(sd_exchange *x);
void sd_post_batch(sd_exchange *x);
/* routes_feed.c */
void sd_get_feed(sd_exchange *x);
void sd_get_opensearch(sd_exchange *x);
/* routes_documents.c */
void sd_get_document(sd_exchange *x);
void sd_get_document_by_guid(sd_exchange *x);
void sd_get_snippet(sd_exchange *x);
void sd_get_versions(sd_exchange *x);
void sd_get_similar(sd_exchange *x);
void sd_post_kill(sd_exchange *x);
void sd_put_document(sd_exchange *x);
void sd_delete_document(sd_exchange *x);
void sd_post_documents(sd_exchange *x);
/* routes_bulk.c */
bool sd_bulk_wanted(const sd_exchange *x);
void sd_bulk_upload(sd_exchange *x, const char *p, size_t n);
void sd_bulk_end(sd_exchange *x);
void sd_bulk_free(struct sd_bulk *b);
/* routes_admin.c */
void sd_post_commit(sd_exchange *x);
void sd_post_merge(sd_exchange *x);
void sd_post_purge(sd_exchange *x);
void sd_post_verify(sd_exchange *x);
void sd_post_snapshot(sd_exchange *x);
/* routes_misc.c */
void sd_get_stats(sd_exchange *x);
void sd_get_analyze(sd_exchange *x);
void sd_get_openapi(sd_exchange *x);
void sd_get_health(sd_exchange *x);
void sd_get_ready(sd_exchange *x);
void sd_get_metrics(sd_exchange *x);
/* page/ */
void sd_get_page(sd_exchange *x);
void sd_get_article(sd_exchange *x);
void sd_get_asset(sd_exchange *x);
void sd_get_embed(sd_exchange *x);
void sd_page_problem(sd_exchange *x); /* a problem that is the answer becomes a page */
#endif
