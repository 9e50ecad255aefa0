#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/dispatcher.hpp"
#include "service/faulty_deliveries.hpp"
#include "service/refused_deliveries.hpp"
#include "service/service.hpp"
#include "service/sources.hpp"
#include "trigger/packed_body.hpp"

namespace millrace {

/// Answers deliveries: proves the sender, reads the body as the trigger's definition says, finds who listens, and
/// promises nothing before it is on the disk.
class Hooks {
 public:
  Hooks(ServiceWorld world, ServiceBudget budget, Dispatcher& dispatcher, FaultyDeliveries& faults,
        RefusedDeliveries& refused, const std::shared_ptr<Sources>& sources);

  Task<OutgoingResponse> answer(IncomingRequest request);
  /// As Service::challenge.
  std::optional<OutgoingResponse> challenge(const IncomingRequest& request);
  /// What can be said before the body has come; nothing where it has to be read.
  std::optional<OutgoingResponse> refused_at_head(const IncomingRequest& head);
  /// As Service::hook_cut_off.
  void note_cut_off(const IncomingRequest& head, int status, std::string_view why);
  void close() noexcept { closed_ = true; }

  Task<Status> load();  ///< what the service before has kept of deliveries

 private:
  Task<Status> load_ids();
  Result<Verified> prove(const HookSource& source, const IncomingRequest& request) const;
  std::shared_ptr<HookSource> source_of(const IncomingRequest& request) const;
  Result<Value> challenge_of(const HookSource& source, const IncomingRequest& request, const Value& event,
                             bool proved) const;
  Task<OutgoingResponse> deliver(std::shared_ptr<HookSource> source, IncomingRequest request);
  /// The run whose answer a sender hears; `dry`: nothing that its delivery has started writes.
  struct Heard {
    RunKey run = {};
    bool dry = false;
  };
  Task<Heard> whose_answer(std::vector<RunKey> runs);
  Task<OutgoingResponse> wait_for(Committed committed, Heard heard);
  struct Delivery {
    Occurrence occurrence;
    std::optional<Value> challenge =
        {};  ///< it only checks the address: this is the answer, and nothing else comes of it
  };
  /// What came, and the same as it may be kept: without secrets that are known here, which senders repeat, too.
  struct Sent {
    Value body, facts;
    Value kept, kept_facts;
    std::optional<Value> whole;  ///< as read_whole
  };
  Result<Sent> sent_in(const HookSource& source, const IncomingRequest& request) const;
  Result<std::string> id_of(const TriggerSpec& spec, const Verified& verified, const IncomingRequest& request,
                            const Sent& sent, const Value& event) const;
  std::optional<Refusal> crowded(const HookSource& source, std::size_t bytes) const;
  std::optional<Refusal> admit(const HookSource& source, IncomingRequest& request, Verified& verified);
  Result<Delivery> read(const HookSource& source, const IncomingRequest& request, const Verified& verified);
  OutgoingResponse turn_away(const HookSource& source, const Refusal& refusal);
  Task<void> compare(EventKey first, std::string source, std::string id, Value payload);
  Occurrence occurrence_of(const HookSource& source, const HookReading& reading, Value event, const Value& facts) const;
  void offer_to_all(const HookReading& reading, Occurrence& occurrence);

  ServiceWorld world_;
  ServiceBudget budget_;
  Dispatcher& dispatcher_;
  FaultyDeliveries& faults_;
  RefusedDeliveries& refused_;
  const std::shared_ptr<Sources>& sources_;
  std::optional<Timestamp> ids_since_;  ///< since when no id was forgotten, where that is known
  std::size_t unwritten_bytes_ = 0;
  bool closed_ = false;
  std::vector<std::size_t> candidates_;  // reused from delivery to delivery
};

}  // namespace millrace
