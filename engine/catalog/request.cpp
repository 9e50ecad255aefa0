#include "catalog/request.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/percent.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "base/url_path.hpp"
#include "catalog/pairs.hpp"
#include "expr/template.hpp"

namespace millrace {
namespace {

/// Text that may hold unknown places: what is known of it is kept, because it goes into plans.
class Filling {
 public:
  const std::string& text() const { return text_; }
  void add(std::string_view text) { text_ += text; }
  void add_unknown(const std::string& what) {
    text_ += "(" + what + ")";
    unknown_ = true;
  }
  bool unknown() const { return unknown_; }
  Value take() { return unknown_ ? Value::unknown(std::move(text_)) : Value(std::move(text_)); }

 private:
  std::string text_;
  bool unknown_ = false;
};

/// A list is its items, with commas between them; what has no text is left out.
void add_words(Filling& filling, const Value& value) {
  if (value.is_unknown()) return filling.add_unknown(value.unknown_what());
  if (!value.is_list()) {
    if (const auto text = as_text(value)) filling.add(*text);
    return;
  }
  bool first = true;
  for (const Value& item : value.list()) {
    if (!std::exchange(first, false)) filling.add(", ");
    add_words(filling, item);
  }
}

const Value* given(const Value& input, std::string_view name) {
  const Value* value = input.find(name);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

Error wrong_input(std::string_view name, const std::string& why) {
  return {.code = ErrorCode::invalid, .message = "the input \"" + std::string(name) + "\" " + why};
}

/// Calls `take_text` and `take_name` for what stands outside and inside of the `{name}` places.
template <class TakeText, class TakeName>
Status each_piece(std::string_view pattern, TakeText take_text, TakeName take_name) {
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    const std::size_t close = pattern.find('}', open == std::string_view::npos ? pattern.size() : open);
    take_text(pattern.substr(0, close == std::string_view::npos ? pattern.size() : open));
    if (close == std::string_view::npos) break;
    TRY(take_name(pattern.substr(open + 1, close - open - 1)));
    pattern.remove_prefix(close + 1);
  }
  return Done{};
}

/// One input inside a path. Empty text and dots would make the address mean another thing than was checked.
Status add_segment(Filling& path, const Value& input, std::string_view name) {
  const Value* value = given(input, name);
  if (value == nullptr) return wrong_input(name, "is missing");
  if (value->is_unknown()) {
    path.add_unknown(value->unknown_what());
    return Done{};
  }
  auto text = as_text(*value);
  if (!text) return wrong_input(name, "cannot stand in an address: " + text.error().message);
  if (text->empty()) return wrong_input(name, "is empty");
  if (*text == "." || *text == "..") return wrong_input(name, "cannot be \"" + *text + "\"");
  if (const std::string strange = strange_in_segment(*text); !strange.empty()) return wrong_input(name, strange);
  path.add(percent_encode(*text));
  return Done{};
}

/// "name=value", percent-encoded.
Status add_pair(Filling& pairs, std::string_view name, const Value& value, const std::string& in) {
  pairs.add(percent_encode(name) + "=");
  if (value.is_unknown()) {
    pairs.add_unknown(value.unknown_what());
    return Done{};
  }
  auto text = as_text(value);
  if (!text) return wrong_input(name, "cannot stand in " + in + ": " + text.error().message);
  pairs.add(percent_encode(*text));
  return Done{};
}

std::string_view style_of(const RequestMapping& mapping, std::string_view name) {
  const auto said =
      std::find_if(mapping.styles.begin(), mapping.styles.end(), [name](const auto& one) { return one.first == name; });
  return said == mapping.styles.end() ? std::string_view() : std::string_view(said->second);
}

/// The query behind a path, pair by pair.
class Query {
 public:
  explicit Query(Filling& path) : path_(path), begun_(path.text().find('?') != std::string::npos) {}

  Status add(std::string_view name, const Value& value, std::string_view style) {
    return each_pair(name, value, style, [this](std::string_view one, const Value& its) { return add_one(one, its); });
  }

 private:
  Status add_one(std::string_view name, const Value& value) {
    path_.add(std::exchange(begun_, true) ? "&" : "?");
    return add_pair(path_, name, value, "an address");
  }

