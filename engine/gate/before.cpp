#include "gate/before.hpp"

#include <string>
#include <utility>

#include "catalog/inverse.hpp"
#include "gate/warden.hpp"
#include "value/json.hpp"

namespace millrace {
namespace {

/// Looks for one write.
class Looking {
 public:
  Looking(Courier& courier, const Secrets& secrets, const GateRules& rules, GateRecord& record, const Shipment& write)
      : courier_(courier),
        secrets_(secrets),
        rules_(rules),
        record_(record),
        write_(write),
        inverse_(*write.action->inverse) {}

  Task<Result<Value>> look() {
    names_.set("input", write_.input);
    Value before;
    if (inverse_.before) {
      auto seen = co_await before_of(*inverse_.before);
      if (!seen) co_return seen.error();
      before = std::move(*seen);
    }
    names_.set("before", before);
    Value carriers;
    if (inverse_.carriers && !before.is_null()) {
      auto found = co_await carriers_of(*inverse_.carriers);
      if (!found) co_return found.error();
      carriers = std::move(*found);
    }
    const Value untold = untold_.empty() ? Value() : Value(untold_);
    co_return Value::object({{"before", before}, {"carriers", carriers}, {"untold", untold}});
  }

 private:
  Task<Result<Value>> before_of(const Look& look) {
    const Action* read = courier_.catalog().find_action(look.action);
    if (read == nullptr) co_return untold({ErrorCode::not_found, "there is no action \"" + look.action + "\""});
    auto question = question_of(look, *write_.action, *read, names_);
    if (!question) co_return untold(question.error());
    const Value asked = *question;
    const auto answer = co_await ask(*read, asked);
    if (!answer) co_return untold(answer.error());
    auto seen = seen_by(look, *read, write_.input, *answer);
    if (!seen) co_return untold(seen.error());
    if (secrets_.finds_handle(encode_json(*seen)))
      co_return untold({ErrorCode::denied, "it holds a secret, which no journal keeps"});
    co_return seen;
  }

  Task<Result<Value>> carriers_of(const Carriers& carriers) {
    const Action* read = courier_.catalog().find_action(carriers.look.action);
    if (read == nullptr)
      co_return untold({ErrorCode::not_found, "there is no action \"" + carriers.look.action + "\""});
    auto question = question_of(carriers.look, *write_.action, *read, names_);
    if (!question) co_return untold(question.error());
    Value asked = std::move(*question);
    Value::List found;
    for (int page = 0; page < most_carrier_pages; ++page) {
      const auto answer = co_await ask(*read, asked);
      if (!answer) co_return untold(answer.error().within("who carries it"));
      auto seen = carriers_on(carriers, names_, asked, *answer);
      if (!seen) co_return untold(seen.error().within("who carries it"));
      found.insert(found.end(), seen->found.begin(), seen->found.end());
      if (seen->next.is_null()) co_return Value(std::move(found));
      asked = std::move(seen->next);
    }
    co_return untold({ErrorCode::invalid, "the list of those who carry it does not end"});
  }

  Task<Result<Value>> ask(const Action& read, Value input) {
    auto shipment = courier_.prepare(read, std::move(input), write_.site);
    if (!shipment) co_return shipment.error();
    if (auto judged = judge(*shipment, rules_); !judged) co_return judged.error();
    hold_redirects(*shipment, rules_);
    auto answer = co_await courier_.send(*shipment);
    if (answer.left) {
      count_call(record_.calls, *shipment);
      ++record_.reads;
    }
    co_return std::move(answer.output);
  }

  /// Nothing is known, and why; or the error after which the write has to wait.
  Result<Value> untold(const Error& why) {
    if (may_be_asked_later(why)) return why;
    untold_ = why.message;
    return Value();
  }

  Courier& courier_;
  const Secrets& secrets_;
  const GateRules& rules_;
  GateRecord& record_;
  const Shipment& write_;
  const Inverse& inverse_;
  Bindings names_;
  std::string untold_;
};

}  // namespace

bool looks_before(const Shipment& write) {
  const auto& inverse = write.action->inverse;
  return inverse && (inverse->before || inverse->carriers) && write.site.looks_first && !write.of_library &&
         write.effect != Effect::create;
}

Task<Result<Value>> look_before(Courier& courier, const Secrets& secrets, const GateRules& rules, GateRecord& record,
                                Shipment write) {
  Looking looking(courier, secrets, rules, record, write);
  auto seen = co_await looking.look();
  co_return seen;
}

void count_looks(CallCounts& counts, Shipment write) {
  if (!looks_before(write)) return;
  const Inverse& inverse = *write.action->inverse;
  write.effect = Effect::read;
  if (inverse.before) count_call(counts, write);
  if (inverse.carriers) count_call(counts, write);
}

}  // namespace millrace
