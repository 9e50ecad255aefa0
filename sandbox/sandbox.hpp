#pragma once

#include <memory>
#include <optional>
#include <string>

#include "async/loop.hpp"
#include "data.hpp"
#include "faults.hpp"
#include "http/http_client.hpp"
#include "http/http_server.hpp"
#include "limits.hpp"
#include "operation.hpp"
#include "request_log.hpp"
#include "tokens.hpp"

namespace millrace::sandbox {

struct Options {
  std::string listen = "127.0.0.1:8720";
  Allowance allowance;  ///< of each location
  std::string token = "sandbox-token";
};

/// What a request asks for, before it is known whether it may.
struct Asked {
  const Operation* operation = nullptr;  ///< nullptr for what does not exist
  Call call;
  std::optional<Answer> wrong_body;  ///< the refusal of a body that cannot be read
  std::string counted_for;           ///< whose budget it takes from
};

/// The stand-in for HighLevel and SightMill: holds the data, answers requests. Loop thread only.
class Sandbox {
 public:
  /// REQUIRES: `client` outlives the sandbox.
  Sandbox(const Options& options, HttpClient& client);

  Task<OutgoingResponse> answer(IncomingRequest request);

  /// Ends the delays of faults: their connections are dropped, so that nothing keeps the program from ending.
  void close();

 private:
  Task<OutgoingResponse> answer_outside(IncomingRequest request);
  OutgoingResponse perform(const IncomingRequest& request);
  OutgoingResponse perform_highlevel(const IncomingRequest& request);
  Asked read(const IncomingRequest& request) const;
  std::optional<Answer> refused(const IncomingRequest& request, const Asked& asked) const;

  // control.cpp: what tests ask for below /_sandbox
  Task<OutgoingResponse> answer_control(IncomingRequest request);
  Answer reset(const Value& body);
  Answer set_clock(const Value& body);
  Answer add_faults(const Value& body);
  Answer set_token_rules(const Value& body);
  Task<Answer> emit(Value body);

  HttpClient& client_;
  World world_;
  Limits limits_;
  Faults faults_;
  RequestLog log_;
  News closing_;
  bool closed_ = false;
};

/// SightMill's inbound URL of a project: one for surveys by e-mail, surveys by text message and contacts.
Answer perform_sightmill(Data& data, const IncomingRequest& request);

/// authorize.cpp: the page where somebody lets an application in. A browser that follows one of its links is sent back
/// to the application with a code.
bool is_authorize_page(const IncomingRequest& request);
OutgoingResponse show_authorize_page(World& world, const IncomingRequest& request);

}  // namespace millrace::sandbox
