#include "service/backlog.hpp"

#include <utility>

namespace millrace {

/// Gives back what it counts at its end.
struct Backlog::Counted {
  Counted(std::shared_ptr<Books> in, const std::string& source, std::size_t of)
      : books(std::move(in)), place(books->of_source.try_emplace(source, 0).first), bytes(of) {
    place->second += bytes;
    books->bytes += bytes;
  }
  ~Counted() {
    books->bytes -= bytes;
    place->second -= bytes;
    if (place->second == 0) books->of_source.erase(place);
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  std::shared_ptr<Books> books;
  std::map<std::string, std::size_t>::iterator place;
  std::size_t bytes;
};

bool Backlog::has_room(const std::string& source, std::size_t bytes) const {
  const auto found = books_->of_source.find(source);
  const std::size_t there = found == books_->of_source.end() ? 0 : found->second;
  const auto too_much = [bytes](std::size_t held, std::size_t most) { return held > 0 && held + bytes > most; };
  return !too_much(there, bounds_.of_source) && !too_much(books_->bytes, bounds_.in_all);
}

std::set<std::string> Backlog::refused() const {
  std::set<std::string> sources;
  for (const auto& [source, bytes] : refused_) {
    if (!has_room(source, bytes)) sources.insert(source);
  }
  return sources;
}

Status Backlog::check(const std::string& source, std::size_t bytes) {
  if (has_room(source, bytes)) return Done{};
  refused_[source] = bytes;
  return Error{ErrorCode::limited, "the events whose runs have not ended hold too much already"};
}

bool Backlog::has_room_for_call(const std::string& source, std::size_t bytes) const {
  return !books_->of_source.contains(source) || has_room(source, bytes);
}

Backlog::Load Backlog::add(const std::string& source, std::size_t bytes) {
  refused_.erase(source);
  if (bytes == 0) return nullptr;
  return std::make_shared<const Counted>(books_, source, bytes);
}

}  // namespace millrace
