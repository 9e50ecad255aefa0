/* A plugin whose calls do not end when they are told to: "hold" keeps its thread, "forget" gives it back and says
 * nothing more; "late" ends well, but later than anybody waits. */
#include <string.h>
#include <threads.h>

#include "abi/millrace_plugin.h"

static const mr_host* host;

static void* open_stuck(const mr_host* table, mr_call* call, mr_text config) {
  (void)call, (void)config;
  host = table;
  return &host;
}

static void close_stuck(void* self) { (void)self; }

static int is(mr_text text, const char* word) {
  return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

static void rest(struct timespec time) { thrd_sleep(&time, NULL); }

static void begin(void* self, mr_call* call, mr_text capability, mr_text input) {
  (void)self, (void)input;
  if (is(capability, "forget")) return;
  if (is(capability, "late")) {
    while (host->is_cancelled(call) == 0) rest((struct timespec){.tv_nsec = 1000000});
    host->finish(call, (mr_text){"{}", 2});
    return;
  }
  for (;;) rest((struct timespec){.tv_sec = 3600});
}

static const mr_plugin table = {.size = sizeof(mr_plugin),
                                .abi_major = MR_ABI_MAJOR,
                                .name = {"stuck", 5},
                                .open = open_stuck,
                                .close = close_stuck,
                                .begin = begin};

MR_EXPORT const mr_plugin* mr_plugin_entry(void) { return &table; }
