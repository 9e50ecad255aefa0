#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "../support/job.hpp"
#include "base/unicode.hpp"

namespace millrace::tags {

/// How many carry each of some names. Whoever may be taken to carry a name counts: rather a name too many looks used.
/// One that carries a name twice carries it once.
class NameCount {
 public:
  /// The place of a name's count, the same for names that may be the same; nothing for one that cannot be compared.
  std::optional<std::size_t> place_of(const std::string& name) {
    std::string key = vague_name_key(name);
    if (key.empty()) return std::nullopt;
    const auto [found, added] = places_.try_emplace(std::move(key), counts_.size());
    if (added) counts_.push_back({});
    return found->second;
  }
  std::int64_t at(std::size_t place) const { return counts_[place].carriers; }
  void begin_carrier() { ++carrier_; }
  void count(const std::string& name) {
    const auto [met, is_new] = met_.try_emplace(name, nowhere);  // the same few names come again and again
    if (is_new) {
      const auto found = places_.find(vague_name_key(name));
      if (found != places_.end()) met->second = found->second;
    }
    if (met->second == nowhere) return;
    Count& count = counts_[met->second];
    if (count.last == carrier_) return;
    count.last = carrier_;
    ++count.carriers;
  }
  void clear() {
    for (Count& count : counts_) count = {};
  }

 private:
  static constexpr std::size_t nowhere = SIZE_MAX;

  struct Count {
    std::int64_t carriers = 0;
    std::int64_t last = 0;  // the carrier that was counted last
  };
  std::unordered_map<std::string, std::size_t> places_;  // by key
  std::unordered_map<std::string, std::size_t> met_;     // by name as contacts carry it
  std::vector<Count> counts_;
  std::int64_t carrier_ = 0;
};

/// Reads all contacts of a location, page by page, and counts the tags that they carry. Either all of them were seen or
/// it fails: in an incomplete list a tag looks unused that is not.
class ContactCount {
 public:
  ContactCount(job::Call& call, std::string location, NameCount& tags)
      : call_(call), location_(std::move(location)), tags_(tags) {}

  /// How many contacts there are.
  std::int64_t read();
  std::size_t without_id() const noexcept { return without_id_; }
  /// How many came without a list of names: what they carry cannot be told.
  std::size_t unreadable() const noexcept { return unreadable_; }

 private:
  bool read_all();
  job::Json next_page();
  /// How many of a page had not been seen before.
  std::size_t take(const job::Json& contacts);
  /// Whether all that a contact carries could be read.
  bool count_carried(const job::Json& contact);
  /// False where it cannot be reached.
  bool turn_to_the_page_behind(const job::Json& contacts);
  std::string seen_of_total() const;

  job::Call& call_;
  std::string location_;
  NameCount& tags_;
  std::unordered_set<std::string> seen_;
  std::int64_t total_ = 0;  // the most that any page told
  std::size_t without_id_ = 0;
  std::size_t unreadable_ = 0;
  job::Json cursor_;
  int page_ = 1;
};

}  // namespace millrace::tags
