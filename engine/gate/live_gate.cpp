#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "catalog/probe.hpp"
#include "courier/courier.hpp"
#include "gate/attachments.hpp"
#include "gate/before.hpp"
#include "gate/body_file.hpp"
#include "gate/change.hpp"
#include "gate/gate.hpp"
#include "gate/note_read.hpp"
#include "gate/output_folder.hpp"
#include "gate/planned_changes.hpp"
#include "gate/project_file.hpp"
#include "gate/sent_files.hpp"
#include "gate/things.hpp"
#include "gate/warden.hpp"
#include "gate/written_files.hpp"
#include "secret/redacted.hpp"

namespace millrace {

namespace {

class LiveGate final : public Gate {
 public:
  LiveGate(Outside outside, GateRules rules) : outside_(outside), rules_(std::move(rules)), safety_(rules_) {
    if (rules_.ledger == nullptr) return;
    for (PastChange& past : rules_.ledger->changes_before()) counted_.insert(std::move(past.key));
  }

  Task<Result<Value>> perform(const Action& action, Value input, CallSite site) override {
    auto shipment = outside_.courier.prepare(action, std::move(input), std::move(site));
    if (!shipment) co_return shipment.error();
    if (auto allowed = check_body_file(*shipment); !allowed) co_return allowed.error();
    if (auto judged = judge(*shipment, rules_); !judged) co_return judged.error();
    hold_redirects(*shipment, rules_);
    const auto attached = co_await attach(outside_.loop, *shipment, rules_);
    if (!attached) co_return attached.error();
    std::string file = shipment->save_as();
    CallSite of_file = shipment->site;
    auto output = co_await carry(std::move(*shipment));
    if (!output || file.empty()) co_return output;
    auto saved = co_await save_body(*this, action, std::move(file), std::move(*output), std::move(of_file));
    co_return saved;
  }

  Task<Result<Value>> request(const Action& action, RequestParts parts, Value input, CallSite site) override {
    auto shipment = outside_.courier.prepare(action, std::move(parts), std::move(input), std::move(site));
    if (!shipment) co_return shipment.error();
    if (auto judged = judge(*shipment, rules_); !judged) co_return judged.error();
    auto output = co_await carry(std::move(*shipment));
    co_return output;
  }

  Task<Result<Value>> write_file(const Action& action, std::string path, std::string content, CallSite site) override {
    auto allowed = check_file_name(path);
    if (allowed) allowed = judge_file(action, Effect::create, path, rules_);
    if (allowed) allowed = outside_.written_files.claim(action, site, path);
    if (!allowed) co_return allowed.error();
    outside_.secrets.redact_in_place(content);
    Change change = change_of_file(action, site, path, shown_file(rules_, path), outside_.secrets);
    change.key = site.key + " " + path;
    SafetyCount& safety = safety_.at(site);
    const ThingPlace no_place;
    const auto room = co_await wait_for_room(safety, action, no_place, change.key, site.deadline);
    if (!room) co_return room.error();
    const auto admitted = admit(safety, change, no_place);
    if (!admitted) co_return admitted.error();
    const ChangeUnderWay under_way(safety.changes());
    // No ledger: written once more after a restart, the file is the same.
    const std::int64_t order = begun_++;
    std::function<Status()> job = [this, &path, &content] { return write_below(rules_.output_folder, path, content); };
    auto written = co_await on_worker<Status>(outside_.loop, job);
    if (!written) {
      give_back(safety, *admitted, change, no_place);
      co_return written.error();
    }
    ++record_.writes;
    keep(order, change, true);
    co_return file_output(rules_, path, content.size());
  }

  Task<Result<Value>> read_file(const Action& action, Value input) override {
    const std::string name = input.text_or("file");
    if (auto judged = judge_file(action, Effect::read, name, rules_); !judged) co_return judged.error();
    auto read = co_await read_project_file(outside_.loop, rules_.project_folder, std::move(input), outside_.secrets);
    co_return read;
  }

  Status announce(const Action& action, std::int64_t count, const CallSite& site) override {
    TRY(judge_announced(action, rules_));
    const ThingPlace place = place_of(action, Value(), site.connection, site.location);
    auto over = safety_.at(site).foresee(count, action, place, record_);
    if (!over) return Done{};
    if (!record_.limit) record_.limit = over;
    return *over;
  }

