/* A plugin that breaks one rule of the contract: which one, the build says. */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "abi/millrace_plugin.h"

enum rule {
  NONE,
  NO_TABLE,
  TINY_TABLE,
  SHORT_TABLE,
  NO_CANCEL,
  OTHER_MAJOR,
  OTHER_NAME,
  NO_OPEN,
  NO_CLOSE,
  NO_BEGIN,
  OPEN_FAILS,
  OPEN_FAILS_AT_LENGTH,
  OPEN_GIVES_NOTHING,
  OPEN_MULTIPLIES,
  CRASHES
};

#ifndef ENTRY
#define ENTRY mr_plugin_entry
#endif
#define TEXT(literal) ((mr_text){(literal), sizeof(literal) - 1})

static int self;

__attribute__((constructor)) static void load(void) {
  if (RULE == CRASHES) raise(SIGILL);
}

static void* stay(void* nothing) {
  for (;;) pause();
  return nothing;
}

/* More threads than it may have, and it does not come back. */
static void multiply(void) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 << 10);
  pthread_t thread;
  for (int n = 0; n < 100; ++n) pthread_create(&thread, &small, stay, NULL);
  stay(NULL);
}

static void* open_plugin(const mr_host* host, mr_call* call, mr_text config) {
  (void)config;
  if (RULE == OPEN_MULTIPLIES) multiply();
  if (RULE == OPEN_FAILS) host->fail(call, TEXT("denied"), TEXT("the licence has run out"));
  static char reason[1 << 20];
  memset(reason, 'x', sizeof reason);
  if (RULE == OPEN_FAILS_AT_LENGTH) host->fail(call, TEXT("denied"), (mr_text){reason, sizeof reason});
  return RULE == OPEN_FAILS || RULE == OPEN_FAILS_AT_LENGTH || RULE == OPEN_GIVES_NOTHING ? NULL : &self;
}
static void close_plugin(void* given) { (void)given; }
static void begin(void* given, mr_call* call, mr_text capability, mr_text input) {
  (void)given, (void)call, (void)capability, (void)input;
}

static const mr_plugin plugin = {
    .size = RULE == TINY_TABLE    ? sizeof(size_t)
            : RULE == SHORT_TABLE ? offsetof(mr_plugin, begin)
            : RULE == NO_CANCEL   ? offsetof(mr_plugin, cancel)
                                  : sizeof(mr_plugin),
    .abi_major = RULE == OTHER_MAJOR ? MR_ABI_MAJOR + 1 : MR_ABI_MAJOR,
    .name = {RULE == OTHER_NAME ? "others" : "broken", 6},
    .open = RULE == NO_OPEN ? NULL : open_plugin,
    .close = RULE == NO_CLOSE ? NULL : close_plugin,
    .begin = RULE == NO_BEGIN ? NULL : begin,
};

MR_EXPORT const mr_plugin* ENTRY(void);
MR_EXPORT const mr_plugin* ENTRY(void) { return RULE == NO_TABLE ? NULL : &plugin; }
