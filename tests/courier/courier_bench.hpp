#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ask.hpp"
#include "async/loop.hpp"
#include "catalog/catalog.hpp"
#include "courier/courier.hpp"
#include "http/http_client.hpp"
#include "http/http_server.hpp"
#include "secret/secrets.hpp"
#include "temporary_folder.hpp"
#include "value/json.hpp"
#include "workflow/project.hpp"

namespace millrace::test {

/// A shop with tags, as its manifest describes it (courier_bench.cpp).
extern const char* const shop_manifest;

inline OutgoingResponse reply(int status, std::string body) {
  OutgoingResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

inline OutgoingResponse dropped() {
  OutgoingResponse response;
  response.drop = true;
  return response;
}

/// A project with one connection "shop" to a real HTTP server that answers as the test says, and a courier to it. Waits
/// between attempts cost no time: the clock of budgets and retries is moved by hand, and `waits` keeps what was waited
/// for.
class CourierBench {
 public:
  using Answer = std::function<OutgoingResponse(const IncomingRequest&)>;
  static constexpr const char* token = "pit-0123456789abcdef";

  explicit CourierBench(Answer answer = {});
  ~CourierBench();

  /// Answers from a list, one a request; the last one again and again.
  void answer_in_turn(std::vector<OutgoingResponse> answers);
  void answer_with(Answer answer) { answer_ = std::move(answer); }

  const Action& action(const std::string& name) const;
  CallSite site(const std::string& step = "step") const;
  /// Prepares and sends. Gives the output as JSON, or "<code>: <message>" with the server's address as HOST.
  std::string perform(const std::string& name, const std::string& input = "{}");
  std::string perform(const std::string& name, Value input, CallSite site);
  static Value read(const std::string& input);  ///< JSON in which values may be unknown
  std::string shown(const Result<Value>& result) const;
  std::string without_address(std::string text) const;
  std::string base() const;

  /// "GET /tags?x=1 {body}", a line for each request that arrived.
  std::string requests() const;

  Courier& courier();  ///< made at the first use, so that a test can change what stands below

  TemporaryFolder folder;
  Loop loop;
  std::unique_ptr<HttpServer> server;
  std::vector<IncomingRequest> arrived;
  Project project;
  Catalog catalog;
  CourierOptions options;
  std::vector<Duration> waits;
  Duration passed = {};
  int left = 0;       ///< shipments of `perform` that left
  bool hold = false;  ///< answers stay away until `release`
  void release();
  std::unique_ptr<Secrets> secrets;
  std::unique_ptr<HttpClient> client = open_http_client(loop);

 private:
  Task<OutgoingResponse> handle(IncomingRequest request);
  Task<bool> pause(Duration wait);

  Answer answer_;
  std::unique_ptr<Courier> courier_;
  News released_;
};

}  // namespace millrace::test
