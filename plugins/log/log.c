/* The smallest plugin: one action, log.write, that writes a line to the log. Copy this folder to begin your own. */
#include <millrace_plugin.h>

#define TEXT(literal) ((mr_text){(literal), sizeof(literal) - 1})

static const mr_host* host;

static void* open_plugin(const mr_host* given, mr_call* call, mr_text config) {
  (void)call, (void)config;
  host = given;
  return &host;
}

static void close_plugin(void* self) { (void)self; }

/* The host has checked the input against the manifest's schema and writes it without blanks: it is {"text":...} and
 * nothing else. A plugin with more to read takes a JSON library. */
static void begin(void* self, mr_call* call, mr_text capability, mr_text input) {
  const size_t front = sizeof("{\"text\":") - 1;
  (void)self, (void)capability;
  if (input.size <= front) {
    host->fail(call, TEXT("invalid"), TEXT("there is no text"));
    return;
  }
  host->log(call, MR_LOG_INFO, (mr_text){input.data + front, input.size - front - 1});
  host->finish(call, input); /* the output is {"text":...} as well */
}

static const mr_plugin plugin = {
    .size = sizeof(mr_plugin),
    .abi_major = MR_ABI_MAJOR,
    .name = {"log", 3},
    .open = open_plugin,
    .close = close_plugin,
    .begin = begin,
};

MR_EXPORT const mr_plugin* mr_plugin_entry(void) { return &plugin; }
