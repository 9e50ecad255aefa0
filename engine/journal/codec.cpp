#include "journal/codec.hpp"

#include <utility>

#include "journal/bytes.hpp"
#include "journal/event_codec.hpp"
#include "journal/first_events.hpp"

namespace millrace {

namespace {

// The first byte of what is stored says in which form it is.
constexpr unsigned char values = 1, delivered_values = 2;  // a payload; one with how it was delivered
constexpr unsigned char first_events = 1, events_by_number = 2;

Error damaged(const char* what) {
  return {ErrorCode::internal,
          std::string("the store holds ") + what +
              " that cannot be read: it is damaged, or of a newer version; see \"millrace doctor\""};
}

}  // namespace

std::string encode_value(const Value& value) {
  ByteWriter out;
  out.byte(values);
  out.value(value);
  return out.take();
}

Result<Value> decode_value(std::string_view bytes) {
  ByteReader in(bytes);
  const bool known = in.byte() == values;
  Value value = known ? in.value() : Value();
  if (!known || !in.good() || !in.at_end()) return damaged("a value");
  return value;
}

std::string encode_payload(const EventRecord& event) {
  const bool delivered = !event.delivery.is_null();
  if (event.payload.is_null() && event.chain.empty() && !delivered) return "";
  ByteWriter out(512);
  out.byte(delivered ? delivered_values : values);
  out.value(event.payload);
  if (delivered) out.value(event.delivery);
  for (const std::string& workflow : event.chain) out.text(workflow);
  return out.take();
}

Status decode_payload(std::string_view bytes, EventRecord& event) {
  ByteReader in(bytes);
  const unsigned char form = in.byte();
  const bool known = form == values || form == delivered_values;
  if (known) event.payload = in.value();
  if (form == delivered_values) event.delivery = in.value();
  while (known && in.good() && !in.at_end()) event.chain.emplace_back(in.text());
  if (!known || !in.good()) return damaged("an event");
  return Done{};
}

std::string encode_events(const std::vector<RunEvent>& events) {
  ByteWriter out(512);
  out.byte(events_by_number);
  out.number(events.size());
  for (const RunEvent& event : events) write_event(out, event);
  return out.take();
}

Status decode_events(std::string_view bytes, const Value& payload, std::vector<RunEvent>& events,
                     const Value& delivery) {
  ByteReader in(bytes);
  const unsigned char form = in.byte();
  const std::uint64_t count = form == first_events || form == events_by_number ? in.number() : in.fail();
  if (!in.good() || count > in.left()) return damaged("a part of a run");
  for (std::uint64_t i = 0; in.good() && i < count; ++i) {
    events.push_back(form == first_events ? read_first_event(in) : read_event(in));
    auto* started = std::get_if<RunStarted>(&events.back().what);
    if (started == nullptr) continue;
    started->event = payload;
    started->delivery = delivery;
  }
  if (!in.good() || !in.at_end()) return damaged("a part of a run");
  return Done{};
}

}  // namespace millrace
