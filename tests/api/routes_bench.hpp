#pragma once

#include <map>
#include <string>

#include "api/api.hpp"
#include "ask.hpp"
#include "console/small_page.hpp"
#include "service/service_bench.hpp"

namespace millrace::test {

/// Every route before a real service in simulated time, asked without a socket.
struct RoutesBench : ServiceBench {
  explicit RoutesBench(const std::map<std::string, std::string>& workflows, ServiceBudget budget = {})
      : ServiceBench(workflows, budget) {
    routes = routes_before(*service);
  }

  ~RoutesBench() {
    if (store) store->tell_entries({});  // the feed goes before the service has stopped
  }

  ApiWorld world_of(Service& asked) {
    return {loop, asked,  *store,  project, catalog,          *courier, *clock, metrics, *people,
            feed, *users, *tokens, token,   "127.0.0.1:8710", url,      {},     page};
  }

  /// Who is in is read from the store that there is now.
  HttpHandler routes_before(Service& asked) {
    users = std::make_unique<Users>(loop, store->journal(), *clock);
    tokens = std::make_unique<ProgramTokens>(store->journal(), *clock);
    people = std::make_unique<Sessions>(store->journal(), *clock);
    store->tell_entries([this](const Entry& entry) { feed.note(entry); });
    return routes_of(world_of(asked));
  }

  HttpDoor door_before(Service& asked) { return door_of(world_of(asked)); }
  HttpOwner owner_before(Service& asked) { return owner_of(world_of(asked)); }

  OutgoingResponse asked(IncomingRequest request) { return ask(loop, routes(std::move(request))); }

  Feed feed{1'000'000};
  std::unique_ptr<Users> users;
  std::unique_ptr<ProgramTokens> tokens;
  std::unique_ptr<Sessions> people;
  std::string token = "0123456789abcdef0123456789abcdef";
  std::span<const EmbeddedFile> page = small_page();
  std::string url = "http://127.0.0.1:8710";
  HttpHandler routes;
};

/// Whatever is asked for is "the-right-one".
class OneSecret final : public Secrets {
 public:
  Result<Secret> find(std::string_view) override { return Secret("the-right-one"); }
  void redact_in_place(std::string&) const override {}
};

/// "POST /hooks/shop" with this body and these headers.
inline IncomingRequest request(const std::string& line, std::string body = "",
                               const std::map<std::string, std::string>& headers = {}) {
  IncomingRequest made;
  made.method = line.substr(0, line.find(' '));
  made.path = line.substr(line.find(' ') + 1);
  made.query = made.path.find('?') == std::string::npos ? "" : made.path.substr(made.path.find('?') + 1);
  made.path.resize(std::min(made.path.find('?'), made.path.size()));
  made.body = std::move(body);
  for (const auto& [name, value] : headers) made.headers.add(name, value);
  return made;
}

}  // namespace millrace::test
