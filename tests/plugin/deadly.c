/* A plugin whose only action makes the whole program die. */
#include <stdlib.h>

#include "abi/millrace_plugin.h"

static const mr_host* host;

static void* open_deadly(const mr_host* table, mr_call* call, mr_text config) {
  (void)call, (void)config;
  host = table;
  return &host;
}

static void close_deadly(void* self) { (void)self; }

static void begin(void* self, mr_call* call, mr_text capability, mr_text input) {
  (void)self, (void)call, (void)capability, (void)input;
  _Exit(86);
}

static mr_plugin table = {
    .size = sizeof(mr_plugin), .abi_major = MR_ABI_MAJOR, .open = open_deadly, .close = close_deadly, .begin = begin};

MR_EXPORT const mr_plugin* mr_plugin_entry(void) {
  static const char name[] = "deadly";
  table.name.data = name;
  table.name.size = sizeof name - 1;
  return &table;
}
