#include "openapi/names.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/percent.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_name = 80;

bool is_lower(char letter) { return letter >= 'a' && letter <= 'z'; }
bool is_upper(char letter) { return letter >= 'A' && letter <= 'Z'; }
bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// "v1", "v2.1", "2021-07": says of a path only which generation it is.
bool is_version(std::string_view segment) {
  if (segment.starts_with('v') || segment.starts_with('V')) segment.remove_prefix(1);
  return !segment.empty() && segment.find_first_not_of("0123456789.-") == std::string_view::npos;
}

/// A path in its parts.
struct Shape {
  std::vector<std::string> words;       ///< the segments that are no parameters
  std::vector<std::string> parameters;  ///< in their order
  bool ends_with_parameter = false;
};

Shape shape_of(std::string_view path) {
  Shape shape;
  for (const std::string& segment : split(path.substr(0, path.find('?')), '/')) {
    if (segment.empty()) continue;
    const std::size_t open = segment.find('{'), close = segment.find('}');
    shape.ends_with_parameter = open == 0 && close != std::string::npos;
    if (open != std::string::npos && close != std::string::npos && close > open)
      shape.parameters.push_back(segment.substr(open + 1, close - open - 1));
    if (!shape.ends_with_parameter) shape.words.push_back(segment);
  }
  while (shape.words.size() > 1 && (is_version(shape.words.front()) || lower(shape.words.front()) == "api"))
    shape.words.erase(shape.words.begin());
  return shape;
}

std::string noun_of(std::vector<std::string> words) {
  std::vector<std::string> names;
  for (const std::string& word : words) {
    std::string name = snake_case(word);
    if (names.empty() || names.back() != name) names.push_back(std::move(name));  // /contacts/contacts
  }
  std::string noun = names.empty() ? "root" : join(names, "_");
  if (noun.size() > longest_name) noun = noun.substr(noun.size() - longest_name);
  return snake_case(noun);
}

bool is_plural(std::string_view word) { return word.ends_with('s') && !word.ends_with("ss"); }

std::string first_word(const Operation& operation) {
  const std::string id = snake_case(operation.spot.text("operationId"));
  return id.substr(0, id.find('_'));
}

std::string named(const std::vector<std::string>& words, const std::string& verb) {
  return noun_of(words) + "." + verb;
}

std::string post_name(const Operation& operation, Shape shape) {
  if (shape.ends_with_parameter) {
    constexpr std::string_view verbs[] = {"add", "assign", "attach", "create", "replace", "set", "upsert"};
    const std::string said = first_word(operation);
    const bool known = std::find(std::begin(verbs), std::end(verbs), said) != std::end(verbs);
    return named(shape.words, known ? said : "update");
  }
  const bool thing = operation.creates && (operation.lists || is_plural(shape.words.empty() ? "" : shape.words.back()));
  if (shape.words.size() < 2 || thing || is_plural(shape.words.back())) return named(shape.words, "create");
  const std::string verb = snake_case(shape.words.back());
  shape.words.pop_back();
  return named(shape.words, verb);
}

/// The name that an operation has where nothing else has it.
std::string wanted_name(const Operation& operation, bool replaces) {
  const Shape shape = shape_of(operation.path);
  if (operation.method == "POST") return post_name(operation, shape);
  if (operation.method == "GET")
    return named(shape.words, !shape.ends_with_parameter && operation.lists ? "list" : "get");
  if (operation.method == "DELETE") return named(shape.words, "delete");
  if (operation.method == "PUT" && replaces) return named(shape.words, "replace");
  return named(shape.words, operation.method == "HEAD" ? "head" : "update");
}

std::string free_name(const Operation& operation, const std::string& wanted, TakenNames& taken) {
  if (taken.emplace(wanted, 1).second) return wanted;
  const Shape shape = shape_of(operation.path);
  if (!shape.parameters.empty()) {
    const std::string by = wanted + "_by_" + snake_case(shape.parameters.back());
    if (taken.emplace(by, 1).second) return by;
  }
  return unused(wanted + "_" + lower(operation.method), "_", taken);
}