  StateStore& state() override { return outside_.states; }

 private:
  Task<Result<Value>> carry(Shipment shipment) {
    if (!shipment.known)
      co_return Error{ErrorCode::internal, shipment.action->name + " was given a value that is not known"};
    if (!writes(shipment.effect)) {
      auto answer = co_await outside_.courier.send(shipment);
      if (answer.left) count_call(record_.calls, shipment, 1 + answer.further);
      note_read(record_, shipment, answer, made_);
      co_return std::move(answer.output);
    }
    auto output = co_await write(std::move(shipment));
    co_return output;
  }

  Task<Result<Value>> write(Shipment shipment) {
    Change change = change_of(shipment, record_, outside_.secrets);
    change.key = shipment.site.key;
    const ThingPlace place = place_of(shipment);
    SafetyCount& safety = safety_.at(shipment.site);
    const auto room = co_await wait_for_room(safety, *shipment.action, place, change.key, shipment.site.deadline);
    if (!room) co_return room.error();
    const auto admitted = admit(safety, change, place);
    if (!admitted) co_return admitted.error();
    const ChangeUnderWay under_way(safety.changes());
    const std::int64_t order = begun_++;
    if (must_look(shipment)) {
      const auto looked = co_await look_first(shipment);
      if (!looked) {
        give_back(safety, *admitted, change, place);
        co_return looked.error();
      }
    }
    change.taken_back_by = taken_back_by(shipment);
    Ledger* ledger = shipment.site.recorded ? nullptr : rules_.ledger;
    if (ledger != nullptr) {
      auto known = co_await ledger->begin(*shipment.action, shipment.site);
      if (!known && known.error().code != ErrorCode::unsure) give_back(safety, *admitted, change, place);
      if (!known) co_return known.error();
      if (known->answer) {  // the journal has its line of the change list, too
        if (shipment.effect == Effect::create) remember_made(shipment, *known->answer);
        co_return std::move(*known->answer);
      }
      shipment.site.left_before = known->left_before;
    }
    shipment.summary = change.summary;
    auto answer = co_await send(shipment);
    if (answer.left) count_call(record_.calls, shipment);
    if (answer.left && left_.insert(change.key).second) ++record_.writes;
    if (answer.output && shipment.effect == Effect::create) remember_made(shipment, *answer.output);
    if (answer.happened || answer.may_have_happened) {
      if (rules_.ledger != nullptr && shipment.site.recorded) rules_.ledger->may_have_happened(shipment.site);
      keep(order, change, ledger != nullptr || !answer.happened);
    } else {
      give_back(safety, *admitted, change, place);
    }
    if (ledger != nullptr && answer.settled) {
      const auto written = co_await ledger->end(*shipment.action, shipment.site, *answer.settled);
      if (!written) co_return written.error();
    }
    co_return std::move(answer.output);
  }

  bool must_look(const Shipment& shipment) const {
    return rules_.ledger != nullptr && rules_.keeps_before && looks_before(shipment) &&
           !rules_.ledger->has_looked(shipment.site.key);
  }

  /// Keeps what the write is about to change, as it is now.
  Task<Status> look_first(Shipment shipment) {
    auto seen = co_await look_before(outside_.courier, outside_.secrets, rules_, record_, shipment);
    if (!seen) co_return seen.error();
    auto kept = co_await rules_.ledger->keep_before(shipment.site.key, std::move(*seen));
    co_return kept;
  }

  Value taken_back_by(const Shipment& shipment) const {
    if (!shipment.action->inverse || shipment.of_library) return Value();
    return Value::object({{"connection", shipment.site.connection},
                          {"location", shipment.location},
                          {"input", redacted(outside_.secrets, shipment.input)},
                          {"entry", render(shipment.site.entry)}});
  }

  Task<Answer> send(Shipment shipment) {
    if (const auto files = files_in(shipment); !files.empty()) {
      std::function<Result<Value>()> job = [this, &shipment, &files] {
        return body_with_files(shipment.parts.body, files, rules_.project_folder);
      };
      auto body = co_await on_worker<Result<Value>>(outside_.loop, job);
      if (!body) co_return Answer{body.error(), Result<Value>(body.error())};
      shipment.parts.body = std::move(*body);
    }
    auto answer = co_await outside_.courier.send(shipment);
    if (!answer.refused_openly) co_return answer;
    auto looked_up = co_await look_up(std::move(shipment), std::move(answer));
    co_return looked_up;
  }

