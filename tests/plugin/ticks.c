/* A plugin with triggers of its own: `counted` emits what is still missing of 1, 2, 3 and listens until it is
 * cancelled; `broken` emits one event and gives up; `curious` asks for all that the host has to give, and emits what it
 * was told. */
#define _POSIX_C_SOURCE 199309L /* nanosleep */

#include <stdio.h>
#include <string.h>
#include <threads.h>

#include "abi/millrace_plugin.h"

static const mr_host* host;

static mr_text text(const char* value) {
  mr_text result = {value, strlen(value)};
  return result;
}

static int is(mr_text name, const char* word) {
  return name.size == strlen(word) && memcmp(name.data, word, name.size) == 0;
}

static void forget(void* context, int ok, mr_text result) { (void)context, (void)ok, (void)result; }

/* The answer to `read_state`: null, or the last number that was told. */
static void go_on(void* context, int ok, mr_text known) {
  mr_call* call = context;
  int last = 0;
  if (ok == 0) {
    host->fail(call, text("unavailable"), text("the cursor cannot be read"));
    return;
  }
  if (known.size == 1) last = known.data[0] - '0';
  for (int n = last + 1; n <= 3; ++n) {
    char event[64];
    char cursor[16];
    snprintf(event, sizeof event, "{\"number\": \"tick-%d\", \"n\": %d}", n, n);
    snprintf(cursor, sizeof cursor, "%d", n);
    host->emit(call, text(event));
    host->write_state(call, text("told"), text(cursor), forget, NULL);
  }
}

/* What `curious` asks for, by the name of its event. */
struct question {
  const char* name;
  mr_call* call;
};

static void tell(void* context, int ok, mr_text said) {
  struct question* asked = context;
  char event[1024];
  snprintf(event, sizeof event, "{\"number\": \"%s\", \"n\": %d, \"said\": %.*s}", asked->name, ok, (int)said.size,
           said.data);
  host->emit(asked->call, text(event));
}

static void ask_for_everything(mr_call* call) {
  static struct question asked[] = {{"get", NULL},       {"post", NULL},    {"file", NULL},
                                    {"action", NULL},    {"job", NULL},     {"saved body", NULL},
                                    {"announced", NULL}, {"written", NULL}, {"swapped", NULL}};
  for (size_t i = 0; i < sizeof asked / sizeof *asked; ++i) asked[i].call = call;
  host->http(call, text("{\"method\": \"GET\", \"path\": \"/read\"}"), tell, &asked[0]);
  host->http(call, text("{\"method\": \"POST\", \"path\": \"/posted\", \"body\": {\"n\": 1}}"), tell, &asked[1]);
  host->write_file(call, text("kept/of-a-trigger.txt"), text("a trigger was here"), tell, &asked[2]);
  host->call_action(call, text("first"), text("{\"n\": 1}"), tell, &asked[3]);
  host->call_action(call, text("files.write"), text("{\"file\": \"of-a-job.txt\", \"text\": \"and its job\"}"), tell,
                    &asked[4]);
  host->call_action(call, text("http.request"), text("{\"url\": \"/saved\", \"save_as\": \"saved.json\"}"), tell,
                    &asked[5]);
  host->announce(call, text("{\"action\": \"first\", \"count\": 1}"), tell, &asked[6]);
  host->write_state(call, text("kept"), text("1"), tell, &asked[7]);
  host->swap_state(call, text("claimed"), text("null"), text("2"), tell, &asked[8]);
}

static void* open_ticks(const mr_host* table, mr_call* call, mr_text config) {
  (void)call, (void)config;
  host = table;
  return &host;
}

static void close_ticks(void* self) { (void)self; }

static void begin(void* self, mr_call* call, mr_text capability, mr_text input) {
  (void)self, (void)input;
  if (is(capability, "broken")) {
    host->emit(call, text("{\"number\": \"tick-0\", \"n\": 0}"));
    host->fail(call, text("unavailable"), text("the clock has stopped"));
    return;
  }
  if (is(capability, "curious")) {
    ask_for_everything(call);
  } else {
    host->read_state(call, text("told"), go_on, call);
  }
  while (host->is_cancelled(call) == 0) {
    const struct timespec moment = {0, 10 * 1000 * 1000};
    thrd_sleep(&moment, NULL);
  }
  host->fail(call, text("cancelled"), text("called off"));
}

static mr_plugin table = {
    .size = sizeof(mr_plugin), .abi_major = MR_ABI_MAJOR, .open = open_ticks, .close = close_ticks, .begin = begin};

MR_EXPORT const mr_plugin* mr_plugin_entry(void) {
  table.name = text("ticks");
  return &table;
}
