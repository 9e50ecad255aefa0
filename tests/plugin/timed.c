/* A plugin that gives back what it was given, as an action and as a trigger. In which form it wants times, or whether
 * it was built before it could say so, the build says. */
#include <string.h>

#include "abi/millrace_plugin.h"

static const mr_host* host;

static void* open_timed(const mr_host* table, mr_call* call, mr_text config) {
  (void)call, (void)config;
  host = table;
  return &host;
}

static void close_timed(void* self) { (void)self; }

static void begin(void* self, mr_call* call, mr_text capability, mr_text input) {
  const mr_text code = {"unavailable", 11}, message = {"that was all", 12};
  (void)self;
  if (capability.size == 4 && memcmp(capability.data, "echo", 4) == 0) {
    host->finish(call, input);
    return;
  }
  host->emit(call, input);
  host->fail(call, code, message);
}

static const mr_plugin table = {
    .size = BUILT_BEFORE ? offsetof(mr_plugin, times_in_milliseconds) : sizeof(mr_plugin),
    .abi_major = MR_ABI_MAJOR,
    .name = {"timed", 5},
    .open = open_timed,
    .close = close_timed,
    .begin = begin,
    .times_in_milliseconds = MILLISECONDS,
};

MR_EXPORT const mr_plugin* mr_plugin_entry(void) { return &table; }
