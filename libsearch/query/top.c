/* top.c — chooses the engine for the best k by score. */
#include "libsearch/query/exec.h"

bool lsi_exec_can_top(const lsi_plan *p)
{
    (void)p;
    return false;
}
int lsi_exec_run_top(lsi_plan *p, const lsi_exec_top *t, ls_error *err)
{
    (void)p, (void)t, (void)err;
    return LS_OK;
}
const char *lsi_exec_name(const lsi_plan *p)
{
    (void)p;
    return "windows";
}
