/* config.h — settings of the server: flag over environment over file over default. */
#ifndef SD_CONFIG_H
#define SD_CONFIG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct sd_list {
    char **items;
    size_t count;
} sd_list;

typedef struct sd_config {
    char *index, *listen, *corpus, *keys, *synonyms, *file, *timezone, *log, *public_url;
    sd_list allow_host, allow_origin;
    int64_t threads, workers, queue, max_connections, max_per_address, max_content, memory_mb, head_seconds, inline_ms;
    int64_t cache_bytes;
    bool no_sync, no_mmap;
} sd_config;

typedef enum sd_config_action {
    SD_RUN,
    SD_PRINT_CONFIG,
    SD_PRINT_ROUTES,
    SD_PRINT_PARAMETERS,
    SD_PRINT_MAN,
    SD_PRINT_HELP,
    SD_PRINT_VERSION,
    SD_HASH_KEY,
    SD_CONFIG_WRONG /* one line stands in `why` */
} sd_config_action;

sd_config_action sd_config_read(sd_config *c, int argc, char **argv, char **environment, char *why, size_t why_bytes);
void sd_config_clear(sd_config *c);
void sd_config_print(const sd_config *c, FILE *out); /* as a file of settings */
void sd_config_help(FILE *out);
void sd_config_man(FILE *out); /* man/libsearchd.8 */
#endif
