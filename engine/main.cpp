#include <malloc.h>

#include "base/own_memory.hpp"
#include "base/standard_streams.hpp"
#include "cli/cli.hpp"

int main(int argc, char** argv) {
  // What is large goes back to the system when it is let go. Left to itself, the C library keeps such memory once it
  // has seen some of it come back.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
  millrace::keep_memory_private();
  millrace::secure_standard_streams();
  return millrace::code_after_output(millrace::run_command_line(argc, argv));
}
