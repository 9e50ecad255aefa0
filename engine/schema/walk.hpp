#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace {

/// The words of JSON Schema that say something about a value.
enum class Keyword : std::uint8_t {
  additional_items,
  additional_properties,
  all_of,
  any_of,
  constant,
  contains,
  dependencies,
  dependent_required,
  otherwise,
  enumeration,
  exclusive_maximum,
  exclusive_minimum,
  format,
  condition,
  items,
  max_items,
  max_length,
  max_properties,
  maximum,
  min_items,
  min_length,
  min_properties,
  minimum,
  multiple_of,
  negation,
  one_of,
  pattern,
  pattern_properties,
  properties,
  property_names,
  required,
  consequence,
  type,
  unique_items,
  count
};

/// The keywords of one schema object, looked up once.
class Keywords {
 public:
  explicit Keywords(const Value& schema);
  const Value* operator[](Keyword keyword) const { return values_[static_cast<std::size_t>(keyword)]; }

 private:
  std::array<const Value*, static_cast<std::size_t>(Keyword::count)> values_{};
};

/// One thing that does not fit, with what the choice between alternatives needs to know about it.
struct Misfit {
  enum class Kind : std::uint8_t { type, constant, missing, unknown, other };

  Kind kind = Kind::other;
  ShapeProblem problem = {};
  int depth = 0;                       // steps from the value that was checked first
  std::vector<std::string> keys = {};  // of a missing key: those that would do
};

/// A walk through a value along its schema. There are three ways to go:
/// `verdict` stops at the first misfit and says nothing about it, `shallow` looks at the value without what is inside
/// it, and `full` notes everything. Nothing here is remembered between two walks.
class SchemaWalk {
 public:
  enum class Mode : std::uint8_t { verdict, shallow, full };

  SchemaWalk(const Value& root, Mode mode) : root_(root), mode_(mode) {}

  void apply(const Value& schema, const Value& value);
  bool failed() const noexcept { return failed_; }
  std::vector<Misfit> take() { return std::move(misfits_); }

 private:
  bool done() const noexcept { return failed_ && mode_ == Mode::verdict; }
  SchemaWalk inner(Mode mode) const;
  bool fits(const Value& schema, const Value& value) const;
  template <class Make>
  void note(const Make& make);

  void apply_object(const Value& schema, const Value& value);
  bool check_type(const Keywords& keywords, const Value& value);
  bool check_constants(const Keywords& keywords, const Value& value);
  void check_number(const Keywords& keywords, const Value& value);
  void check_text(const Keywords& keywords, const std::string& text);
  void check_list(const Keywords& keywords, const Value::List& items);
  void check_size(const Value* least, const Value* most, std::size_t size, std::string_view noun);
  void check_unique(const Value::List& items);
  void check_map(const Keywords& keywords, const Map& members);
  void check_required(const Keywords& keywords, const Map& members);
  void check_member(const Keywords& keywords, const Map& members, const std::string& key, const Value& value);
  void check_dependencies(const Keywords& keywords, const Map& members);
  void check_logic(const Keywords& keywords, const Value& value);
  void descend(const Value& schema, const Value& value, std::string_view step);
  void unknown_key(const Keywords& keywords, const Map& members, const std::string& key);
  void refused_key(const std::string& key);

  // In schema_choice.cpp: what to say where none of several schemas fits.
  void choose(const Value::List& branches, const Value& value, bool only_one);
  void explain_choice(const Value::List& branches, const Value& value);
  void explain_ambiguity(const std::vector<const Value*>& fitting);
  void explain_negation(const Value& schema, const Value& value);

  const Value& root_;
  Mode mode_;
  bool failed_ = false;
  int nested_ = 0;  // schemas inside schemas, whether or not the value gets deeper
  int depth_ = 0;
  std::string path_;
  std::vector<Misfit> misfits_;
};

template <class Make>
void SchemaWalk::note(const Make& make) {
  failed_ = true;
  if (mode_ == Mode::verdict) return;
  Misfit misfit = make();
  misfit.problem.pointer = path_;
  misfit.depth = depth_;
  misfits_.push_back(std::move(misfit));
}

}  // namespace millrace