  Filling& path_;
  bool begun_;
};

/// The body as the mapping wants it; nothing where all that it would hold is absent.
std::optional<Value> build_body(const Value& mapping, const Value& input) {
  if (mapping.is_text()) {
    const Value* value = input.find(mapping.text());
    return value != nullptr ? std::optional(*value) : std::nullopt;
  }
  if (mapping.is_list()) {
    Value::List items;
    for (const Value& one : mapping.list()) {
      if (auto item = build_body(one, input)) items.push_back(std::move(*item));
    }
    return Value(std::move(items));
  }
  if (!mapping.is_map()) return mapping;
  Map members;
  for (const auto& [key, one] : mapping.map()) {
    if (auto member = build_body(one, input)) members.set(key, std::move(*member));
  }
  if (members.empty() && !mapping.map().empty()) return std::nullopt;
  return Value(std::move(members));
}

/// The members of a body as a form has them. Mappings, and lists of more than texts, are written "deep" unless the
/// mapping says another way: a form has no other words for them.
Result<Value> as_form(const RequestMapping& mapping, const Value& body) {
  if (body.is_unknown()) return body;
  if (!body.is_map())
    return Error{ErrorCode::invalid,
                 "the body is a form, which is a mapping, and is " + std::string(name_of(body.kind()))};
  Filling form;
  for (const auto& [name, value] : body.map()) {
    const auto holds_more = [](const Value& item) { return item.is_map() || item.is_list(); };
    const bool deep =
        value.is_map() || (value.is_list() && std::any_of(value.list().begin(), value.list().end(), holds_more));
    std::string_view style = style_of(mapping, name.text());
    if (style.empty() && deep) style = "deep";
    TRY(each_pair(name.text(), value, style, [&form](std::string_view one, const Value& its) {
      if (!form.text().empty()) form.add("&");
      return add_pair(form, one, its, "a form");
    }));
  }
  return form.take();
}

/// A path, or where `absolute` an address, that the author gives as a whole.
Status add_address(Filling& path, const Value& given_address, const std::string& name, bool absolute,
                   bool secret = false) {
  if (given_address.is_unknown()) {
    path.add_unknown(given_address.unknown_what());
    return Done{};
  }
  const std::string text = given_address.is_text() ? given_address.text() : "";
  if (secret && text.starts_with("secret:")) {  // it is read when all that is not secret has been judged
    path.add(text);
    return Done{};
  }
  if (absolute ? !is_path_or_address(text) : !text.starts_with('/'))
    return wrong_input(name, std::string(path_or_address));
  const std::string address = text.substr(0, text.find('#'));
  if (const std::string strange = strange_in_address(address); !strange.empty()) return wrong_input(name, strange);
  path.add(address);
  return Done{};
}

/// The body with the names that the receiver has for its members, where an input gives them.
Value renamed(Value body, const RequestMapping& mapping, const Value& input) {
  const Value* names = mapping.body_names_input.empty() ? nullptr : given(input, mapping.body_names_input);
  if (names == nullptr || !names->is_map() || !body.is_map()) return body;
  Map members;
  for (const auto& [name, value] : body.map()) {
    const Value* other = names->map().find(name);
    members.set(other != nullptr && other->is_text() ? *other : name, value);
  }
  return members;
}

Status add_base(Filling& path, const Action& action, const Value& input) {
  const RequestMapping& mapping = *action.request;
  if (!mapping.url_input.empty()) {
    if (const Value* url = given(input, mapping.url_input))
      return add_address(path, *url, mapping.url_input, true, takes_secret(action, mapping.url_input));
    if (mapping.path.empty()) return Done{};  // the connection's own address
  }
  if (mapping.path.starts_with('{') && mapping.path.ends_with('}')) {
    const std::string name = mapping.path.substr(1, mapping.path.size() - 2);
    const Value* whole = given(input, name);
    if (whole == nullptr) return wrong_input(mapping.url_input.empty() ? name : mapping.url_input, "is missing");
    return add_address(path, *whole, name, false);
  }
  return each_piece(
      mapping.path, [&](std::string_view text) { path.add(text); },
      [&](std::string_view name) { return add_segment(path, input, name); });
}

Result<Value> build_path(const Action& action, const Value& input) {
  const RequestMapping& mapping = *action.request;
  Filling path;
  TRY(add_base(path, action, input));
  Query query(path);
  for (const auto& [name, source] : mapping.query) {
    if (const Value* value = given(input, source)) TRY(query.add(name, *value, style_of(mapping, name)));
  }
  const Value* further = mapping.query_input.empty() ? nullptr : given(input, mapping.query_input);
  if (further != nullptr && further->is_unknown()) path.add_unknown(further->unknown_what());
  if (further != nullptr && further->is_map()) {
    for (const auto& [name, value] : further->map()) TRY(query.add(name.text(), value, ""));
  }
  return path.take();
}

Status add_headers(RequestParts& request, const RequestMapping& mapping, const Value& input) {
  const Value* further = mapping.headers_input.empty() ? nullptr : given(input, mapping.headers_input);
  if (further == nullptr || !further->is_map()) return Done{};
  for (const auto& [name, value] : further->map()) {
    if (value.is_null()) continue;
    std::string text;
    if (value.is_unknown()) {
      text = "(" + value.unknown_what() + ")";
    } else {
      text = TRY(as_text(value));
    }
    const std::string both = name.text() + text;
    if (std::any_of(both.begin(), both.end(), [](unsigned char byte) { return byte < ' ' || byte == 0x7F; })) {
      return wrong_input(mapping.headers_input, "holds a control character in the header \"" + name.text() + "\"");
    }
    request.headers.emplace_back(name.text(), std::move(text));
  }
  return Done{};
}

/// One header has them all. A value is percent-encoded, so that it is one whatever stands in it.
Status add_cookies(RequestParts& request, const RequestMapping& mapping, const Value& input) {
  Filling cookies;
  for (const auto& [name, source] : mapping.cookies) {
    const Value* value = given(input, source);
    if (value == nullptr) continue;
    TRY(each_pair(name, *value, style_of(mapping, name), [&cookies](std::string_view one, const Value& its) {
      if (!cookies.text().empty()) cookies.add("; ");
      return add_pair(cookies, one, its, "a cookie");
    }));
  }
  if (!cookies.text().empty()) request.headers.emplace_back("Cookie", cookies.text());
  return Done{};
}

Result<Value> made_body(const Action& action, const Value& input, Timestamp now) {
  Bindings names;
  bind_inputs(names, action, input);
  names.set("now", now);
  auto body = action.request->body_result->evaluate(names);
  if (!body) return body.error().within("what " + action.name + " would send");
  return body;
}

/// Whether a step has said in its own header that its body is a form.
bool says_form(const RequestParts& request) {
  return std::any_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
    const std::string type = lower(header.second.substr(0, header.second.find(';')));
    return lower(header.first) == "content-type" && trim(type) == "application/x-www-form-urlencoded";
  });
}

