#include <algorithm>

#include "schema/reference.hpp"
#include "schema/walk.hpp"
#include "schema/words.hpp"

namespace millrace {
namespace {

constexpr int deepest_choice = 8;             // of choices between choices
constexpr std::size_t most_read_in_full = 4;  // of alternatives that look equally near

/// An alternative, and how it looks from afar.
struct Branch {
  const Value* schema = nullptr;
  std::vector<Misfit> misfits;
  int distance = 0;
};

/// How far a value is from what was wanted: its kind tells most, then what says of itself which form it has, then its
/// keys.
int distance_of(const std::vector<Misfit>& misfits, int depth) {
  int distance = 0;
  for (const Misfit& misfit : misfits) {
    switch (misfit.kind) {
      case Misfit::Kind::type:
        distance += misfit.depth == depth ? 10'000 : 100;
        break;
      case Misfit::Kind::constant:
        distance += misfit.depth == depth ? 1'000 : 100;
        break;
      case Misfit::Kind::missing:
        distance += 10;
        break;
      case Misfit::Kind::unknown:
        distance += 3;
        break;
      case Misfit::Kind::other:
        distance += 1;
        break;
    }
  }
  return distance;
}

/// The alternatives, those of alternatives that are nothing but a choice themselves among them.
void collect(const Value& root, const Value::List& branches, std::vector<Branch>& all, int depth = 0) {
  for (const Value& branch : branches) {
    const Value* schema = followed(root, branch);
    if (schema == nullptr) continue;
    const Value* inner = schema->find("anyOf") != nullptr ? schema->find("anyOf") : schema->find("oneOf");
    const bool only_choice = inner != nullptr && inner->is_list() && schema->find("type") == nullptr &&
                             schema->find("properties") == nullptr && schema->find("required") == nullptr;
    if (only_choice && depth < deepest_choice) {
      collect(root, inner->list(), all, depth + 1);
    } else {
      all.push_back({.schema = schema, .misfits = {}});
    }
  }
}

bool all_of_kind(const std::vector<Branch>& branches, Misfit::Kind kind, int depth) {
  return std::all_of(branches.begin(), branches.end(), [&](const Branch& branch) {
    return branch.misfits.size() == 1 && branch.misfits[0].kind == kind && branch.misfits[0].depth == depth;
  });
}

void add_new(std::vector<std::string>& words, const std::vector<std::string>& more) {
  for (const std::string& word : more) {
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
}

/// The types that alternatives of other types expect.
std::vector<std::string> types_expected(const std::vector<Branch>& branches) {
  std::vector<std::string> types;
  for (const Branch& branch : branches) {
    for (const Misfit& misfit : branch.misfits) add_new(types, misfit.problem.types);
  }
  return types;
}

Misfit expected_another_kind(const std::vector<Branch>& branches, const Value& value) {
  std::vector<std::string> types = types_expected(branches);
  ShapeProblem problem = {.message = "expected " + words_of_types(types) + ", found " + described(value)};
  if (types.size() == 1) problem.suggestion = branches.front().misfits.front().problem.suggestion;
  problem.types = std::move(types);
  return {.kind = Misfit::Kind::type, .problem = std::move(problem)};
}

Misfit expected_another_word(const std::vector<Branch>& nearest_ones, const std::vector<Branch>& all,
                             const Value& value) {
  std::vector<Value> allowed;
  for (const Branch& branch : nearest_ones) {
    for (const Value& choice : branch.misfits[0].problem.allowed) {
      if (std::find(allowed.begin(), allowed.end(), choice) == allowed.end()) allowed.push_back(choice);
    }
  }
  std::string wanted = one_of_words(allowed);
  for (const std::string& type : types_expected(all)) wanted += " or " + type_words(type);
  return {.kind = Misfit::Kind::constant, .problem = not_among(std::move(allowed), std::move(wanted), value)};
}

Misfit expected_a_key(const std::vector<Branch>& branches) {
  std::vector<std::string> keys;
  for (const Branch& branch : branches) add_new(keys, branch.misfits[0].keys);
  if (keys.size() == 1) {
    return {.kind = Misfit::Kind::missing,
            .problem = {.key = keys[0], .message = "missing " + literal(Value(keys[0]))},
            .keys = std::move(keys)};
  }
  std::vector<std::string> words;
  for (const std::string& key : keys) words.push_back(literal(Value(key)));
  return {
      .kind = Misfit::Kind::missing, .problem = {.message = "missing " + alternatives(words)}, .keys = std::move(keys)};
}

/// The keys that `schema` demands, if that is what it is about.
std::vector<std::string> demanded(const Value& root, const Value& schema) {
  std::vector<std::string> keys;
  const Value* here = followed(root, schema);
  const Value* required = here != nullptr ? here->find("required") : nullptr;
  if (required == nullptr || !required->is_list()) return keys;
  for (const Value& key : required->list()) keys.push_back(key.text());
  return keys;
}

}  // namespace

void SchemaWalk::check_logic(const Keywords& keywords, const Value& value) {
  if (const Value* all = keywords[Keyword::all_of]; all != nullptr && all->is_list()) {
    for (const Value& part : all->list()) apply(part, value);
  }
  if (const Value* any = keywords[Keyword::any_of]; any != nullptr && any->is_list() && !done()) {
    choose(any->list(), value, false);
  }
  if (const Value* one = keywords[Keyword::one_of]; one != nullptr && one->is_list() && !done()) {
    choose(one->list(), value, true);
  }
  // What is not known yet could turn either of these round.
  if (done() || value.contains_unknown()) return;
  if (const Value* never = keywords[Keyword::negation]; never != nullptr && fits(*never, value)) {
    explain_negation(*never, value);
  }
  if (const Value* condition = keywords[Keyword::condition]) {
    const Value* then = keywords[fits(*condition, value) ? Keyword::consequence : Keyword::otherwise];
    if (then != nullptr) apply(*then, value);
  }
}

void SchemaWalk::choose(const Value::List& branches, const Value& value, bool only_one) {
  std::vector<const Value*> fitting;
  for (const Value& branch : branches) {
    if (!fits(branch, value)) continue;
    if (!only_one) return;
    fitting.push_back(&branch);
  }
  if (fitting.size() == 1 || (fitting.size() > 1 && value.contains_unknown())) return;
  if (mode_ == Mode::verdict) {
    failed_ = true;
  } else if (fitting.empty()) {
    explain_choice(branches, value);
  } else {
    explain_ambiguity(fitting);
  }
}

void SchemaWalk::explain_choice(const Value::List& branches, const Value& value) {
  std::vector<Branch> all;
  collect(root_, branches, all);
  for (Branch& branch : all) {
    SchemaWalk walk = inner(Mode::shallow);
    walk.apply(*branch.schema, value);
    branch.misfits = walk.take();
    branch.distance = distance_of(branch.misfits, depth_);
  }
  const auto nearer = [](const Branch& left, const Branch& right) { return left.distance < right.distance; };
  const auto best = std::min_element(all.begin(), all.end(), nearer);
  if (best == all.end()) return;
  std::vector<Branch> nearest_ones;
  for (const Branch& branch : all) {
    if (branch.distance == best->distance) nearest_ones.push_back(branch);
  }

  if (all_of_kind(nearest_ones, Misfit::Kind::type, depth_)) {
    return note([&] { return expected_another_kind(all, value); });
  }
  if (all_of_kind(nearest_ones, Misfit::Kind::constant, depth_)) {
    return note([&] { return expected_another_word(nearest_ones, all, value); });
  }
  if (all_of_kind(nearest_ones, Misfit::Kind::missing, depth_)) {
    return note([&] { return expected_a_key(nearest_ones); });
  }
  if (mode_ == Mode::shallow) {
    return note([] { return Misfit{.problem = {.message = "has none of the forms it may have"}}; });
  }
  std::vector<Misfit> shortest;
  for (std::size_t at = 0; at < std::min(nearest_ones.size(), most_read_in_full); ++at) {
    SchemaWalk walk = inner(Mode::full);
    walk.apply(*nearest_ones[at].schema, value);
    std::vector<Misfit> misfits = walk.take();
    if (misfits.empty()) continue;
    // Of two that are wrong in as many places the one that is wrong further inside was meant.
    const bool fewer = shortest.empty() || misfits.size() < shortest.size();
    const bool further = !fewer && misfits.size() == shortest.size() && misfits[0].depth > shortest[0].depth;
    if (fewer || further) shortest = std::move(misfits);
  }
  failed_ = true;
  for (Misfit& misfit : shortest) misfits_.push_back(std::move(misfit));
}

void SchemaWalk::explain_ambiguity(const std::vector<const Value*>& fitting) {
  note([&] {
    const std::vector<std::string> first = demanded(root_, *fitting[0]);
    const std::vector<std::string> second = demanded(root_, *fitting[1]);
    std::string message = "has more than one of the forms of which it may have one";
    for (const std::string& key : first) {
      const auto same = std::find(second.begin(), second.end(), key);
      if (same != second.end() || second.empty()) continue;
      message = literal(Value(key)) + " and " + literal(Value(second[0])) + " exclude each other";
      break;
    }
    return Misfit{.problem = {.message = std::move(message)}};
  });
}

void SchemaWalk::explain_negation(const Value& schema, const Value& value) {
  const Value* here = followed(root_, schema);
  const Value* any = here != nullptr ? here->find("anyOf") : nullptr;
  if (any != nullptr && any->is_list()) {
    for (const Value& branch : any->list()) {
      if (fits(branch, value)) return explain_negation(branch, value);
    }
  }
  const std::vector<std::string> keys = demanded(root_, schema);
  if (keys.size() == 1) return refused_key(keys[0]);
  note([&] {
    std::string message = "has a form that is not allowed here";
    if (keys.size() > 1) {
      message = literal(Value(keys[0])) + " and " + literal(Value(keys[1])) + " exclude each other";
    } else if (here != nullptr && (here->find("const") != nullptr || here->find("enum") != nullptr)) {
      message = "must not be " + literal(value);
    }
    return Misfit{.problem = {.message = std::move(message)}};
  });
}

}  // namespace millrace
