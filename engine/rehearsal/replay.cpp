#include "rehearsal/replay.hpp"

#include <map>
#include <utility>

#include "base/text.hpp"
#include "catalog/pages.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

/// By which a request is known again when it comes to the far side. It is a name that no API has.
constexpr const char* call_header = "Millrace-Test-Call";

/// What secrets hold: a token, a password or an address, whatever is wanted.
constexpr std::string_view stand_in = "https://stand-in.invalid/";

class StandInSecrets final : public Secrets {
 public:
  Result<Secret> find(std::string_view handle) override {
    std::string value(stand_in);
    value += handle.substr(std::min(handle.size(), std::string_view("secret:").size()));
    known_[value] = std::string(handle);
    return Secret(value);
  }
  void redact_in_place(std::string& text) const override {
    for (const auto& [value, handle] : known_) {
      for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + handle.size()))
        text.replace(at, value.size(), handle);
    }
  }

 private:
  std::map<std::string, std::string> known_;  // value -> handle
};

/// An answer of a test is what an action gives: of a list that comes by pages the whole, so there is one request.
void ask_for_all_at_once(Shipment& shipment) {
  if (!asks_all_pages(*shipment.action, shipment.input)) return;
  Map input = shipment.input.map();
  input.erase(all_pages_input);
  shipment.input = Value(std::move(input));
}

TestCall call_of(const Shipment& shipment) { return {shipment.action, shipment.site.step, shipment.site.connection}; }

IncomingResponse json_response(const Value& body) {
  IncomingResponse response;
  response.status = 200;
  response.headers.set("Content-Type", "application/json");
  if (!body.is_null()) response.body = encode_json(body);
  return response;
}

/// {status, headers, body}, as an action says it that gives the whole response.
IncomingResponse whole_response(const Value& said) {
  const Value* body = said.find("body");
  IncomingResponse response = json_response(body != nullptr && !body->is_text() ? *body : Value());
  if (body != nullptr && body->is_text()) {
    response.headers.set("Content-Type", "text/plain; charset=utf-8");
    response.body = body->text();
  }
  const Value* status = said.find("status");
  if (status != nullptr && status->is(Kind::integer)) response.status = static_cast<int>(status->integer());
  const Value* headers = said.find("headers");
  for (const auto& [name, value] : headers != nullptr && headers->is_map() ? headers->map() : Map()) {
    if (name.is_text() && value.is_text()) response.headers.set(name.text(), value.text());
  }
  return response;
}

/// All far sides of a test. A request that comes is one of those that were announced.
class FarSides final : public HttpClient, public MailClient {
 public:
  explicit FarSides(TestScript& script) : script_(script) {}

  std::string announce(const Shipment& shipment) {
    const std::string number = std::to_string(++last_);
    announced_[number] = {call_of(shipment), shipment.gives_whole_response()};
    return number;
  }
  void forget(const std::string& number) { announced_.erase(number); }
  void announce_mail(std::optional<TestFault> fault) { mail_fault_ = std::move(fault); }

  Task<Result<IncomingResponse>> send(OutgoingRequest request) override {
    const std::string* number = request.headers.find(call_header);
    const auto found = number != nullptr ? announced_.find(*number) : announced_.end();
    if (found == announced_.end()) co_return Error{ErrorCode::denied, "nothing leaves a test"};
    const Announced asked = found->second;
    const auto answer = script_.next(asked.call);
    if (!answer) co_return Error{ErrorCode::denied, "the test has no answer to " + asked.call.action->name};
    if (!answer->fault) co_return asked.whole ? whole_response(answer->value) : json_response(answer->value);
    if (answer->fault->kind == TestFault::Kind::timeout) {
      co_await sleep_until(request.deadline);
    }
    co_return met(*answer->fault);
  }

