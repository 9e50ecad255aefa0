#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "http/body_room.hpp"
#include "http/server_bench.hpp"

using namespace millrace;
using test::RawSocket;
using test::status_line;

namespace {

Task<OutgoingResponse> tell_size(IncomingRequest request) {
  OutgoingResponse response;
  response.body = std::to_string(request.body.size());
  co_return response;
}

/// Opens for those with a key, and takes ten bytes at most; notes whom it heard of.
struct Door {
  std::vector<std::string> asked;
  HttpDoor door() {
    return [this](const IncomingRequest& head) {
      asked.push_back(head.method + " " + head.path + " " + std::to_string(head.body.size()));
      Admittance admitted;
      admitted.max_body_bytes = 10;
      if (head.headers.find("Key") != nullptr) return admitted;
      admitted.refusal.emplace();
      admitted.refusal->status = 401;
      admitted.refusal->body = "no key";
      return admitted;
    };
  }
};

constexpr const char* get_and_close = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
constexpr const char* full = "HTTP/1.1 503 Service Unavailable";

std::string post(std::size_t announced, std::size_t sent, const std::string& path = "/") {
  return "POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(announced) +
         "\r\nConnection: close\r\n\r\n" + std::string(sent, 'x');
}

HttpServerLimits giving_way(int connections, int of_address = 0) {
  HttpServerLimits limits;
  limits.max_connections = connections;
  limits.max_connections_of_address = of_address;
  limits.idle_gives_way = true;
  return limits;
}

/// Answers "/wait" when it is told to.
struct Waiting {
  News go_on;
  std::atomic<int> begun = 0;
  Task<OutgoingResponse> answer(IncomingRequest request) {
    if (request.path == "/wait") {
      ++begun;
      co_await go_on.wait();
    }
    co_return OutgoingResponse();
  }
};

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("who is not let in is told so at the head of the request, and nothing of the body is waited for") {
  Door door;
  test::Served served({}, tell_size, door.door());
  for (const char* head : {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n",
                           "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"}) {
    const std::string refused = served.play([head](RawSocket& socket) {
      socket.send(head);
      return socket.receive_all();
    });
    CHECK(status_line(refused) == "HTTP/1.1 401 Unauthorized");
    CHECK(refused.ends_with("no key"));
  }
  CHECK(door.asked == std::vector<std::string>{"POST /a 0", "POST /b 0", "POST /c 0"});
}

TEST_CASE("a request without a body is the handler's alone") {
  Door door;
  test::Served served({}, tell_size, door.door());
  CHECK(status_line(served.exchange(get_and_close)) == "HTTP/1.1 200 OK");
  CHECK(status_line(served.exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) ==
        "HTTP/1.1 200 OK");
  CHECK(door.asked.empty());
}

TEST_CASE("each address takes bodies of its own size, announced or in chunks") {
  Door door;
  test::Served served({}, tell_size, door.door());
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nKey: 1\r\nConnection: close\r\n";
  const std::string chunks = head + "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n";
  const std::string too_large = "HTTP/1.1 413 Content Too Large";
  CHECK(served.exchange(head + "Content-Length: 10\r\n\r\n0123456789").ends_with("\r\n\r\n10"));
  CHECK(status_line(served.exchange(head + "Content-Length: 11\r\n\r\n")) == too_large);
  CHECK(served.exchange(chunks + "5\r\n56789\r\n0\r\n\r\n").ends_with("\r\n\r\n10"));
  CHECK(status_line(served.exchange(chunks + "6\r\n567890\r\n")) == too_large);
}

TEST_CASE("all bodies under way share one room, and who finds none is told to come back") {
  HttpServerLimits limits;
  limits.max_bytes_under_way = 100'000;
  Waiting waiting;
  test::Served served(limits, [&waiting](IncomingRequest request) { return waiting.answer(std::move(request)); });
  const auto other = [&served](const std::string& text) {
    RawSocket socket = RawSocket::connect(served.server->port());
    socket.send(text);
    return status_line(socket.receive_all());
  };
  std::string too_much, little, bodiless, of_first, afterwards;
  served.play([&](RawSocket& first) {
    first.send(post(80'000, 80'000, "/wait"));
    while (waiting.begun == 0) std::this_thread::yield();
    too_much = other(post(60'000, 60'000));
    little = other(post(10'000, 10'000));
    bodiless = other(get_and_close);
    served.loop.post([&waiting] { waiting.go_on.announce(); });
    of_first = status_line(first.receive_all());
    afterwards = other(post(60'000, 60'000));
    return "";
  });
  CHECK(too_much == full);
  for (const std::string& answered : {little, bodiless, of_first, afterwards}) CHECK(answered == "HTTP/1.1 200 OK");
}

TEST_CASE("a body's part of the room is given back with the body, whoever has it by then") {
  const auto room = std::make_shared<BodyRoom>(BodyRoom{100, 100});
  auto share = std::make_shared<BodyShare>(room, "here");
  CHECK(share->grow_to(60));
  CHECK(share->grow_to(50));  // never less
  CHECK(room->taken == 60);
  {
    BodyShare other(room, "there");
    CHECK_FALSE(other.grow_to(41));
    CHECK(other.grow_to(40));
    CHECK(room->taken == 100);
    CHECK_FALSE(share->grow_to(61));
  }
  CHECK(share->grow_to(100));
  IncomingRequest request;
  request.room = std::move(share);
  CHECK(room->taken == 100);
  request = {};
  CHECK(room->taken == 0);
  CHECK(room->taken_of_address.empty());
}

TEST_CASE("bodies from one address take their share of the room, and leave the rest to the others") {
  const auto room = std::make_shared<BodyRoom>(BodyRoom{100, 60});
  BodyShare first(room, "slow"), second(room, "slow"), other(room, "other");
  CHECK(first.grow_to(40));
  CHECK_FALSE(second.grow_to(21));
  CHECK(second.grow_to(20));
  CHECK_FALSE(first.grow_to(41));
  CHECK(other.grow_to(40));
  CHECK_FALSE(other.grow_to(41));
}

TEST_CASE("a server gives each address its share of the room") {
  HttpServerLimits limits;
  limits.max_bytes_of_address = 50'000;
  Waiting waiting;
  test::Served served(limits, [&waiting](IncomingRequest request) { return waiting.answer(std::move(request)); });
  CHECK(status_line(served.exchange(post(60'000, 60'000))) == full);
  CHECK(status_line(served.exchange(post(40'000, 40'000))) == "HTTP/1.1 200 OK");
}

TEST_CASE("what the server refuses by itself once the head has come is told to its owner") {
  HttpServerLimits limits;
  limits.max_body_bytes = 1000;
  limits.max_bytes_of_address = 500;
  limits.read_timeout = std::chrono::milliseconds(200);
  std::vector<std::string> told;
  const HttpRefusals note = [&told](const IncomingRequest& head, int status, std::string_view why) {
    told.push_back(head.method + " " + head.path + " " + std::to_string(status) + " " + std::string(why));
  };
  test::Served served(limits, tell_size, {}, note);
  const std::string chunked = "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  served.exchange("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
  served.exchange(chunked + "3e9\r\n");
  served.exchange(post(600, 600, "/c"));
  served.exchange(post(100, 10, "/d"));
  served.exchange(chunked + "zz\r\n");
  served.exchange("nonsense\r\n\r\n");
  served.exchange(post(100, 100, "/e"));
  CHECK(told == std::vector<std::string>{"POST /a 413 the body of the request is too large",
                                         "POST /b 413 the body of the request is too large",
                                         "POST /c 503 too much is being sent at once",
                                         "POST /d 408 the request did not arrive in time",
                                         "POST /b 400 this is not a well-formed HTTP request"});
}

TEST_CASE("where there are too many connections, the one that has waited longest gives way") {
  for (const HttpServerLimits& limits : {giving_way(3), giving_way(1000, 3)}) {
    test::Served served(limits, tell_size);
    std::string of_second, of_fourth, of_oldest;
    served.play([&](RawSocket& oldest) {
      oldest.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n01");  // it never comes to its end
      RawSocket second = RawSocket::connect(served.server->port());
      second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      second.receive_until("\r\n\r\n0");
      RawSocket third = RawSocket::connect(served.server->port());
      third.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      third.receive_until("\r\n\r\n0");
      RawSocket fourth = RawSocket::connect(served.server->port());
      fourth.send(get_and_close);
      of_fourth = fourth.receive_all();
      of_oldest = oldest.receive_all();
      second.send(get_and_close);  // it is still there
      of_second = second.receive_all();
      return "";
    });
    CHECK(status_line(of_fourth) == "HTTP/1.1 200 OK");
    CHECK(of_oldest.empty());
    CHECK(status_line(of_second) == "HTTP/1.1 200 OK");
  }
}

TEST_CASE("who is being answered keeps the connection, and the next is told to come back") {
  Waiting waiting;
  test::Served served(giving_way(1000, 1),
                      [&waiting](IncomingRequest request) { return waiting.answer(std::move(request)); });
  std::string of_first, of_second;
  served.play([&](RawSocket& first) {
    first.send("GET /wait HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    while (waiting.begun == 0) std::this_thread::yield();
    RawSocket second = RawSocket::connect(served.server->port());
    of_second = second.receive_all();
    served.loop.post([&waiting] { waiting.go_on.announce(); });
    of_first = first.receive_all();
    return "";
  });
  CHECK(status_line(of_second) == full);
  CHECK(of_second.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(status_line(of_first) == "HTTP/1.1 200 OK");
}

TEST_SUITE_END();
