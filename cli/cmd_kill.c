/* cmd_kill.c — libsearch kill: an article is withdrawn for good, by id or by guid. */
#include <string.h>

#include "cli/cli.h"

static int kill_one(const cli_call *c, ls_writer *w, const char *id, const char *guid, uint64_t version,
                    uint64_t *known)
{
    LS_INIT(ls_kill_options, o);
    LS_INIT(ls_killed, killed);
    ls_error err = {0};
    const char *reason = cli_value(c, "reason");
    o.id = id;
    o.id_len = id ? strlen(id) : 0;
    o.guid = guid;
    o.guid_len = guid ? strlen(guid) : 0;
    o.reason = reason;
    o.reason_len = reason ? strlen(reason) : 0;
    o.version = (int64_t)version;
    if (ls_kill(w, &o, &killed, &err) != LS_OK) return cli_fail_with(&err, c->args[0]);
    *known += killed.known != 0;
    if (!killed.known)
        cli_warn("%.128s: nothing has this %s; if it arrives, it is refused", id ? id : guid, id ? "id" : "guid");
    return CLI_OK;
}

static int run(cli_call *c)
{
    ls_writer *w = NULL;
    const char *guid = cli_value(c, "guid");
    uint64_t known = 0, version = 0;
    if ((guid != NULL) == (c->count > 1)) return cli_fail("expected either ids or --guid");
    if (!cli_number(&version, c, "version", 1, INT64_MAX, 0)) return CLI_ERROR;
    int status = cli_open_writer(&w, c->args[0], 0, NULL, 0, 0);
    if (status == CLI_OK && guid) status = kill_one(c, w, NULL, guid, version, &known);
    for (int i = 1; status == CLI_OK && i < c->count; i++) status = kill_one(c, w, c->args[i], NULL, version, &known);
    if (status == CLI_OK) status = cli_commit(w, c->args[0]);
    ls_writer_close(w);
    return status == CLI_OK && known == 0 ? CLI_NOTHING : status;
}

static const cli_flag flags[] = {{"guid", "GUID", "the article of this guid"},
                                 {"reason", "TEXT", "kept with the tombstone"},
                                 {"version", "N", "the version that was withdrawn, where it is known"},
                                 {NULL, NULL, NULL}};
const cli_command cli_kill = {.name = "kill",
                              .arguments = "INDEX ID … | INDEX --guid GUID",
                              .summary = "withdraw articles for good",
                              .about =
                                  "As delete, and a tombstone refuses what comes by that name later, unless it is\n"
                                  "added with --revive. What is not known is refused all the same once it\n"
                                  "arrives; the exit status is 1 where only such was named. purge takes the\n"
                                  "bytes off the disk.\n",
                              .flags = flags,
                              .min = 1,
                              .max = -1,
                              .run = run};
