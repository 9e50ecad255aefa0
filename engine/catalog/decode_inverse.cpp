#include "catalog/decode_inverse.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/text.hpp"

namespace millrace {
namespace {

/// Reads one inverse; the names in it are of actions of its own plugin.
class InverseDecoder {
 public:
  InverseDecoder(const std::string& plugin, std::vector<ManifestProblem>& problems)
      : plugin_(plugin), problems_(problems) {}

  Inverse decode(const Value& written, const std::string& here) {
    Inverse inverse;
    inverse.action = full(written.is_text() ? written.text() : written.text_or("action"));
    if (written.is_text()) return inverse;
    inverse.with = inputs(written, "with", here);
    if (const Value* before = written.find("before")) inverse.before = look(*before, deeper(here, "before"));
    if (const Value* carriers = written.find("carriers"))
      inverse.carriers = decode_carriers(*carriers, deeper(here, "carriers"));
    if (const Value* lost = written.find("lost")) {
      for (const Value& sentence : lost->list()) inverse.lost.push_back(sentence.text());
    }
    return inverse;
  }

 private:
  std::string full(const std::string& name) const { return name.empty() ? name : plugin_ + "." + name; }

  std::optional<Expression> expression(const Value& written, const char* key, const std::string& here) {
    const Value* text = written.find(key);
    return text == nullptr ? std::nullopt : parse_expression(text->text(), deeper(here, key), problems_);
  }

  Inputs inputs(const Value& written, const char* key, const std::string& here) {
    Inputs inputs;
    const Value* listed = written.find(key);
    if (listed == nullptr) return inputs;
    for (const auto& [name, text] : listed->map()) {
      auto parsed = parse_expression(text.text(), deeper(deeper(here, key), name.text()), problems_);
      if (parsed) inputs.emplace_back(name.text(), std::move(*parsed));
    }
    return inputs;
  }

  Look look(const Value& written, const std::string& here) {
    if (written.is_text()) return {full(written.text()), {}, std::nullopt};
    return {full(written.text_or("action")), inputs(written, "with", here), expression(written, "find", here)};
  }

  Carriers decode_carriers(const Value& written, const std::string& here) {
    return {look(written, here), expression(written, "next", here), full(written.text_or("again")),
            inputs(written, "again_with", here)};
  }

  const std::string& plugin_;
  std::vector<ManifestProblem>& problems_;
};

/// Checks the actions that an inverse names, and what it gives them.
class InverseCheck {
 public:
  InverseCheck(const Manifest& manifest, const Manifest* beside, std::vector<ManifestProblem>& problems)
      : manifest_(manifest), beside_(beside), problems_(problems) {}

  void check(const Inverse& inverse, const std::string& here) {
    const bool plain = inverse.with.empty() && !inverse.carriers && inverse.lost.empty();
    const Action* back = find(inverse.action, here, plain);
    if (back != nullptr) check_inputs(inverse.with, *back, here + "/with", {"input", "output", "before", "now"});
    if (inverse.before) check_look(*inverse.before, here + "/before", {"input"});
    if (!inverse.carriers) return;
    const Carriers& carriers = *inverse.carriers;
    check_look(carriers.look, here + "/carriers", {"input", "before"});
    if (carriers.next) check_names(*carriers.next, {"asked", "output"}, here + "/carriers/next", problems_);
    const Action* again = find(carriers.again, here + "/carriers/again", true);
    if (again != nullptr)
      check_inputs(carriers.with, *again, here + "/carriers/again_with", {"carrier", "input", "before", "now"});
  }

 private:
  using Known = std::vector<std::string>;

  void report(std::string pointer, std::string message) {
    problems_.push_back({.pointer = std::move(pointer), .message = std::move(message)});
  }

  /// `at_itself`: the name is the value at `here`, or it is its "action".
  const Action* find(const std::string& name, const std::string& here, bool at_itself) {
    std::vector<std::string> names;
    for (const Manifest* part : {&manifest_, beside_}) {
      if (part == nullptr) continue;
      for (const Action& other : part->actions) {
        if (other.name == name) return &other;
        names.push_back(other.name.substr(manifest_.name.size() + 1));
      }
    }
    const std::string own = name.substr(manifest_.name.size() + 1);
    report(at_itself ? here : here + "/action", "this plugin has no action \"" + own + "\"" + did_you_mean(own, names));
    return nullptr;
  }

  void check_look(const Look& look, const std::string& here, const Known& known) {
    const Action* read = find(look.action, here, false);
    if (read == nullptr) return;
    if (read->effect != Effect::read || !read->request)
      report(here, "what looks must be an action with the effect \"read\" and a request");
    check_inputs(look.with, *read, here + "/with", known);
    Known found = known;
    found.emplace_back("output");
    if (look.find) check_names(*look.find, found, here + "/find", problems_);
  }

  void check_inputs(const Inputs& with, const Action& action, const std::string& here, const Known& known) {
    const std::vector<std::string> inputs = action.inputs().property_names();
    for (const auto& [name, expression] : with) {
      if (std::find(inputs.begin(), inputs.end(), name) == inputs.end() && !action.inputs().open())
        report(deeper(here, name), action.name + " has no input \"" + name + "\"" + did_you_mean(name, inputs));
      check_names(expression, known, deeper(here, name), problems_);
    }
  }

  const Manifest& manifest_;
  const Manifest* beside_;
  std::vector<ManifestProblem>& problems_;
};

}  // namespace

std::optional<Expression> parse_expression(const std::string& text, const std::string& pointer,
                                           std::vector<ManifestProblem>& problems) {
  auto parsed = Expression::parse(text);
  if (Expression* expression = std::get_if<Expression>(&parsed)) return std::move(*expression);
  const ExpressionError& error = std::get<ExpressionError>(parsed);
  problems.push_back(
      {.pointer = pointer,
       .message = error.message + ", at character " + std::to_string(error.offset + 1) + " of the expression"});
  return std::nullopt;
}

std::shared_ptr<const Inverse> decode_inverse(const Value& written, const std::string& plugin, const std::string& here,
                                              std::vector<ManifestProblem>& problems) {
  return std::make_shared<const Inverse>(InverseDecoder(plugin, problems).decode(written, here));
}

void check_inverse(const Manifest& manifest, const Manifest* beside, const Action& action, const std::string& here,
                   std::vector<ManifestProblem>& problems) {
  if (action.inverse) InverseCheck(manifest, beside, problems).check(*action.inverse, here);
}

}  // namespace millrace
