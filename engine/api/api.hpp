#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "console/files.hpp"
#include "http/http_server.hpp"
#include "journal/store.hpp"
#include "people/sessions.hpp"
#include "people/tokens.hpp"
#include "people/users.hpp"
#include "rehearsal/kept_plans.hpp"
#include "service/feed.hpp"
#include "service/metrics.hpp"
#include "service/service.hpp"

namespace millrace {

/// What the routes speak for; it outlives them.
struct ApiWorld {
  Loop& loop;
  Service& service;
  Store& store;
  const Project& project;
  const Catalog& catalog;
  Courier& courier;
  Clock& clock;
  Metrics& metrics;
  Sessions& sessions;
  Feed& feed;
  Users& users;
  ProgramTokens& tokens;
  std::string token;       ///< of /api/v1: compared in constant time
  std::string listen;      ///< "127.0.0.1:8710": other Host headers are refused on /api/v1
  const std::string& url;  ///< where people reach it, known once it listens
  /// The plan of an undo (encode_undo_plan), or why the run cannot be undone; nothing is changed by it.
  std::function<Task<Result<Value>>(RunKey)> plan_undo = {};
  std::span<const EmbeddedFile> page = console_files();
  KeptPlans* plans = nullptr;  ///< nullptr: nothing is planned here
  /// Takes over what millrace.yaml says by now; gives a sentence for each difference. Nothing: it is not read again.
  std::function<std::vector<std::string>()> read_project = {};
};

/// Where a browser comes in that has this code. It stands behind '#': browsers send that to nobody.
std::string enter_address(const std::string& url, const std::string& code);

/// Where somebody who is invited sets a password.
std::string invitation_address(const std::string& url, const std::string& invitation);

/// Answers all that `millrace serve` is asked, by the table in routes.hpp.
HttpHandler routes_of(ApiWorld world);

/// What can be said to a request before its body has come: the same of its address, method and token, how large a body
/// that address takes, and of deliveries what their hook knows by then.
HttpDoor door_of(ApiWorld world);

/// The door, and an ear for what the server refuses by itself: whoever listens at a hook is told of its deliveries.
HttpOwner owner_of(ApiWorld world);

}  // namespace millrace
