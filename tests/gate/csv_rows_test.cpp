#include "gate/csv_rows.hpp"

#include <doctest/doctest.h>

#include "value/json.hpp"

namespace millrace {

namespace {

std::string rows(std::string_view text, char separator = ',') {
  const auto read = csv_rows(text, separator);
  return read ? encode_json(*read) : read.error().message;
}

}  // namespace

TEST_CASE("a CSV text gives a row a line, by the names in the first, and every cell is text") {
  CHECK(rows("") == "[]");
  CHECK(rows("a,b") == "[]");
  CHECK(rows("a,b\n1,x\n") == R"([{"a":"1","b":"x"}])");
  CHECK(rows("a;b\r\n1;2\r\n\r\n3;4", ';') == R"([{"a":"1","b":"2"},{"a":"3","b":"4"}])");
  CHECK(rows("a,b\n1\n") == R"([{"a":"1","b":""}])");
}

TEST_CASE("quotes hold separators, ends of lines and quotes") {
  CHECK(rows("a,\"b,c\"\n\"1\n2\",\"say \"\"hi\"\"\"\n") == R"([{"a":"1\n2","b,c":"say \"hi\""}])");
  CHECK(rows("a\n\"\"\n") == "[]");  // a line without content is none
  CHECK(rows("a\nx\"y\n") == R"([{"a":"x\"y"}])");
}

TEST_CASE("what is no CSV is refused with its row") {
  CHECK(rows("a\n\"b") == "row 2 has a quote that is not closed");
  CHECK(rows("a\n1\n\"b\"c\n") == "row 3 goes on behind a closing quote");
  CHECK(rows("a\n1,2\n") == "row 2 has 2 cells, and the first line names 1");
  CHECK(rows("a,b,a\n") == "row 1 names the column \"a\" twice");
}

}  // namespace millrace
