#include "workflow/said.hpp"

namespace millrace {

SaidText said_text(const Template& with, const std::string& input) {
  const Value* all = with.constant_value();
  const Template* one = with.member(input);
  const Value* value = all ? all->find(input) : one ? one->constant_value() : nullptr;
  if (value != nullptr) return value->is_text() ? SaidText{true, true, value->text()} : SaidText{true};
  return one ? SaidText{true, false, one->beginning()} : SaidText{};
}

std::string written_file_input(const Action& action) {
  const std::string written = file_input(action);
  return written.empty() && action.request ? action.request->save_input : written;
}

Value known_input(const Template& with, const Action& action) {
  if (const Value* all = with.constant_value()) return *all;
  Map input;
  for (const std::string& name : action.inputs().property_names()) {
    const Template* one = with.member(name);
    if (one == nullptr) continue;
    const Value* known = one->constant_value();
    input.set(name, known != nullptr ? *known : Value::unknown(name));
  }
  return input;
}

namespace {

constexpr int deepest_input = 4;

/// What is said of a member, wherever it stands in what the step gives: as a constant, a template, or in a mapping of
/// which only the run knows what is in it.
struct SaidMember {
  const Value* constant = nullptr;
  const Template* written = nullptr;

  bool given() const { return (constant != nullptr && !constant->is_null()) || written != nullptr; }
  SaidMember at(const std::string& name) const {
    if (constant != nullptr) return {constant->find(name), nullptr};
    if (written == nullptr) return {};
    if (const Value* all = written->constant_value()) return {all->find(name), nullptr};
    return {nullptr, written->member(name)};
  }
  SaidText text() const {
    const Value* value = constant != nullptr ? constant : written != nullptr ? written->constant_value() : nullptr;
    if (value != nullptr) return {true, value->is_text(), value->is_text() ? value->text() : ""};
    return {true, false, written != nullptr ? written->beginning() : ""};
  }
  /// A mapping that only the run makes.
  bool is_open() const {
    if (written == nullptr || written->constant_value() != nullptr) return false;
    bool any = false;
    written->each_expression([&any](const PlacedExpression&, const std::string&) { any = true; });
    return any;
  }
};

/// Calls `take` for each input that is marked, with what is said of it.
template <class Take>
void each_file_input(const SchemaView& schema, const SaidMember& said, int depth, const Take& take) {
  for (const std::string& name : schema.property_names()) {
    const SchemaView member = schema.property(name);
    const Value* mark = member.raw() != nullptr ? member.raw()->find("x-project-file") : nullptr;
    SaidMember one = said.at(name);
    if (!one.given() && said.is_open() && said.written->member(name) == nullptr && depth > 0) one = said;
    if (mark != nullptr) take(one, mark->is_text() ? mark->text() : "");
    if (mark == nullptr && depth < deepest_input) each_file_input(member, one, depth + 1, take);
  }
}

}  // namespace

bool names_its_files(const Action& action) {
  bool any = false;
  each_file_input(action.inputs(), {}, 0, [&any](const SaidMember&, const std::string&) { any = true; });
  return any;
}

std::vector<SaidText> said_files(const Template& with, const Action& action) {
  std::vector<SaidText> files;
  each_file_input(action.inputs(), {with.constant_value(), &with}, 0,
                  [&files](const SaidMember& one, const std::string& mark) {
                    if (!one.given()) return;
                    SaidText said = one.text();
                    if (said.whole && said.text.find(mark) == std::string::npos) return;
                    files.push_back(std::move(said));
                  });
  return files;
}

}  // namespace millrace
