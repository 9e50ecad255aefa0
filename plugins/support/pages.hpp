#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "job.hpp"

namespace millrace::job {

/// Lists that come by `skip` and `limit`, both texts, with `results` that hold the list and its `count`. One page is
/// held at a time, and the ids of what came. Every thing is given once, however often it is listed. Where things come
/// or go while the pages are read, others move from page to page and may be missed: then all are read again.
class SkipPages {
 public:
  /// `action` lists, and its answer has the things in `results`, under the name `list`.
  SkipPages(Call& call, const char* action, const char* list) : call_(call), action_(action), list_(list) {}

  /// Calls `take(id, thing)` for each. How many there are. Throws where a page comes again that came before: what lies
  /// behind it cannot be reached.
  template <class Take>
  std::int64_t read(const Json& request, Take take) {
    constexpr int most_looks = 3;
    for (int look = 0; look < most_looks; ++look) {
      restless_ = !read_once(request, take);
      if (!restless_) break;
    }
    return static_cast<std::int64_t>(seen_.size());
  }
  std::size_t without_id() const noexcept { return without_id_; }
  /// Things moved at each look, so that some may have been missed.
  bool restless() const noexcept { return restless_; }
  /// So many fewer came than the far side told, although nothing moved.
  std::int64_t missing() const noexcept { return missing_; }

 private:
  static constexpr int page_size = 100;

  /// False where things moved from page to page meanwhile.
  template <class Take>
  bool read_once(const Json& request, Take& take) {
    std::map<std::string, std::int64_t> pages;  // by id: where it was met
    std::optional<std::int64_t> told;
    std::int64_t listed = 0;
    bool still = true;
    without_id_ = 0;
    missing_ = 0;
    for (;;) {
      if (call_.cancelled()) throw Failure{"cancelled", "it was cancelled"};
      const Json results = page(request, listed);
      const Json& things = results[list_];
      std::size_t fresh = 0;
      for (const Json& thing : things.GetArray()) {
        std::string id = text_of(thing, "_id");
        without_id_ += id.empty() ? 1 : 0;
        if (id.empty()) continue;
        const auto [place, is_new] = pages.emplace(std::move(id), listed);
        still = still && place->second == listed;
        fresh += is_new ? 1 : 0;
        if (seen_.insert(place->first).second) take(place->first, thing);
      }
      listed += things.Size();
      const Json* count = find(results, "count");
      const bool counted = count != nullptr && count->IsInt64();
      still = still && (!counted || !told || *told == count->GetInt64());
      if (counted) told = count->GetInt64();
      if (things.Empty() && told && listed < *told) missing_ = *told - listed;
      if (things.Empty() || (counted && listed >= *told)) return still;
      if (fresh == 0) {
        throw Failure{"unavailable", std::string(action_) + " gave a page again that it had given before, after " +
                                         std::to_string(pages.size()) + ": what lies behind it cannot be reached"};
      }
    }
  }

  /// The `results` of one page, whose list is one.
  Json page(const Json& request, std::int64_t skip) {
    Json asked = copy(request);
    add_members(asked, "skip", text(std::to_string(skip)), "limit", text(std::to_string(page_size)));
    Json answer = call_.action(action_, asked);
    const Json* results = find(answer, "results");
    const Json* things = results != nullptr ? find(*results, list_) : nullptr;
    if (things == nullptr || !things->IsArray()) {
      throw Failure{"invalid", std::string("the answer of ") + action_ + " has no list \"results." + list_ + "\""};
    }
    return std::move(answer["results"]);
  }

  Call& call_;
  const char* action_;
  const char* list_;
  std::set<std::string> seen_;
  std::size_t without_id_ = 0;
  std::int64_t missing_ = 0;
  bool restless_ = false;
};

}  // namespace millrace::job
