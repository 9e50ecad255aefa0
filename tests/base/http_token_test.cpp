#include "base/http_token.hpp"

#include <doctest/doctest.h>

namespace millrace {

TEST_SUITE_BEGIN("base");

TEST_CASE("a header may be called by letters, digits and fifteen signs, and nothing that ends a name on the wire") {
  for (const char* name : {"X-Api-Key", "etag", "2", "!#$%&'*+-.^_`|~"}) CHECK_MESSAGE(is_http_token(name), name);
  for (const char* name :
       {"", "X Key", "X:Key", "Key\r", "Key\n", "a/b", "a\"b", "(a)", "a,b", "{a}", "a@b", "a=b", "ä"})
    CHECK_FALSE_MESSAGE(is_http_token(name), name);
  CHECK_FALSE(is_http_token(std::string_view("a\0b", 3)));
  CHECK_FALSE(is_http_token("\x7F"));
}

TEST_SUITE_END();

}  // namespace millrace
