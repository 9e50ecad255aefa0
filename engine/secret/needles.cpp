#include "secret/needles.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace millrace {

void unite(std::vector<Sighting>& found) {
  if (found.size() < 2) return;
  std::stable_sort(found.begin(), found.end(),
                   [](const Sighting& left, const Sighting& right) { return left.where.begin < right.where.begin; });
  std::vector<Sighting> united = {found.front()};
  std::size_t longest = found.front().where.end - found.front().where.begin;
  for (const Sighting& next : found) {
    const std::size_t length = next.where.end - next.where.begin;
    Sighting& last = united.back();
    if (next.where.begin >= last.where.end) {
      united.push_back(next);
      longest = length;
      continue;
    }
    if (length > longest) last.whose = next.whose;
    longest = std::max(longest, length);
    last.where.end = std::max(last.where.end, next.where.end);
  }
  found = std::move(united);
}

std::size_t Needles::hash(const char* bytes) noexcept {
  const auto byte = [bytes](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]));
  };
  return (byte(0) | byte(1) << 8 | byte(2) << 16) * 2654435761u >> 18;
}

std::uint64_t Needles::beginning(const char* bytes) noexcept {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, shortest);
  return number;
}

void Needles::add(std::string needle, std::size_t whose) {
  if (needle.size() < window_) return;
  for (std::size_t at = 0; at + block <= window_; ++at) {
    std::uint8_t& step = steps_[hash(needle.data() + at)];
    step = std::min(step, static_cast<std::uint8_t>(window_ - block - at));
  }
  begins_.resize(steps_.size());
  begins_[hash(needle.data())] = true;
  std::vector<Needle>& alike = by_beginning_[beginning(needle.data())];
  const auto same = [&needle](const Needle& other) { return other.text == needle; };
  if (std::any_of(alike.begin(), alike.end(), same)) return;
  const auto shorter = [&needle](const Needle& other) { return other.text.size() < needle.size(); };
  const auto place = std::find_if(alike.begin(), alike.end(), shorter);
  alike.insert(place, {std::move(needle), whose});
}

const Needles::Needle* Needles::one_that_begins(std::string_view text) const {
  if (!begins_[hash(text.data())]) return nullptr;
  const auto alike = by_beginning_.find(beginning(text.data()));
  if (alike == by_beginning_.end()) return nullptr;
  const auto goes_on = [text](const Needle& needle) { return std::string_view(needle.text).starts_with(text); };
  const auto needle = std::find_if(alike->second.begin(), alike->second.end(), goes_on);
  return needle == alike->second.end() ? nullptr : &*needle;
}

std::vector<Sighting> Needles::find_cut_in(std::string_view text) const {
  constexpr std::string_view dots = "...";
  constexpr std::size_t least = 8, far = 512, near = 64, many = 64;
  std::vector<Sighting> found;
  std::size_t places = 0;
  for (std::size_t end = 0; !empty() && (end = text.find(dots, end)) != std::string_view::npos;) {
    const std::size_t window = ++places < many ? far : near;
    for (std::size_t at = end > window ? end - window : 0; at + least <= end; ++at) {
      const Needle* needle = one_that_begins(text.substr(at, end - at));
      if (needle == nullptr) continue;
      found.push_back({{at, end}, needle->whose});
      break;
    }
    end = std::min(text.find_first_not_of('.', end), text.size());
  }
  unite(found);  // a value may hold dots of its own
  return found;
}

std::vector<Sighting> Needles::find_in(std::string_view text) const {
  std::vector<Sighting> found;
  for (std::size_t at = 0; at + window_ <= text.size();) {
    if (const std::uint8_t step = steps_[hash(text.data() + at + window_ - block)]) {
      at += step;
      continue;
    }
    const auto alike = by_beginning_.find(beginning(text.data() + at));
    if (alike != by_beginning_.end()) {
      const auto there = [rest = text.substr(at)](const Needle& needle) { return rest.starts_with(needle.text); };
      const auto needle = std::find_if(alike->second.begin(), alike->second.end(), there);
      if (needle != alike->second.end()) found.push_back({{at, at + needle->text.size()}, needle->whose});
    }
    ++at;
  }
  unite(found);
  return found;
}

}  // namespace millrace
