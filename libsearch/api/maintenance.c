/* maintenance.c — the public check, backup and salvage: checks arguments, calls down. */
#include "libsearch/api/args.h"
#include "libsearch/index/maintain.h"

int ls_check(const char *path, ls_fault_fn *fault, void *ctx, ls_check_report *out, ls_error *err)
{
    ls_check_report own = {0};
    lsi_error_clear(err);
    int rc = lsi_args_given(path, "path", err);
    if (!rc) rc = lsi_index_check(path, fault, ctx, &own, err);
    if (out) lsi_args_return(out, &own, sizeof own);
    return lsi_args_code(rc, err);
}

int ls_backup(const char *path, const char *to, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(path, "path", err);
    if (!rc) rc = lsi_args_given(to, "to", err);
    return lsi_args_code(rc ? rc : lsi_index_backup(path, to, err), err);
}

int ls_salvage(const char *path, const char *to, const ls_salvage_options *o, ls_salvage_report *out, ls_error *err)
{
    ls_salvage_options options;
    ls_salvage_report own = {0};
    lsi_error_clear(err);
    int rc = lsi_args_given(path, "path", err);
    if (!rc) rc = lsi_args_given(to, "to", err);
    if (!rc) rc = lsi_args_options(&options, sizeof options, o, "ls_salvage_options", err);
    if (!rc) rc = lsi_index_salvage(path, to, &options, &own, err);
    if (out) lsi_args_return(out, &own, sizeof own);
    return lsi_args_code(rc, err);
}
