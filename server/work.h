/* work.h — a few threads for what takes longer than a connection's thread may. */
#ifndef SD_WORK_H
#define SD_WORK_H
#include <stdbool.h>
#include <stddef.h>

typedef struct sd_work sd_work;
sd_work *sd_work_start(int threads, size_t queue); /* NULL: no threads or no memory */
/* Two lanes, each bounded: what is quick goes before what is lengthy, and is not refused for its sake. */
typedef enum sd_lane { SD_QUICK, SD_LENGTHY, SD_LANES } sd_lane;
/* False where `queue` jobs wait in the lane already, unless `must` (the next piece of something begun). */
bool sd_work_push(sd_work *w, sd_lane lane, void (*run)(void *ctx), void *ctx, bool must);
size_t sd_work_waiting(sd_work *w);
void sd_work_stop(sd_work *w); /* does what waits, ends the threads, frees; takes NULL */
#endif
