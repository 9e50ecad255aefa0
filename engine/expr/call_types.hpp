#pragma once

#include <string>
#include <utility>
#include <vector>

#include "expr/functions.hpp"
#include "expr/syntax.hpp"
#include "expr/type.hpp"

namespace millrace {

/// An argument of a function as its signature has it: "part" of text.contains(part).
struct Argument {
  std::string name;
  KindSet kinds = any_kind;
};

/// The argument at `place` of `count`, the receiver counted, where the first one is of one of the kinds `receiver`.
/// Read from the signature, so that what people are told and what is checked cannot differ.
Argument argument_of(const Function& function, std::size_t place, std::size_t count, KindSet receiver);

/// One of which it is known that it is a list, but for what holds nothing.
bool is_list(const Type& type);

/// Said where the first argument of a call, or what it is called on, is of no kind that the function takes.
std::string unfit_receiver(const Function& function, const Type& receiver);

/// Why the function cannot take the items of a list, as far as is known what they are; empty where it can.
std::string wrong_items(const Function& function, const std::vector<Type>& arguments);

/// What a call gives, as far as its arguments tell.
Type given_by(const Function& function, const std::vector<Type>& arguments);

/// What the variables of a macro hold that goes through `range`: an item, or with `two` of them its place or key and
/// it.
std::pair<Type, Type> items_of(const Type& range, bool two);

/// What a macro gives that goes through `range` and makes `body` of each item.
Type given_by(const Expression::Node& loop, const Type& range, const Type& body);

}  // namespace millrace
