#include "base/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>

using namespace millrace;

TEST_SUITE_BEGIN("base");

TEST_CASE("what is written to a pipe that nobody reads is left out, never waited for, and goes again once it is read") {
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  const std::string text(3000, 'x');
  std::size_t written = 0;
  for (int i = 0; i < 100; ++i) written += write_what_goes(ends[1], text);
  CHECK(written > 0);
  CHECK(written < 100 * text.size());
  CHECK(write_what_goes(ends[1], text) == 0);
  std::string read(written, ' ');
  CHECK(::read(ends[0], read.data(), read.size()) > 0);
  CHECK(write_what_goes(ends[1], "again") == 5);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_SUITE_END();
