/* writer.c — the public writer: checks arguments, calls down. */
#include "libsearch/index/writer.h"
#include "libsearch/api/args.h"

int ls_writer_open(ls_writer **out, const char *path, const ls_writer_options *o, ls_error *err)
{
    ls_writer_options own;
    const unsigned known =
        LS_WRITER_CREATE | LS_WRITER_EXCLUSIVE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE | LS_WRITER_FORCE;
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    *out = NULL;
    rc = lsi_args_given(path, "path", err);
    if (!rc) rc = lsi_args_options(&own, sizeof own, o, "ls_writer_options", err);
    if (!rc && own.flags & ~known) rc = lsi_fail(err, LS_INVALID, "flags 0x%x: unknown ones are set", own.flags);
    return lsi_args_code(rc ? rc : lsi_writer_open(out, path, &own, err), err);
}

void ls_writer_close(ls_writer *w)
{
    lsi_writer_close(w);
}

const ls_schema *ls_writer_schema(const ls_writer *w)
{
    return w ? lsi_writer_schema(w) : NULL;
}

int ls_add(ls_writer *w, const ls_doc *d, ls_added *added, ls_error *err)
{
    return ls_add_with(w, d, NULL, added, err);
}

int ls_add_with(ls_writer *w, const ls_doc *d, const ls_add_options *o, ls_added *added, ls_error *err)
{
    ls_added own = {0};
    ls_add_options options;
    lsi_error_clear(err);
    int rc = lsi_args_given(w, "writer", err);
    if (!rc) rc = lsi_args_given(d, "document", err);
    if (!rc) rc = lsi_args_options(&options, sizeof options, o, "ls_add_options", err);
    if (!rc) rc = lsi_writer_add(w, d, options.revive, &own, err);
    if (added) lsi_args_return(added, &own, sizeof own);
    return lsi_args_code(rc, err);
}

int ls_delete(ls_writer *w, const char *id, size_t len, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(w, "writer", err);
    if (!rc) rc = lsi_args_given(id, "id", err);
    return lsi_args_code(rc ? rc : lsi_writer_delete(w, (const uint8_t *)id, len, err), err);
}

int ls_kill(ls_writer *w, const ls_kill_options *o, ls_killed *out, ls_error *err)
{
    ls_killed own = {0};
    ls_kill_options options;
    lsi_error_clear(err);
    int rc = lsi_args_given(w, "writer", err);
    if (!rc) rc = lsi_args_given(o, "options", err);
    if (!rc) rc = lsi_args_options(&options, sizeof options, o, "ls_kill_options", err);
    if (!rc) rc = lsi_writer_kill(w, &options, &own, err);
    if (out) lsi_args_return(out, &own, sizeof own);
    return lsi_args_code(rc, err);
}

int ls_commit(ls_writer *w, uint64_t *generation, ls_error *err)
{
    lsi_error_clear(err);
    if (generation) *generation = 0;
    int rc = lsi_args_given(w, "writer", err);
    return lsi_args_code(rc ? rc : lsi_writer_commit(w, generation, err), err);
}

int ls_rollback(ls_writer *w, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(w, "writer", err);
    return lsi_args_code(rc ? rc : lsi_writer_rollback(w, err), err);
}

int ls_merge(ls_writer *w, size_t segments, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(w, "writer", err);
    return lsi_args_code(rc ? rc : lsi_writer_merge(w, segments, err), err);
}

int ls_purge(ls_writer *w, uint64_t *rewritten, ls_error *err)
{
    uint64_t own = 0;
    lsi_error_clear(err);
    if (rewritten) *rewritten = 0;
    int rc = lsi_args_given(w, "writer", err);
    if (!rc) rc = lsi_writer_purge(w, &own, err);
    if (rewritten) *rewritten = own;
    return lsi_args_code(rc, err);
}

int ls_writer_add_field(ls_writer *w, const ls_field *field, ls_error *err)
{
    ls_field f;
    lsi_error_clear(err);
    int rc = lsi_args_given(w, "writer", err);
    if (!rc) rc = lsi_args_given(field, "field", err);
    if (!rc) rc = lsi_args_options(&f, sizeof f, field, "ls_field", err);
    f.size = sizeof f;
    return lsi_args_code(rc ? rc : lsi_writer_add_field(w, &f, err), err);
}

int ls_writer_set_boilerplate(ls_writer *w, const ls_schema *lists, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(w, "writer", err);
    if (!rc) rc = lsi_args_given(lists, "the schema whose lists are taken", err);
    return lsi_args_code(rc ? rc : lsi_writer_take_lines(w, lists, err), err);
}
