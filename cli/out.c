/* out.c — stdout and stderr of the sub-commands. A closed pipe is no error: whoever reads has had enough. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "json/utf8.h"

static bool closed; /* stdout was a pipe that nobody reads any more */
static int failed;  /* errno of another failed write */

static void note_error(void)
{
    if (errno == EPIPE) closed = true;
    else failed = errno;
}

void cli_out(const char *s, size_t len)
{
    if (!closed && failed == 0 && len > 0 && fwrite(s, 1, len, stdout) != len) note_error();
}

void cli_print(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    if (!closed && failed == 0 && vprintf(format, ap) < 0) note_error();
    va_end(ap);
}

void cli_text(const char *s, size_t len, bool lines)
{
    size_t from = 0;
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        bool valid;
        size_t n = js_utf8_next(s + i, len - i, &cp, &valid);
        bool control = cp < 0x20 || (cp >= 0x7F && cp < 0xA0);
        if (lines && (cp == '\n' || cp == '\t')) control = false;
        if (control || !valid) {
            cli_out(s + from, i - from);
            if (cp == '\n' || cp == '\t' || cp == '\r') cli_out(" ", 1);
            else cli_out("\xEF\xBF\xBD", 3);
            from = i + n;
        }
        i += n;
    }
    cli_out(s + from, len - from);
}

bool cli_closed(void)
{
    return closed;
}

int cli_finish(int status)
{
    if (!closed && failed == 0 && fflush(stdout) != 0) note_error();
    if (failed != 0) return cli_fail("standard output: %s", strerror(failed));
    return status;
}

bool cli_colour(void)
{
    const char *no = getenv("NO_COLOR");
    return (no == NULL || no[0] == '\0') && isatty(STDOUT_FILENO);
}

/* One line whatever the text: paths and messages may hold anything. */
static void say(const char *prefix, const char *format, va_list ap)
{
    char line[2048];
    vsnprintf(line, sizeof line, format, ap);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F) *c = '?';
    fprintf(stderr, "libsearch: %s%s\n", prefix, line);
}

int cli_fail(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say("", format, ap);
    va_end(ap);
    return CLI_ERROR;
}

void cli_warn(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say("warning: ", format, ap);
    va_end(ap);
}

int cli_fail_with(const ls_error *err, const char *what)
{
    const char *message = err->message[0] ? err->message : ls_strerror(err->code);
    const char *why = err->sys_errno ? strerror(err->sys_errno) : err->code == LS_NOSPACE ? ls_strerror(err->code) : "";
    if (strstr(message, why)) why = "";
    if (what && strstr(message, what)) what = NULL; /* the library named it already */
    return cli_fail("%s%s%s%s%s", what ? what : "", what ? ": " : "", message, why[0] ? ": " : "", why);
}
