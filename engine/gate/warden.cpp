#include "gate/warden.hpp"

#include <algorithm>
#include <charconv>

#include "catalog/kind.hpp"
#include "gate/attachments.hpp"
#include "gate/sent_files.hpp"
#include "secret/secrets.hpp"

namespace millrace {

namespace {

/// Below a connection's address it is the connection's things that are touched, else it is the host.
Touch touch_at(const Action& action, Effect effect, const Destination& to) {
  Touch touch;
  touch.effects = effect;
  touch.kind = kind_of(action);
  if (to.connection != nullptr) {
    touch.connection = to.connection->name;
    return touch;
  }
  touch.at = Touch::At::address;
  touch.whole = !to.place.empty();
  const std::string_view place = to.place;
  const std::size_t bracket = place.find(']');
  const std::size_t colon = place.find(':', bracket == std::string_view::npos ? 0 : bracket);
  touch.place = place.substr(0, colon);
  if (to.shown_url.is_text() && is_secret_handle(to.shown_url.text())) touch.shown = to.shown_url.text();
  touch.port = to.url.starts_with("http:") ? 80 : 443;
  if (colon != std::string_view::npos)
    std::from_chars(place.data() + colon + 1, place.data() + place.size(), touch.port);
  return touch;
}

Touch touch_of_file(const Action& action, Effect effect, std::string_view path) {
  Touch touch;
  touch.at = Touch::At::file;
  touch.effects = effect;
  touch.kind = kind_of(action);
  touch.place = path;
  return touch;
}

bool binds_files(const GateRules& facts) {
  return std::any_of(facts.bounds.begin(), facts.bounds.end(),
                     [](const auto& bounds) { return bounds->files.has_value(); });
}

Status judge_files(const Shipment& shipment, const GateRules& facts) {
  const Action& action = *shipment.action;
  for (const std::string& path : TRY(attached_files(shipment, facts)))
    TRY(judge(action, touch_of_file(action, Effect::send, path), facts));
  for (const auto& [part, path] : files_in(shipment)) TRY(judge_file(action, Effect::send, path, facts));
  const std::string saved = shipment.save_as();
  return saved.empty() ? Status(Done{}) : judge_file(action, Effect::create, saved, facts);
}

}  // namespace

Status judge(const Action& action, const Touch& change, const GateRules& facts) {
  for (const auto& bounds : facts.bounds) {
    if (const auto forbidden = forbidden_by(*bounds, change))
      return Error{ErrorCode::denied, action.name + " is not permitted: " + forbidden->why};
  }
  return Done{};
}

Status judge(const Shipment& shipment, const GateRules& facts) {
  if (facts.bounds.empty()) return Done{};
  TRY(judge(*shipment.action, touch_at(*shipment.action, shipment.effect, shipment.to), facts));
  return binds_files(facts) ? judge_files(shipment, facts) : Status(Done{});
}

Status judge_file(const Action& action, Effect effect, const std::string& path, const GateRules& facts) {
  const std::string_view place = effect == Effect::create ? std::string_view(path) : below_output(path);
  return judge(action, touch_of_file(action, effect, place), facts);
}

Status judge_announced(const Action& action, const GateRules& facts) {
  if (action.effect == Effect::none) return Done{};
  Touch touch;
  touch.effects = action.effect;
  touch.kind = kind_of(action);
  return judge(action, touch, facts);
}

void hold_redirects(Shipment& shipment, const GateRules& facts) {
  if (facts.bounds.empty() || !shipment.gives_whole_response()) return;
  // Only reads are followed. Two pointers need no memory of their own.
  shipment.may_go_to = [action = shipment.action, &facts](const Destination& to) {
    return judge(*action, touch_at(*action, Effect::read, to), facts);
  };
}

}  // namespace millrace
