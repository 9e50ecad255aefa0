#include "api/account_json.hpp"

#include <utility>

#include "value/list_of.hpp"
#include "value/or_null.hpp"

namespace millrace {

namespace {

std::string_view name_of(Touch::At at) {
  switch (at) {
    case Touch::At::thing:
      return "thing";
    case Touch::At::address:
      return "address";
    case Touch::At::file:
      return "file";
  }
  return "thing";
}

std::string place_of(const Reached& reached) {
  if (reached.at == Touch::At::file && !reached.of_project) return std::string(output_folder) + "/" + reached.place;
  if (reached.at != Touch::At::address || reached.port == 0 || reached.port == 443) return reached.place;
  return reached.place + ":" + std::to_string(reached.port);
}

Value encode_touch(const Reached& reached) {
  Value::List does;
  for (const Effect effect : all_effects) {
    if (reached.effects.meets(effect)) does.emplace_back(millrace::name_of(effect));
  }
  return Value::object({{"does", Value(std::move(does))},
                        {"what", name_of(reached.at)},
                        {"kind", reached.at == Touch::At::thing ? Value(reached.kind) : Value()},
                        {"connection", text_or_null(reached.connection)},
                        {"place", reached.at == Touch::At::thing ? Value() : Value(place_of(reached))},
                        {"known", reached.whole},
                        {"says", text_or_null(reached.says)},
                        {"action", reached.action},
                        {"by", text_or_null(reached.by)},
                        {"scope", text_or_null(reached.scope)},
                        {"workflow", reached.workflow},
                        {"line", std::int64_t{reached.from.line}}});
}

template <class Texts>
Value as_list(const Texts& texts) {
  return list_of(std::vector<std::string>(texts.begin(), texts.end()));
}

}  // namespace

Value encode_account(const Account& account, const Project& project, const NewSince& since) {
  Value::List touches, connections;
  for (const Reached& each : account.reach) touches.push_back(encode_touch(each));
  for (const std::string& name : connections_in(account))
    connections.push_back(Value::object({{"name", name}, {"scopes", as_list(scopes_at(account, name))}}));
  std::vector<std::string> more;
  for (const Widening& each : since.widened) more.push_back(each.sentence);
  return Value::object({{"workflow", account.workflow->id},
                        {"summary", summary(account.reach, account.locations, account.limits)},
                        {"touches", Value(std::move(touches))},
                        {"connections", Value(std::move(connections))},
                        {"locations", list_of(account.locations)},
                        {"calls", list_of(account.called)},
                        {"secrets", as_list(account.secrets)},
                        {"narrowed_by", list_of(narrowed_by(account, project))},
                        {"since", text_or_null(since.version)},
                        {"widened", list_of(more)}});
}

}  // namespace millrace
