#pragma once

#include <memory>
#include <string>

#include "service/dispatcher.hpp"
#include "service/faulty_deliveries.hpp"
#include "service/service.hpp"
#include "service/sources.hpp"

namespace millrace {

/// Answers deliveries: proves the sender, reads the body as the trigger's definition says, finds who listens, and
/// promises nothing before it is on the disk.
class Hooks {
 public:
  Hooks(ServiceWorld world, ServiceBudget budget, Dispatcher& dispatcher, FaultyDeliveries& faults,
        const std::shared_ptr<Sources>& sources);

  Task<OutgoingResponse> answer(IncomingRequest request);
  void close() noexcept { closed_ = true; }

 private:
  Task<OutgoingResponse> deliver(std::shared_ptr<HookSource> source, IncomingRequest request);
  Task<OutgoingResponse> wait_for(Committed committed, bool dry_run);
  Task<bool> were_dry(std::vector<RunKey> runs);
  struct Delivery {
    Occurrence occurrence;
    Received received;
  };
  Result<Delivery> read(const HookSource& source, const IncomingRequest& request);
  std::vector<Listener> listeners_of(const HookSource& source, const Value& event);

  ServiceWorld world_;
  ServiceBudget budget_;
  Dispatcher& dispatcher_;
  FaultyDeliveries& faults_;
  const std::shared_ptr<Sources>& sources_;
  std::size_t unwritten_bytes_ = 0;
  bool closed_ = false;
  std::vector<std::size_t> candidates_;  // reused from delivery to delivery
};

}  // namespace millrace