  Task<Result<MailAnswer>> send(OutgoingMail) override {
    const auto fault = std::exchange(mail_fault_, std::nullopt);
    if (!fault) co_return MailAnswer{250, "taken by the test"};
    if (fault->kind == TestFault::Kind::status) co_return MailAnswer{fault->status, "the test says so"};
    const bool lost = fault->kind == TestFault::Kind::lost || fault->kind == TestFault::Kind::timeout;
    co_return Error{lost ? ErrorCode::unsure : ErrorCode::unavailable, "no answer (as the test says)"};
  }

 private:
  struct Announced {
    TestCall call;
    bool whole = false;  // its output is {status, headers, body}
  };

  static Result<IncomingResponse> met(const TestFault& fault) {
    switch (fault.kind) {
      case TestFault::Kind::unreachable:
        return Error{ErrorCode::unavailable, "cannot connect (as the test says)"};
      case TestFault::Kind::lost:
        return Error{ErrorCode::unsure, "the connection ended before an answer came (as the test says)"};
      case TestFault::Kind::timeout:
        return Error{ErrorCode::timeout, "no answer in time (as the test says)"};
      case TestFault::Kind::failure:
        return fault.failure;
      case TestFault::Kind::status:
        break;
    }
    IncomingResponse refused = json_response(Value::object({{"message", "the test says so"}}));
    refused.status = fault.status;
    return refused;
  }

  TestScript& script_;
  std::map<std::string, Announced> announced_;
  std::optional<TestFault> mail_fault_;
  std::uint64_t last_ = 0;
};

class ReplayingCourier final : public Courier {
 public:
  ReplayingCourier(const Project& project, const Catalog& catalog, Secrets& secrets, TestScript& script)
      : script_(script), far_(script) {
    CourierOptions options;
    options.jitter = [] { return 0.5; };  // the same waits each time
    courier_ = open_courier(project, catalog, secrets, far_, std::move(options), &far_);
  }

  Result<Shipment> prepare(const Action& action, Value input, CallSite site) const override {
    return courier_->prepare(action, std::move(input), std::move(site));
  }
  Result<Shipment> prepare(const Action& action, RequestParts parts, Value input, CallSite site) const override {
    return courier_->prepare(action, std::move(parts), std::move(input), std::move(site));
  }
  Task<Answer> send(Shipment shipment) override {
    const TestCall call = call_of(shipment);
    if (shipment.is_mail()) {
      far_.announce_mail(script_.next_fault(call));
      auto taken = co_await courier_->send(std::move(shipment));
      co_return taken;
    }
    if (const auto why = script_.next_failure(call)) {
      Answer failed{*why};
      if (why->code != ErrorCode::unsure) failed.settled = *why;
      failed.left = true;
      failed.may_have_happened = why->code == ErrorCode::unsure;
      co_return failed;
    }
    const std::string number = far_.announce(shipment);
    shipment.parts.headers.emplace_back(call_header, number);
    ask_for_all_at_once(shipment);
    auto answer = co_await courier_->send(std::move(shipment));
    far_.forget(number);
    co_return answer;
  }
  std::optional<Result<Shipment>> look_up(const Shipment& write) const override { return courier_->look_up(write); }
  const Catalog& catalog() const noexcept override { return courier_->catalog(); }
  std::vector<ConnectionHealth> health() const override { return courier_->health(); }
  std::optional<BudgetFacts> budget(const std::string& connection, const std::string& location) const override {
    return courier_->budget(connection, location);
  }
  void recall_day(const std::string& connection, const KeptDay& day) override { courier_->recall_day(connection, day); }

 private:
  TestScript& script_;
  FarSides far_;
  std::unique_ptr<Courier> courier_;
};

/// A library's call, for which time stands still unless it waits for one of its requests.
class HeldCall final : public CallServices {
 public:
  HeldCall(CallServices& services, SimulatedTime& time) : services_(services), time_(time) { time_.hold(); }
  ~HeldCall() override {
    if (asked_ == 0) time_.release();
  }
  HeldCall(const HeldCall&) = delete;
  HeldCall& operator=(const HeldCall&) = delete;

