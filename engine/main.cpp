#include <malloc.h>

#include "base/own_memory.hpp"
#include "base/standard_streams.hpp"
#include "cli/cli.hpp"

// What is large goes back to the system when it is let go. Left to itself, jemalloc keeps such memory for ten seconds,
// and the C library for good once it has seen some of it come back.
extern "C" [[gnu::visibility("default")]] const char* malloc_conf;
const char* malloc_conf = "oversize_threshold:1048576";  // jemalloc reads it, where the program has it

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
  millrace::keep_memory_private();
  millrace::secure_standard_streams();
  return millrace::code_after_output(millrace::run_command_line(argc, argv));
}