  /// What the far side refused, and may have done all the same.
  Task<Answer> look_up(Shipment shipment, Answer refused) {
    const auto question = outside_.courier.look_up(shipment);
    if (!question) co_return refused;
    Result<Value> found = question->operator bool() ? Value() : Result<Value>((*question).error());
    if (*question) {
      auto answer = co_await outside_.courier.send(**question);
      if (answer.left) count_call(record_.calls, **question);
      note_read(record_, **question, answer, made_);
      found = std::move(answer.output);
    }
    const std::string why = refused.output.error().message;
    const auto told = told_by(*shipment.action->probe, shipment.input, found, shipment.site.now);
    if (!told) {
      refused.output = Error{ErrorCode::unsure, why + "; " + told.error().message};
      refused.settled.reset();
      co_return refused;
    }
    refused.happened = refused.may_have_happened = told->has_value();
    if (*told) refused.output = **told;
    refused.settled = refused.output;
    co_return refused;
  }

  /// At a limit the changes under way are waited for: what the far side refuses makes room.
  Task<Status> wait_for_room(SafetyCount& safety, const Action& action, ThingPlace place, std::string key,
                             Deadline deadline) {
    ChangeCount& changes = safety.changes();
    while (!counted_.contains(key) && !record_.limit && changes.any_under_way() && !deadline.reached() &&
           safety.foresee(1, action, place, record_)) {
      const bool undisturbed = co_await changes.wait_for_one(deadline);
      if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
    }
    co_return Done{};
  }

  /// The number of the planned change that this is; 0 where there is no plan to keep to.
  Result<std::size_t> admit(SafetyCount& safety, const Change& change, const ThingPlace& place) {
    std::size_t number = 0;
    if (rules_.only != nullptr) number = TRY(rules_.only->take(change, change.key));
    if (counted_.contains(change.key)) return number;  // counted before
    auto over = safety.count(change, place, record_);
    if (!over) return number;
    if (!record_.limit) record_.limit = over;
    give_back(safety, number, change, place);  // it is refused, and counts for no run above this one
    return *over;
  }

  void give_back(SafetyCount& safety, std::size_t number, const Change& change, const ThingPlace& place) {
    if (rules_.only != nullptr) rules_.only->give_back(number);
    if (!counted_.contains(change.key)) safety.take_back(change, place);
  }

  /// Files the change at the place of its beginning: a plan lists changes in that order, too. One that an earlier
  /// attempt has brought there stays as it is. `same`: whatever else comes under its key is this change, too.
  void keep(std::int64_t order, const Change& change, bool same) {
    const bool listed = counted_.contains(change.key);
    if (same) {
      counted_.insert(change.key);
    } else {
      counted_.erase(change.key);
      left_.erase(change.key);
    }
    if (listed) return;
    const auto place = std::upper_bound(orders_.begin(), orders_.end(), order) - orders_.begin();
    orders_.insert(orders_.begin() + place, order);
    record_.changes.insert(record_.changes.begin() + place, change);
    new_changes_.push_back(change);
  }

  void remember_made(const Shipment& shipment, const Value& output) {
    for (const Value& thing : things_in(*shipment.action, output)) {
      std::string id = id_text(*shipment.action->resource, thing);
      if (!id.empty()) made_.add(place_of(shipment), std::move(id), "");
    }
  }

  const Outside outside_;
  GateRules rules_;
  SafetyCount safety_;
  SeenThings made_;                // what this run created
  std::set<std::string> counted_;  // keys of effects that are counted and listed: another attempt is the same change
  std::set<std::string> left_;     // keys of effects that have left, and are not settled
  std::int64_t begun_ = 0;
  std::vector<std::int64_t> orders_;  // of record_.changes
};

}  // namespace

std::unique_ptr<Gate> open_live_gate(Outside outside, GateRules rules) {
  return std::make_unique<LiveGate>(outside, std::move(rules));
}

}  // namespace millrace
