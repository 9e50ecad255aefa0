#include "expr/macros.hpp"

#include <algorithm>
#include <array>

namespace millrace {

namespace {

using Node = Expression::Node;

struct Shape {
  std::string_view name;
  std::size_t arguments;
  Macro macro;
  std::size_t variables;
};

constexpr std::array<Shape, 25> shapes = {{
    {"all", 2, Macro::all, 1},
    {"all", 3, Macro::all, 2},
    {"exists", 2, Macro::exists, 1},
    {"exists", 3, Macro::exists, 2},
    {"exists_one", 2, Macro::exists_one, 1},
    {"exists_one", 3, Macro::exists_one, 2},
    {"existsOne", 2, Macro::exists_one, 1},
    {"existsOne", 3, Macro::exists_one, 2},
    {"map", 2, Macro::map, 1},
    {"map", 3, Macro::map, 1},
    {"filter", 2, Macro::filter, 1},
    {"transformList", 3, Macro::transform_list, 2},
    {"transformList", 4, Macro::transform_list, 2},
    {"transformMap", 3, Macro::transform_map, 2},
    {"transformMap", 4, Macro::transform_map, 2},
    {"transformMapEntry", 3, Macro::transform_map_entry, 2},
    {"transformMapEntry", 4, Macro::transform_map_entry, 2},
    {"sortBy", 2, Macro::sort_by, 1},
    {"sortBy", 3, Macro::sort_by, 1},
    {"groupBy", 2, Macro::group_by, 1},
    {"distinctBy", 2, Macro::distinct_by, 1},
    {"optMap", 2, Macro::optional_map, 1},
    {"optFlatMap", 2, Macro::optional_flat_map, 1},
    {"bind", 3, Macro::bind, 1},
    {"if", 3, Macro::none, 0},
}};

std::optional<ExpressionError> take_variable(Node& call, Node& argument) {
  if (argument.kind != NodeKind::name || argument.rooted) {
    return ExpressionError{"\"" + call.text + "\" needs a plain name here, such as x", argument.offset, argument.length,
                           ""};
  }
  if (std::find(call.variables.begin(), call.variables.end(), argument.text) != call.variables.end()) {
    return ExpressionError{"the two names of \"" + call.text + "\" must differ", argument.offset, argument.length, ""};
  }
  call.variables.push_back(argument.text);
  return std::nullopt;
}

std::optional<ExpressionError> expand_has(Node& call) {
  Node& argument = call.children[0];
  if (argument.kind != NodeKind::select || argument.optional) {
    return ExpressionError{"has() asks for a member, as in has(item.name)", argument.offset, argument.length, ""};
  }
  Node made = std::move(argument);
  made.kind = NodeKind::has;
  call = std::move(made);
  return std::nullopt;
}

}  // namespace

std::optional<ExpressionError> expand_macro(Node& call) {
  if (!call.receiver && call.text == "has" && call.children.size() == 1) return expand_has(call);
  if (!call.receiver && call.text == "if") {
    if (call.children.size() != 3) {
      return ExpressionError{"if() needs a condition and two values: if(when, this, that)", call.offset, call.length,
                             ""};
    }
    call.kind = NodeKind::conditional;
    return std::nullopt;
  }
  if (!call.receiver) return std::nullopt;
  const std::size_t given = call.children.size() - 1;
  const auto* shape = std::find_if(shapes.begin(), shapes.end(), [&](const Shape& known) {
    return known.name == call.text && known.arguments == given;
  });
  if (shape == shapes.end()) return std::nullopt;
  if (shape->macro == Macro::bind) {
    if (call.children[0].kind != NodeKind::name || call.children[0].text != "cel") return std::nullopt;
    call.children.erase(call.children.begin());
    std::swap(call.children[0], call.children[1]);  // value, name, body: the name is where the others have it
  }
  for (std::size_t variable = 0; variable < shape->variables; ++variable) {
    if (auto error = take_variable(call, call.children[1])) return error;
    call.children.erase(call.children.begin() + 1);
  }
  call.kind = NodeKind::loop;
  call.macro = shape->macro;
  return std::nullopt;
}

std::size_t names_given(std::string_view macro, std::size_t arguments) noexcept {
  std::size_t names = 0;
  for (const Shape& shape : shapes) {  // those with fewer arguments first
    if (shape.name != macro || shape.macro == Macro::bind) continue;
    names = shape.variables;
    if (shape.arguments >= arguments) break;
  }
  return std::min(names, arguments - std::min<std::size_t>(arguments, 1));
}

std::vector<std::string> member_macros() {
  std::vector<std::string> names;
  for (const Shape& shape : shapes) {
    if (shape.macro != Macro::none && shape.macro != Macro::bind) names.emplace_back(shape.name);
  }
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool sees_variables(const Node& loop, std::size_t child) {
  return child > 0 && !(loop.macro == Macro::sort_by && child == 2);
}

}  // namespace millrace
