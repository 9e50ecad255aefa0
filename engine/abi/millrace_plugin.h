/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole contract between the engine and a plugin, in plain C.
 *
 * Growth:  tables begin with their size and grow only at the end. Check MR_HAS before using a field younger than 1.0.
 *          A new MR_ABI_MAJOR means that older plugins are refused, by name, when they are loaded.
 * Memory:  whoever allocates, frees. Text is borrowed until the function returns; copy what you keep.
 * Threads: `open` and `close` are called one at a time; `begin` and `cancel` from any worker, at once. Host functions
 *          may be called from any thread and never block.
 * Calls:   every call ends exactly once, by `finish` or `fail`, during `begin` or later.
 * Values:  inputs, outputs and answers are JSON. In a dry run an object {"$unknown": "what"} stands for a value
 *          that only a real run will tell; pass it on as it is. A plugin may say one itself only where it was told one:
 *          otherwise it is data. What the host says of data whose name is "$unknown", or that with more "$" in front,
 *          has one "$" more, which is taken off when it comes back. */
#ifndef MILLRACE_PLUGIN_H
#define MILLRACE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MR_ABI_MAJOR 1u
#define MR_EXPORT __attribute__((visibility("default")))
#define MR_HAS(table, field) ((table)->size >= (size_t)((const char*)(&(table)->field + 1) - (const char*)(table)))

/* UTF-8, not NUL-terminated. */
typedef struct mr_text {
  const char* data;
  size_t size;
} mr_text;

/* An open or an action under way; a trigger is a call that emits until it is cancelled. */
typedef struct mr_call mr_call;

/* Receives the answer of a host service, exactly once, on any thread. `ok` is 1 and `result` the JSON that the service
 * gives, or `ok` is 0 and `result` is {"code": "...", "message": "..."}. */
typedef void (*mr_answer)(void* context, int ok, mr_text result);

/* Levels of `log`. */
enum { MR_LOG_DEBUG = 0, MR_LOG_INFO = 1, MR_LOG_WARNING = 2, MR_LOG_ERROR = 3 };

typedef struct mr_host {
  size_t size;
  uint32_t abi_major;

  void (*log)(mr_call* call, int level, mr_text message);
  void (*finish)(mr_call* call, mr_text output);
  /* `code` is one of "invalid", "not_found", "conflict", "denied", "timeout", "cancelled", "unavailable", "internal",
   * or the one that a service answered with ("limited", "unsure"): a plugin that gives up because of an answer passes
   * its code on. */
  void (*fail)(mr_call* call, mr_text code, mr_text message);
  /* Triggers only, any number of times. What the plugin keeps with `write_state` afterwards, such as how far it has
   * read, is written after the event: a crash between them repeats the event and does not lose it. */
  void (*emit)(mr_call* call, mr_text event);
  int (*is_cancelled)(const mr_call* call);

  /* The only ways out. Each passes the gate, so each is planned in a dry run, counted, limited and recorded. */

  /* Runs another plugin's action. A name without a plugin ("location_tags.list") means the plugin of the step's
   * connection, so a job works with any connector that offers it. The manifest names it under "calls". */
  void (*call_action)(mr_call* call, mr_text action, mr_text input, mr_answer answer, void* context);
  /* {"method", "path" or "url", "query": {}, "headers": {}, "body"} -> {"status", "headers": {}, "body"}; the action's
   * declared effect holds for it. A path is under the base URL of the step's connection, which adds its token. */
  void (*http)(mr_call* call, mr_text request, mr_answer answer, void* context);
  /* Writes `content` to `path` below the project's output folder -> {"file": "<path>", "bytes": N}. */
  void (*write_file)(mr_call* call, mr_text path, mr_text content, mr_answer answer, void* context);
  /* Durable values of this plugin, by key -> the value, or null. What an action writes is seen by itself at once. It
   * is there for good before the next change that the action makes leaves, and at the latest together with the outcome
   * of its step. In a dry run writes stay in the dry run. What a trigger writes is its own in each workflow that
   * listens to it; where it has written nothing, it reads what the actions keep. */
  void (*read_state)(mr_call* call, mr_text key, mr_answer answer, void* context);
  void (*write_state)(mr_call* call, mr_text key, mr_text value, mr_answer answer, void* context);

  /* Younger than 1.0. */

  /* The run's time in milliseconds since 1970, UTC: the same from its beginning to its end, and what --as-of says. */
  int64_t (*now)(const mr_call* call);
  /* Tells, before the first of many writes, how many there will be: {"action": "location_tags.delete", "count": 12} ->
   * null, or "limited" where they would pass a safety limit, so that nothing is done by half. In a dry run the answer
   * is always null, because a plan lists what is too much, too. */
  void (*announce)(mr_call* call, mr_text changes, mr_answer answer, void* context);
  /* Writes `value` where the key holds `expected` (null: nothing) -> {"swapped": true or false, "value": what the key
   * holds now}. For what is read first and then written: of several calls at once no more than one swaps. Where
   * another step was quicker after all, when this step's outcome is written, the action is done once more from its
   * beginning; what has left already does not leave again. In a dry run on what the dry run has written. */
  void (*swap_state)(mr_call* call, mr_text key, mr_text expected, mr_text value, mr_answer answer, void* context);
  /* What people read: the time zone of the run ("Europe/Berlin"), and by how many milliseconds its clocks are ahead of
   * UTC at `time`, counted as `now` is. */
  mr_text (*time_zone)(const mr_call* call);
  int64_t (*utc_offset)(const mr_call* call, int64_t time);
  /* The name that the project gives to the location of this call: its id where it has no name, empty where the call
   * has no location. Borrowed, as `time_zone` is, until the call ends. */
  mr_text (*location_name)(const mr_call* call);
} mr_host;

typedef struct mr_plugin {
  size_t size;
  uint32_t abi_major;
  mr_text name; /* as in the manifest */

  /* Returns what `begin` gets as `self`, or NULL after `fail`. `finish` need not be called. */
  void* (*open)(const mr_host* host, mr_call* call, mr_text config);
  void (*close)(void* self);
  /* `capability` is the action's name without the plugin's: "upsert". Blocking plugins finish inside. */
  void (*begin)(void* self, mr_call* call, mr_text capability, mr_text input);
  /* Optional: NULL means "polls is_cancelled". May arrive while `begin` is only starting or the call is just ending. */
  void (*cancel)(void* self, mr_call* call);

  /* Younger than 1.0. */

  /* 1: what the manifest calls "format": "date-time" or "duration" comes in inputs, and in a trigger's `with`, as whole
   * milliseconds: a time as `now` counts it, a duration by itself. 0, as in every table that ends before this: as text,
   * as it was written. */
  uint32_t times_in_milliseconds;
} mr_plugin;

/* The one exported symbol. Called before anything else and must have no other effect. */
MR_EXPORT const mr_plugin* mr_plugin_entry(void);

#ifdef __cplusplus
}
#endif
#endif
