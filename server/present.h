/* present.h — whether an answer depends on the time at which it is asked for. */
#ifndef SD_PRESENT_H
#define SD_PRESENT_H
#include "server/exchange.h"

/* The exchange must hold its snapshot where its target has arguments. */
bool sd_present_asked(const sd_exchange *x);
#endif
