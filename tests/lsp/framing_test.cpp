#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lsp/framing.hpp"

using namespace millrace::lsp;

TEST_SUITE_BEGIN("lsp");

TEST_CASE("messages come out whole, however their bytes arrive") {
  const std::string bytes = framed("{\"a\":1}") + framed("") + "content-length: 2\ncontent-type: x\n\nok";
  for (std::size_t part = 1; part <= bytes.size(); ++part) {
    FrameReader reader;
    std::vector<std::string> bodies;
    for (std::size_t at = 0; at < bytes.size(); at += part) {
      reader.feed(std::string_view(bytes).substr(at, part));
      while (const auto frame = reader.next()) bodies.push_back(frame->fault + frame->body);
    }
    CHECK(bodies == std::vector<std::string>{"{\"a\":1}", "", "ok"});
  }
}

TEST_CASE("lines that announce nothing are told once, and the next message is heard") {
  FrameReader reader;
  reader.feed("Content-Length: twelve\r\n\r\nContent-Type: x\r\n\r\n" + framed("ok"));
  CHECK(reader.next()->fault.find("Content-Length") != std::string::npos);
  CHECK(reader.next()->fault.find("Content-Length") != std::string::npos);
  CHECK(reader.next()->body == "ok");
  CHECK(!reader.next());
}

TEST_CASE("a message that is too large is skipped and not kept, and the next is heard") {
  FrameReader reader;
  const std::size_t size = largest_message + 1;
  reader.feed("Content-Length: " + std::to_string(size) + "\r\n\r\n");
  CHECK(reader.next()->fault.find("too large") != std::string::npos);
  for (std::size_t sent = 0; sent < size; sent += std::min<std::size_t>(1 << 20, size - sent)) {
    reader.feed(std::string(std::min<std::size_t>(1 << 20, size - sent), 'x'));
    CHECK(!reader.next());
  }
  reader.feed(framed("ok"));
  CHECK(reader.next()->body == "ok");
}

TEST_CASE("a stream in which no message begins is lost, and not read for ever") {
  FrameReader reader;
  reader.feed(std::string(largest_head + 1, 'x'));
  CHECK(!reader.next()->fault.empty());
  CHECK(reader.lost());
  reader.feed(framed("ok"));
  CHECK(!reader.next());
}

TEST_SUITE_END();