Result<std::string> build_method(const RequestMapping& mapping, const Value& input) {
  if (mapping.method == "MAIL") return mapping.method;
  const Value method = fill(mapping.method, input);
  if (method.is_unknown()) return "(" + method.unknown_what() + ")";
  std::string name = method.is_text() ? method.text() : "";
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  if (name.empty()) return std::string("GET");  // where an input may say the method and does not
  constexpr std::string_view known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  if (std::find(std::begin(known), std::end(known), name) != std::end(known)) return name;
  return Error{ErrorCode::invalid,
               "\"" + name + "\" is no method of HTTP; it must be GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS"};
}

}  // namespace

Result<RequestParts> build_request(const Action& action, const Value& given_input, Timestamp now) {
  const RequestMapping& mapping = *action.request;
  const Value input = with_defaults(action, given_input);
  RequestParts request;
  request.method = TRY(build_method(mapping, input));
  request.path = TRY(build_path(action, input));
  request.headers = mapping.headers;
  TRY(add_headers(request, mapping, input));
  TRY(add_cookies(request, mapping, input));
  if (mapping.body_result) {
    request.body = TRY(made_body(action, input, now));
  } else if (!mapping.body_input.empty()) {
    if (const Value* body = input.find(mapping.body_input)) request.body = *body;
    if (request.body.is_map() && says_form(request)) request.body = TRY(as_form(mapping, request.body));
  } else if (!mapping.body.is_null()) {
    request.body = renamed(build_body(mapping.body, input).value_or(Value(Map())), mapping, input);
  }
  if (mapping.form && !request.body.is_null()) {
    request.body = TRY(as_form(mapping, request.body));
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  }
  return request;
}

bool reads_by_method(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

Effect effect_by(std::string_view method, Effect said) noexcept {
  if (writes(said)) return said;
  if (method == "DELETE") return Effect::remove;
  return method == "PUT" || method == "PATCH" ? Effect::update : said;
}

namespace {

/// Most methods stand in the manifest, so that no input has to be completed for them.
Result<std::string> method_of(const Action& action, const Value& input) {
  const bool said_by_input = action.request->method.find('{') != std::string::npos;
  return build_method(*action.request, said_by_input ? with_defaults(action, input) : Value());
}

/// What the manifest and the input say of the effect, whatever the method is.
Effect effect_said(const Action& action, const Value& input) {
  if (action.effect_input.empty()) return action.effect;
  if (const Value* said = given(input, action.effect_input)) {
    const auto effect = parse_effect(said->is_text() ? said->text() : "");
    return effect && *effect != Effect::none ? *effect : action.effect;
  }
  if (!action.effect_follows_method) return action.effect;
  const auto method = method_of(action, input);
  if (!method) return action.effect;
  if (reads_by_method(*method)) return Effect::read;
  return *method == "DELETE" ? Effect::remove : action.effect;
}

}  // namespace

Effect effect_of(const Action& action, const Value& input) {
  const Effect said = effect_said(action, input);
  if (!action.request || writes(said)) return said;
  const auto method = method_of(action, input);
  return method ? effect_by(*method, said) : said;
}

Value fill(std::string_view pattern, const Value& input) {
  Filling filling;
  const auto take_name = [&](std::string_view name) -> Status {
    if (const Value* value = given(input, name)) add_words(filling, *value);
    return Done{};
  };
  // Cannot fail: every piece is taken as it comes.
  (void)each_piece(
      pattern, [&](std::string_view text) { filling.add(text); }, take_name);
  return filling.take();
}

}  // namespace millrace
