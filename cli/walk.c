/* walk.c — the files under a path, in byte order of their paths, so that the same directory makes the same index
 * everywhere. Links to files are followed, links to directories are not (they may run in a circle). */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "import/import.h"

#define DEPTH_MAX 64

static char *join(const char *dir, const char *name)
{
    js_text t = {0};
    if (dir[0]) {
        js_puts(&t, dir);
        if (dir[strlen(dir) - 1] != '/') js_putc(&t, '/');
    }
    js_puts(&t, name);
    return js_text_take(&t, NULL);
}

/* Takes path and relative over. */
static int put_file(cli_files *files, char *path, char *relative, const struct stat *st)
{
    if (files->count == files->cap) {
        size_t cap = files->cap ? files->cap * 2 : 64;
        cli_file *items = realloc(files->items, cap * sizeof *items);
        if (items == NULL) {
            free(path);
            free(relative);
            return cli_fail("no memory for the list of files");
        }
        files->items = items;
        files->cap = cap;
    }
    files->items[files->count++] =
        (cli_file){.path = path,
                   .relative = relative,
                   .mtime = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000,
                   .bytes = (uint64_t)st->st_size};
    return CLI_OK;
}

static int walk_directory(cli_files *files, const char *path, const char *relative, int depth);

static int put_entry(cli_files *files, const char *dir, const char *relative_dir, const char *name, int depth)
{
    struct stat st;
    char *path = join(dir, name), *relative = join(relative_dir, name);
    int status = CLI_OK;
    if (path == NULL || relative == NULL) {
        status = cli_fail("no memory for the list of files");
    } else if (lstat(path, &st) != 0 || (S_ISLNK(st.st_mode) && stat(path, &st) == 0 && S_ISDIR(st.st_mode))) {
        cli_fail("%s: %s", path, S_ISDIR(st.st_mode) ? "a link to a directory is not followed" : strerror(errno));
        files->failed += !S_ISDIR(st.st_mode);
    } else if (S_ISDIR(st.st_mode)) {
        status = walk_directory(files, path, relative, depth + 1);
    } else if (S_ISREG(st.st_mode) && im_kind_of_found(path) != IM_OTHER) {
        return put_file(files, path, relative, &st);
    } else {
        cli_warn("%s: not read (expected " IM_EXPECTED ")", path);
    }
    free(path);
    free(relative);
    return status;
}

static int walk_directory(cli_files *files, const char *path, const char *relative, int depth)
{
    struct dirent *e;
    int status = CLI_OK;
    if (depth > DEPTH_MAX) {
        files->failed++;
        cli_fail("%s: directories nested deeper than %d are not read", path, DEPTH_MAX);
        return CLI_OK;
    }
    DIR *d = opendir(path);
    if (d == NULL) {
        files->failed++;
        cli_fail("%s: %s", path, strerror(errno));
        return CLI_OK;
    }
    while (status == CLI_OK && (e = readdir(d)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            status = put_entry(files, path, relative, e->d_name, depth);
    closedir(d);
    return status;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const cli_file *)a)->relative, ((const cli_file *)b)->relative);
}

int cli_walk(cli_files *files, const char *path)
{
    struct stat st;
    size_t from = files->count;
    if (stat(path, &st) != 0) {
        files->failed++;
        cli_fail("%s: %s", path, strerror(errno));
        return CLI_OK;
    }
    if (S_ISDIR(st.st_mode)) {
        int status = walk_directory(files, path, "", 0);
        if (files->count > from) qsort(files->items + from, files->count - from, sizeof *files->items, by_path);
        return status;
    }
    if (im_kind_of(path) == IM_OTHER) {
        files->failed++;
        cli_fail("%s: expected " IM_EXPECTED, path);
        return CLI_OK;
    }
    const char *slash = strrchr(path, '/');
    char *copy = join("", path), *relative = join("", slash ? slash + 1 : path);
    if (copy == NULL || relative == NULL) {
        free(copy);
        free(relative);
        return cli_fail("no memory for the list of files");
    }
    return put_file(files, copy, relative, &st);
}

void cli_files_free(cli_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].path);
        free(files->items[i].relative);
    }
    free(files->items);
    *files = (cli_files){0};
}
