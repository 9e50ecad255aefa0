#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace millrace {

/// The memory that the bodies of all requests under way may take together, and those from one address: a stranger with
/// a few slow connections shall not keep everybody else out. Loop thread only.
struct BodyRoom {
  std::size_t most = 0;
  std::size_t most_of_address = 0;
  std::size_t taken = 0;
  std::unordered_map<std::string, std::size_t> taken_of_address = {};
};

/// One body's part of it, given back when whoever has the body lets it go.
class BodyShare {
 public:
  BodyShare(std::shared_ptr<BodyRoom> room, std::string address)
      : room_(std::move(room)), address_(std::move(address)) {}
  ~BodyShare() {
    if (bytes_ == 0) return;
    room_->taken -= bytes_;
    const auto of = room_->taken_of_address.find(address_);
    of->second -= bytes_;
    if (of->second == 0) room_->taken_of_address.erase(of);
  }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  /// False where there is no room for so many bytes.
  bool grow_to(std::size_t bytes) {
    if (bytes <= bytes_) return true;
    const std::size_t more = bytes - bytes_;
    if (more > room_->most - room_->taken) return false;
    const auto of = room_->taken_of_address.try_emplace(address_).first;
    if (more > room_->most_of_address - of->second) {
      if (of->second == 0) room_->taken_of_address.erase(of);
      return false;
    }
    of->second += more;
    room_->taken += more;
    bytes_ = bytes;
    return true;
  }

 private:
  std::shared_ptr<BodyRoom> room_;
  std::string address_;
  std::size_t bytes_ = 0;
};

}  // namespace millrace