  Task<Result<Value>> call_action(std::string action, Value input) override {
    const Asked asked(*this);
    auto answer = co_await services_.call_action(std::move(action), std::move(input));
    co_return answer;
  }
  Task<Result<Value>> http(RequestParts request) override {
    const Asked asked(*this);
    auto answer = co_await services_.http(std::move(request));
    co_return answer;
  }
  Task<Result<Value>> write_file(std::string path, std::string content) override {
    const Asked asked(*this);
    auto answer = co_await services_.write_file(std::move(path), std::move(content));
    co_return answer;
  }
  Task<Result<Value>> read_state(std::string key) override {
    const Asked asked(*this);
    auto answer = co_await services_.read_state(std::move(key));
    co_return answer;
  }
  Task<Result<Value>> write_state(std::string key, Value value) override {
    const Asked asked(*this);
    auto answer = co_await services_.write_state(std::move(key), std::move(value));
    co_return answer;
  }
  Task<Result<Value>> swap_state(std::string key, Value expected, Value value) override {
    const Asked asked(*this);
    auto answer = co_await services_.swap_state(std::move(key), std::move(expected), std::move(value));
    co_return answer;
  }
  Task<Result<Value>> announce(std::string action, std::int64_t count) override {
    const Asked asked(*this);
    auto answer = co_await services_.announce(std::move(action), count);
    co_return answer;
  }
  Task<Result<std::uint64_t>> state_size() override { return services_.state_size(); }
  Timestamp now() const override { return services_.now(); }
  std::string zone() const override { return services_.zone(); }
  std::string location_name() const override { return services_.location_name(); }
  int depth() const override { return services_.depth(); }
  void begin_again() override { services_.begin_again(); }
  std::string step() const override { return services_.step(); }
  std::string origin() const override { return services_.origin(); }

 private:
  struct Asked {
    explicit Asked(HeldCall& of) : call(of) {
      if (++call.asked_ == 1) call.time_.release();
    }
    ~Asked() {
      if (--call.asked_ == 0) call.time_.hold();
    }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    HeldCall& call;
  };

  CallServices& services_;
  SimulatedTime& time_;
  int asked_ = 0;  // requests under way
};

Error told_failure(const TestFault& fault) {
  if (fault.kind == TestFault::Kind::failure) return fault.failure;
  const bool unsure = fault.kind == TestFault::Kind::lost || fault.kind == TestFault::Kind::timeout;
  const std::string status = fault.kind == TestFault::Kind::status ? std::to_string(fault.status) + " " : "";
  return {unsure ? ErrorCode::unsure : ErrorCode::unavailable, status + "(as the test says)"};
}

}  // namespace

Project without_credentials(Project project) {
  for (ConnectionSettings& connection : project.connections) {
    connection.token.clear();
    connection.shown.reset();
    connection.oauth.reset();
    if (is_secret_handle(connection.base_url)) connection.base_url = "https://" + connection.name + ".invalid";
  }
  return project;
}

std::unique_ptr<Secrets> open_stand_in_secrets() { return std::make_unique<StandInSecrets>(); }

std::unique_ptr<Courier> open_replaying_courier(const Project& project, const Catalog& catalog, Secrets& secrets,
                                                TestScript& script) {
  return std::make_unique<ReplayingCourier>(project, catalog, secrets, script);
}

Task<Result<Value>> ReplayingPlugins::call(const Manifest& plugin, const Action& action, Value input,
                                           CallServices& services) {
  const TestCall call{&action, services.step(), ""};
  if (const auto said = script_.next_of_library(call)) {
    if (said->fault) co_return told_failure(*said->fault);
    co_return said->value;
  }
  HeldCall held(services, time_);
  auto answer = co_await host_.call(plugin, action, std::move(input), held);
  co_return answer;
}

Task<Status> ReplayingPlugins::listen(const Manifest&, const Trigger& trigger, Value, CallServices&,
                                      std::function<Status(Value)>) {
  co_return Error{ErrorCode::internal, "nothing listens in a test, and " + trigger.name + " was asked to"};
}

}  // namespace millrace
