/* problem.h — every refusal the server can give, in one table (RFC 9457 problem details). */
#ifndef SD_PROBLEM_H
#define SD_PROBLEM_H
#include "server/bytes.h"

/* name, HTTP status, code, title */
#define SD_PROBLEMS(X)                                                                                                 \
    X(BAD_REQUEST, 400, "bad_request", "Bad request")                                                                  \
    X(BAD_FRAMING, 400, "bad_framing", "Malformed request")                                                            \
    X(BAD_HOST, 400, "bad_host", "Missing or malformed Host")                                                          \
    X(BAD_ENCODING, 400, "bad_encoding", "Malformed percent-encoding")                                                 \
    X(INVALID_PARAMETER, 400, "invalid_parameter", "Invalid parameter")                                                \
    X(INVALID_JSON, 400, "invalid_json", "Invalid JSON")                                                               \
    X(INVALID_ARTICLE, 422, "invalid_article", "Invalid article")                                                      \
    X(UNAUTHORIZED, 401, "unauthorized", "A key is needed")                                                            \
    X(FORBIDDEN, 403, "forbidden", "The key does not allow this")                                                      \
    X(NOT_FOUND, 404, "not_found", "Not found")                                                                        \
    X(METHOD_NOT_ALLOWED, 405, "method_not_allowed", "Method not allowed")                                             \
    X(CONFLICT, 409, "conflict", "Conflict")                                                                           \
    X(TOO_LARGE, 413, "too_large", "Content too large")                                                                \
    X(TARGET_TOO_LONG, 414, "target_too_long", "Request target too long")                                              \
    X(UNSUPPORTED_MEDIA, 415, "unsupported_media_type", "Unsupported media type")                                      \
    X(EXPECTATION_FAILED, 417, "expectation_failed", "Expectation failed")                                             \
    X(MISDIRECTED, 421, "misdirected_request", "Host not served here")                                                 \
    X(TOO_MANY_REQUESTS, 429, "too_many_connections", "Too many connections from this address")                        \
    X(HEAD_TOO_LARGE, 431, "head_too_large", "Request head too large")                                                 \
    X(TIMEOUT, 408, "request_timeout", "Request not completed in time")                                                \
    X(INTERNAL, 500, "internal", "Internal error")                                                                     \
    X(CORRUPT, 500, "corrupt", "The index is damaged")                                                                 \
    X(NOT_IMPLEMENTED, 501, "not_implemented", "Not implemented")                                                      \
    X(UNAVAILABLE, 503, "unavailable", "Not available at the moment")                                                  \
    X(NO_MEMORY, 503, "no_memory", "Out of memory")                                                                    \
    X(DEADLINE, 504, "deadline", "The deadline passed")                                                                \
    X(VERSION_NOT_SUPPORTED, 505, "http_version", "HTTP version not supported")                                        \
    X(NO_SPACE, 507, "no_space", "No space left")

typedef enum sd_problem {
    SD_P_NONE = 0,
#define X(name, status, code, title) SD_P_##name,
    SD_PROBLEMS(X)
#undef X
        SD_P_COUNT
} sd_problem;

int sd_problem_status(sd_problem p);
const char *sd_problem_code(sd_problem p);
/* The JSON object; `parameter` may be NULL. */
void sd_problem_put(sd_bytes *b, sd_problem p, const char *detail, const char *parameter);
/* A whole HTTP/1.1 answer that closes the connection: for peers that never reach a handler. */
void sd_problem_raw(sd_bytes *b, sd_problem p, const char *detail);
/* The problem that an error code of the library means. */
sd_problem sd_problem_of(int ls_code);
#endif
