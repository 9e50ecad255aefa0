#pragma once

#include <memory>
#include <string>

#include "service/dispatcher.hpp"
#include "service/service.hpp"
#include "service/sources.hpp"

namespace millrace {

/// Answers deliveries: proves the sender, reads the body as the trigger's definition says, finds who listens, and
/// promises nothing before it is on the disk.
class Hooks {
 public:
  Hooks(ServiceWorld world, ServiceBudget budget, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources);

  Task<OutgoingResponse> answer(IncomingRequest request);
  void close() noexcept { closed_ = true; }

 private:
  Task<OutgoingResponse> deliver(std::shared_ptr<HookSource> source, IncomingRequest request);
  Task<OutgoingResponse> wait_for(Committed committed);
  Result<Occurrence> read(const HookSource& source, const IncomingRequest& request);

  ServiceWorld world_;
  ServiceBudget budget_;
  Dispatcher& dispatcher_;
  const std::shared_ptr<Sources>& sources_;
  std::size_t unwritten_bytes_ = 0;
  bool closed_ = false;
  std::vector<std::size_t> candidates_;  // reused from delivery to delivery
};

}  // namespace millrace
