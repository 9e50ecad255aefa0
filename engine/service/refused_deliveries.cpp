#include "service/refused_deliveries.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

constexpr Duration between_writes = std::chrono::milliseconds(200);
constexpr std::size_t longest_reason = 200;

}  // namespace

Task<Status> RefusedDeliveries::load() {
  const std::vector<std::string> kinds = {refused_prefix, other_body_prefix, lacking_prefix};
  for (const std::string& prefix : kinds) {
    const auto known = co_await world_.store.journal().list_states(engine_owner, prefix);
    if (!known) co_return known.error();
    for (const auto& [key, value] : *known) {
      if (const auto tally = tally_in(value)) tallies_[key] = *tally;
    }
  }
  co_return Done{};
}

Task<void> RefusedDeliveries::keep() {
  while (true) {
    bool undisturbed = true;
    if (unwritten_.empty()) undisturbed = co_await noted_.wait();
    if (!undisturbed) co_return;
    Entry entry;
    for (const std::string& key : std::exchange(unwritten_, {})) entry.states.push_back(tally_kept(key, tallies_[key]));
    const auto written = co_await world_.store.journal().commit(std::move(entry));
    if (!written) log(LogLevel::warning, "refused deliveries could not be written down: " + written.error().message);
    undisturbed = co_await sleep_for(between_writes);
    if (!undisturbed) co_return;
  }
}

void RefusedDeliveries::note_refused(const std::string& source, const std::string& reason) {
  world_.metrics.series("millrace_deliveries_refused_total", {{"source", source}}).add();
  note(refused_prefix + source, reason);
}

void RefusedDeliveries::note_other_body(const std::string& source, const std::string& reason) {
  note(other_body_prefix + source, reason);
}

void RefusedDeliveries::note_lacking(const std::string& source, const std::string& trigger, const std::string& reason) {
  world_.metrics.series("millrace_deliveries_lacking_total", {{"source", source}}).add();
  note(lacking_prefix + of_trigger(source, trigger), reason);
}

/// What a sender wrote may be quoted in the reason: it shall do no harm where people read it.
void RefusedDeliveries::note(std::string key, const std::string& reason) {
  std::string told = world_.secrets.redact(reason);
  for (char& each : told) {
    if (static_cast<unsigned char>(each) < 0x20 || each == 0x7F) each = ' ';
  }
  Tally& tally = tallies_[key];
  ++tally.count;
  tally.reason = valid_utf8(told) ? shortened(told, longest_reason) : "it cannot be told, it is no text";
  tally.at = world_.clock.now();
  unwritten_.insert(std::move(key));
  noted_.announce();
}

}  // namespace millrace
