#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace millrace {

/// The memory that the bodies of all requests under way may take together. Loop thread only.
struct BodyRoom {
  std::size_t most = 0;
  std::size_t taken = 0;
};

/// One body's part of it, given back when whoever has the body lets it go.
class BodyShare {
 public:
  explicit BodyShare(std::shared_ptr<BodyRoom> room) : room_(std::move(room)) {}
  ~BodyShare() { room_->taken -= bytes_; }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  /// False where there is no room for so many bytes.
  bool grow_to(std::size_t bytes) noexcept {
    if (bytes <= bytes_) return true;
    if (bytes - bytes_ > room_->most - room_->taken) return false;
    room_->taken += bytes - std::exchange(bytes_, bytes);
    return true;
  }

 private:
  std::shared_ptr<BodyRoom> room_;
  std::size_t bytes_ = 0;
};

}  // namespace millrace