/// A request in words, with what `named` makes of the names of parameters.
template <class Named>
std::string key_of(std::string_view method, std::string_view path, Named named) {
  std::string key = std::string(method) + " ";
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t open = std::min(path.find('{', at), path.size());
    const std::size_t close = std::min(path.find('}', open), path.size());
    key += as_in_an_address(path.substr(at, open - at));
    if (open < path.size()) key += between('{', named(path.substr(open + 1, close - open - 1)), '}');
    at = std::min(close + 1, path.size());
  }
  return key;
}

}  // namespace

std::string as_in_an_address(std::string_view text) {
  std::string written;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain = byte > ' ' && byte < 0x7F && std::string_view("\"<>^`|").find(letter) == std::string_view::npos;
    written += plain ? std::string(1, letter) : percent_encode(std::string_view(&letter, 1));
  }
  return written;
}

std::string snake_case(std::string_view text) {
  std::string name;
  for (std::size_t at = 0; at < text.size() && name.size() < longest_name; ++at) {
    const char letter = text[at];
    const char before = at > 0 ? text[at - 1] : '\0', after = at + 1 < text.size() ? text[at + 1] : '\0';
    const bool begins =
        is_upper(letter) && (is_lower(before) || is_digit(before) || (is_upper(before) && is_lower(after)));
    const bool blank = !is_lower(letter) && !is_upper(letter) && !is_digit(letter);
    if ((begins || blank) && !name.empty() && name.back() != '_') name += '_';
    if (!blank) name += is_upper(letter) ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty()) return "x";
  return is_digit(name.front()) ? "x" + name : name;
}

std::string definition_name(std::string_view pointer) {
  const std::size_t slash = pointer.rfind('/');
  std::string name;
  for (const char letter : pointer.substr(slash == std::string_view::npos ? 0 : slash + 1)) {
    const bool plain = is_lower(letter) || is_upper(letter) || is_digit(letter) || letter == '.' || letter == '-';
    if (name.size() < longest_name) name += plain ? letter : '_';
  }
  return name.empty() ? "schema" : name;
}

std::string unused(const std::string& name, std::string_view before_number, TakenNames& taken) {
  const auto [found, added] = taken.emplace(name, 1);
  if (added) return name;
  std::string free;
  do {
    free = name + std::string(before_number) + std::to_string(++found->second);
  } while (!taken.emplace(free, 1).second);
  return free;
}

std::string request_key(std::string_view method, std::string_view path) {
  return key_of(method, path, [](std::string_view) { return std::string(); });
}

std::string exact_request_key(std::string_view method, std::string_view path) {
  return key_of(method, path, snake_case);
}

void name_operations(std::vector<Operation>& operations, const std::map<std::string, std::string>& before) {
  TakenNames taken;
  std::set<std::string> patched;
  for (const auto key : {exact_request_key, request_key}) {
    for (Operation& operation : operations) {
      const auto known = before.find(key(operation.method, operation.path));
      if (known != before.end() && operation.name.empty() && taken.emplace(known->second, 1).second)
        operation.name = known->second;
    }
  }
  std::vector<Operation*> unnamed;
  for (Operation& operation : operations) {
    if (operation.method == "PATCH") patched.insert(operation.path);
    if (operation.name.empty()) unnamed.push_back(&operation);
  }
  std::sort(unnamed.begin(), unnamed.end(), [](const Operation* one, const Operation* other) {
    const auto order = [](const Operation& of) {
      return std::tuple(std::count(of.path.begin(), of.path.end(), '{'), std::string_view(of.path),
                        std::string_view(of.method));
    };
    return order(*one) < order(*other);
  });
  for (Operation* operation : unnamed)
    operation->name = free_name(*operation, wanted_name(*operation, patched.count(operation->path) > 0), taken);
}

}  // namespace millrace
