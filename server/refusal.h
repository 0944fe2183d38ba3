/* refusal.h — what the server says to a request that no handler may see: one table, told as problem+json. */
#ifndef SD_REFUSAL_H
#define SD_REFUSAL_H
#include "json/json.h"

/* name, status, code, title, detail */
#define SD_REFUSALS(X)                                                                                                 \
    X(REQUEST_LINE, 400, "bad_request", "Bad request", "the request line is not METHOD TARGET HTTP/1.1")               \
    X(CONTROL_BYTE, 400, "bad_request", "Bad request", "a NUL or another control byte in the head")                    \
    X(LINE_END, 400, "bad_request", "Bad request", "a line of the head does not end in CR LF")                         \
    X(TARGET, 400, "bad_request", "Bad request", "the target must be a path, or this server's own http:// address")    \
    X(PERCENT, 400, "bad_encoding", "Bad percent-encoding",                                                            \
      "a % in the target without two hexadecimal digits, or %00")                                                      \
    X(HEADER_NAME, 400, "bad_request", "Bad request", "a header without a proper name before its colon")               \
    X(HEADER_FOLD, 400, "bad_request", "Bad request", "a header line continued on the next line")                      \
    X(HOST_COUNT, 400, "bad_request", "Bad request", "there must be exactly one Host header")                          \
    X(HOST_VALUE, 400, "bad_request", "Bad request", "the Host header is not a host name with a port")                 \
    X(HOST_UNKNOWN, 421, "misdirected", "Misdirected request",                                                         \
      "this host is not served here; --allow-host adds a name")                                                        \
    X(LENGTH, 400, "bad_request", "Bad request", "Content-Length must stand once and be decimal digits alone")         \
    X(LENGTH_AND_CHUNKED, 400, "bad_request", "Bad request", "Content-Length and Transfer-Encoding together")          \
    X(CODING, 501, "not_implemented", "Not implemented", "the only transfer coding understood is chunked")             \
    X(CODING_VERSION, 400, "bad_request", "Bad request", "chunked needs HTTP/1.1")                                     \
    X(BODY_UNWANTED, 400, "bad_request", "Bad request", "GET and HEAD take no content")                                \
    X(CHUNK, 400, "bad_request", "Bad request", "the chunked content is broken")                                       \
    X(EXPECT, 417, "expectation_failed", "Expectation failed", "the only expectation understood is 100-continue")      \
    X(METHOD, 501, "not_implemented", "Not implemented", "the method is not known to this server")                     \
    X(VERSION, 505, "http_version", "HTTP version not supported", "this server speaks HTTP/1.1 and HTTP/1.0")          \
    X(TARGET_LONG, 414, "uri_too_long", "URI too long", "the target is longer than 8,192 bytes")                       \
    X(ARGUMENTS, 414, "uri_too_long", "URI too long", "more than 200 arguments")                                       \
    X(HEAD_LONG, 431, "headers_too_large", "Request headers too large", "the head is longer than 16,384 bytes")        \
    X(HEADER_COUNT, 431, "headers_too_large", "Request headers too large", "more than 100 headers")                    \
    X(HEAD_SLOW, 408, "timeout", "Request timeout", "the head was not complete in 10 seconds")                         \
    X(BODY_SLOW, 408, "timeout", "Request timeout", "the content came at less than 4 KiB a second")                    \
    X(FULL_ADDRESS, 429, "too_many_requests", "Too many requests", "too many connections from this address")           \
    X(FULL, 503, "busy", "Busy", "too many connections; try again later")                                              \
    X(STOPPING, 503, "busy", "Busy", "the server is stopping")                                                         \
    X(MEMORY, 503, "busy", "Busy", "out of memory; try again later")

typedef enum sd_refusal {
    SD_REFUSE_NOTHING = 0,
#define X(name, status, code, title, detail) SD_REFUSE_##name,
    SD_REFUSALS(X)
#undef X
        SD_REFUSE_END
} sd_refusal;

void sd_refusal_problem(js_problem *out, sd_refusal r);
/* A whole HTTP/1.1 answer that closes the connection, for those that never reach libmicrohttpd. */
void sd_refusal_raw(js_text *out, sd_refusal r);
#endif
