/* my_plugin.turn: turns a text around. The example in my_plugin.json is its test: "make test" runs it. */
#include <millrace_plugin.h>
#include <stdlib.h>

#define TEXT(literal) ((mr_text){(literal), sizeof(literal) - 1})

static const mr_host* host;

static void* open_plugin(const mr_host* given, mr_call* call, mr_text config) {
  (void)call, (void)config;
  host = given;
  return &host;
}

static void close_plugin(void* self) { (void)self; }

/* The host has checked the input against the manifest and writes it without blanks: it is {"text":"..."} and nothing
 * else. A plugin with more to read takes a JSON library. */
static void begin(void* self, mr_call* call, mr_text capability, mr_text input) {
  const size_t front = sizeof("{\"text\":\"") - 1, back = sizeof("\"}") - 1;
  char* output = malloc(input.size);
  size_t at = 0;
  (void)self, (void)capability;
  if (output == NULL || input.size < front + back) {
    free(output);
    host->fail(call, TEXT("invalid"), TEXT("there is no text"));
    return;
  }
  for (; at < input.size; ++at) {
    const int turned = at >= front && at < input.size - back;
    output[at] = turned ? input.data[input.size - back - 1 - (at - front)] : input.data[at];
  }
  host->finish(call, (mr_text){output, input.size}); /* each call ends once, by finish or fail */
  free(output);
}

static const mr_plugin plugin = {
    .size = sizeof(mr_plugin),
    .abi_major = MR_ABI_MAJOR,
    .name = {"my_plugin", sizeof("my_plugin") - 1},
    .open = open_plugin,
    .close = close_plugin,
    .begin = begin,
};

MR_EXPORT const mr_plugin* mr_plugin_entry(void) { return &plugin; }
