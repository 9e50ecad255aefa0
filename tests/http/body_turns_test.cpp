#include "http/body_turns.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "async/asio_loop.hpp"
#include "base/descriptor.hpp"
#include "http/http_connection.hpp"

using namespace millrace;

namespace {

/// A loop that counts its turns.
struct CountedLoop {
  Loop loop{1};
  int turns = 0;

  void run(Task<void> main) {
    count();
    loop.run(std::move(main));
  }

 private:
  void count() {
    loop.post([this] {
      ++turns;
      count();
    });
  }
};

struct Taken {
  char who;
  int turn;
};

Task<void> take(CountedLoop& counted, BodyTurns& turns, char who, std::size_t bytes, std::vector<Taken>& taken) {
  const bool undisturbed = co_await turns.take(bytes);
  if (undisturbed) taken.push_back({who, counted.turns});
}

/// Who has taken when, where all ask in the same turn.
std::vector<Taken> taken_of(std::vector<std::size_t> bytes, std::size_t bytes_in_turn) {
  CountedLoop counted;
  BodyTurns turns(counted.loop, bytes_in_turn);
  std::vector<Taken> taken;
  const auto all = [&]() -> Task<void> {
    Scope scope(counted.loop);
    char who = 'a';
    for (const std::size_t each : bytes) scope.spawn(take(counted, turns, who++, each, taken));
    co_await scope.done();
  };
  counted.run(all());
  return taken;
}

/// The order, with a bar between two turns.
std::string told(const std::vector<Taken>& taken) {
  std::string text;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (i > 0 && taken[i].turn != taken[i - 1].turn) text += '|';
    text += taken[i].who;
  }
  return text;
}

}  // namespace

TEST_CASE("in one turn of the loop so many bytes of bodies are taken, and the others wait for the next ones in line") {
  CHECK(told(taken_of({50, 50, 50, 50, 50}, 100)) == "ab|cd|e");
  CHECK(told(taken_of({10, 10, 10}, 100)) == "abc");
  CHECK(told(taken_of({60, 60, 10}, 100)) == "a|bc");
}

TEST_CASE("what is larger than a turn has one alone") {
  CHECK(told(taken_of({10, 1000, 10, 10}, 100)) == "a|b|cd");
  CHECK(told(taken_of({1000, 1000}, 100)) == "a|b");
}

TEST_CASE("whoever is called off while he waits takes nobody's turn") {
  CountedLoop counted;
  BodyTurns turns(counted.loop, 100);
  std::vector<Taken> taken;
  const auto all = [&]() -> Task<void> {
    Scope called_off(counted.loop), others(counted.loop);
    others.spawn(take(counted, turns, 'a', 100, taken));
    called_off.spawn(take(counted, turns, 'b', 100, taken));
    others.spawn(take(counted, turns, 'c', 100, taken));
    co_await called_off.stop();
    co_await others.done();
  };
  counted.run(all());
  CHECK(told(taken) == "a|c");
}

TEST_CASE("turns may end while one is under way") {
  Loop loop(1);
  const auto main = [&]() -> Task<void> {
    {
      BodyTurns turns(loop, 100);
      co_await turns.take(50);
    }
    co_await sleep_for(Duration::zero());
  };
  loop.run(main());
}

namespace {

/// A client that has said everything, and the server's end of it.
struct Sent {
  Sent(Loop& loop, const HttpRules& rules, std::string_view text) : ends(make()), client(ends[1]) {
    boost::asio::ip::tcp::socket socket(context_of(loop), boost::asio::ip::tcp::v4(), ends[0]);
    connection.emplace(loop, std::move(socket), rules, "here");
    REQUIRE(::send(client.number(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }

  static std::array<int, 2> make() {
    std::array<int, 2> ends = {};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return ends;
  }

  std::array<int, 2> ends;
  Descriptor client;
  std::optional<HttpConnection> connection;
};

Task<void> read(HttpConnection& connection, std::string& order) {
  ArrivedRequest arrived;
  const Intake intake = co_await connection.read_request(arrived);
  REQUIRE(intake == whole);
  order += arrived.request.path;
}

}  // namespace

TEST_CASE("a little request is read before the many bodies that were sent before it, which share the turns") {
  constexpr std::size_t piece = 16u << 10, body = 4 * piece, many = 8;
  CountedLoop counted;
  const HttpServerLimits limits;
  const HttpRules rules{limits,
                        {},
                        std::make_shared<BodyRoom>(BodyRoom{2 * many * body, 2 * many * body}),
                        std::make_shared<BodyTurns>(counted.loop, piece)};
  std::list<Sent> clients;
  for (std::size_t i = 0; i < many; ++i)
    clients.emplace_back(counted.loop, rules,
                         "POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n" + std::string(body, 'x'));
  clients.emplace_back(counted.loop, rules, "GET /little HTTP/1.1\r\nHost: h\r\n\r\n");
  std::string order;
  const auto all = [&]() -> Task<void> {
    Scope scope(counted.loop);
    for (Sent& each : clients) scope.spawn(read(*each.connection, order));
    co_await scope.done();
  };
  counted.run(all());
  CHECK(order.starts_with("/little/large"));
  CHECK(order.size() == std::string("/little").size() + many * std::string("/large").size());
  CHECK(counted.turns >= static_cast<int>(many * body / piece));
}
