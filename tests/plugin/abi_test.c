/* The contract is C, and its layout never changes: a field that moves breaks every plugin that was built before. */
#include <stddef.h>

#include "abi/millrace_plugin.h"

#define AT(type, field, place) _Static_assert(offsetof(type, field) == (place), #type "." #field " moved")
#define P sizeof(void*)

AT(mr_text, data, 0);
AT(mr_text, size, P);

AT(mr_host, size, 0);
AT(mr_host, abi_major, P);
AT(mr_host, log, 2 * P);
AT(mr_host, finish, 3 * P);
AT(mr_host, fail, 4 * P);
AT(mr_host, emit, 5 * P);
AT(mr_host, is_cancelled, 6 * P);
AT(mr_host, call_action, 7 * P);
AT(mr_host, http, 8 * P);
AT(mr_host, write_file, 9 * P);
AT(mr_host, read_state, 10 * P);
AT(mr_host, write_state, 11 * P);
AT(mr_host, now, 12 * P);
AT(mr_host, announce, 13 * P);
AT(mr_host, swap_state, 14 * P);
AT(mr_host, time_zone, 15 * P);
AT(mr_host, utc_offset, 16 * P);
AT(mr_host, location_name, 17 * P);
_Static_assert(sizeof(mr_host) == 18 * P, "mr_host grew: assert the new field, and that MR_HAS guards it");

AT(mr_plugin, size, 0);
AT(mr_plugin, abi_major, P);
AT(mr_plugin, name, 2 * P);
AT(mr_plugin, open, 4 * P);
AT(mr_plugin, close, 5 * P);
AT(mr_plugin, begin, 6 * P);
AT(mr_plugin, cancel, 7 * P);
AT(mr_plugin, times_in_milliseconds, 8 * P);
_Static_assert(sizeof(mr_plugin) == 9 * P, "mr_plugin grew: assert the new field, and that MR_HAS guards it");

/* A table that ends before `cancel` has `begin` and does not have `cancel`. */
int has_begin_only(void) {
  const mr_plugin plugin = {.size = offsetof(mr_plugin, cancel)};
  return MR_HAS(&plugin, begin) && !MR_HAS(&plugin, cancel);
}
