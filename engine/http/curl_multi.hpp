#pragma once

#include <memory>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "http/curl_free.hpp"
#include "http/libcurl.hpp"

namespace millrace {

/// libcurl's transfers, moved forward by the loop: its sockets and its one timer are watched there, so nothing blocks.
/// Loop thread only.
class CurlMulti {
 public:
  /// One request under way. Its easy handle must stay alive and its address the same until `finished` or `remove`.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void finished(
        CURLcode code) = 0;  ///< the easy handle has been removed; called from the loop, not from `add`
  };

  /// The first one in the process loads libcurl.
  static Result<std::unique_ptr<CurlMulti>> open(Loop& loop);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  /// One with nothing set, which may have been used before; null: no memory.
  std::unique_ptr<CURL, CurlFree> take_handle();
  /// Back from a request that has ended or was called off.
  void give_back(std::unique_ptr<CURL, CurlFree> easy);

  Status add(CURL* easy, Listener& listener);
  void remove(CURL* easy);  ///< calls it off; the listener hears no more

 private:
  struct Inner;
  explicit CurlMulti(std::shared_ptr<Inner> inner);
  std::shared_ptr<Inner> inner_;
};

}  // namespace millrace
