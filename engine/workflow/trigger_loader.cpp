#include "workflow/trigger_loader.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "schedule/schedule.hpp"
#include "workflow/foreign_words.hpp"
#include "workflow/format_schemas.hpp"

namespace millrace {
namespace {

constexpr std::array<std::string_view, 8> forms = {"trigger", "schedule", "cron",  "webhook",
                                                   "watch",   "file",     "after", "manual"};

class TriggerLoader {
 public:
  TriggerLoader(FieldReader& fields, const YamlDocument& document, const Catalog& catalog)
      : fields_(fields), document_(document), catalog_(catalog) {}

  std::optional<TriggerSpec> trigger(const Node& node) {
    if (node.is_scalar()) return bare(node);
    if (!node.is_map()) return std::nullopt;
    const Node::Member* main = form(node);
    if (!main) return std::nullopt;
    const Schema& part = *workflow_part(main->key == "trigger" ? "plugin_trigger" : main->key + "_trigger");
    TriggerSpec spec;
    spec.kind = main->key == "trigger" ? "plugin" : main->key;
    spec.settings = fields_.fixed(node, view_of(part));
    fields_.check_shape(node, spec.settings, part);
    spec.name = spec.settings.text_or(main->key);
    spec.connection = spec.settings.text_or("connection");
    spec.at = main->value.is_empty() ? document_.key_mark(*main) : fields_.mark(main->value);
    note_places(spec, node, "");
    inputs(spec, node);
    expressions(spec, node);
    return spec;
  }

 private:
  /// `- manual`
  std::optional<TriggerSpec> bare(const Node& node) {
    const std::vector<std::string> words(forms.begin(), forms.end());
    TriggerSpec spec;
    spec.kind = "manual";
    spec.settings = Map();
    spec.at = fields_.mark(node);
    if (node.text == "manual") return spec;
    auto meant = nearest(node.text, {"manual"});
    if (catalog_.find_trigger(node.text) != nullptr) meant = "trigger: " + node.text;
    if (std::holds_alternative<Schedule>(parse_schedule(node.text))) meant = "schedule: " + node.text;
    fields_.report(
        finding(Rule::wrong_value, spec.at,
                "a trigger is written with its form, one of " + join(words, ", ") + "; only manual stands alone",
                meant.value_or("")));
    return std::nullopt;
  }

  const Node::Member* form(const Node& node) {
    const Node::Member* main = nullptr;
    for (const Node::Member& member : node.members) {
      if (std::find(forms.begin(), forms.end(), member.key) == forms.end()) continue;
      if (main) {
        fields_.report(
            finding(Rule::one_block, document_.key_mark(member),
                    "a trigger has one form: \"" + main->key + "\" and \"" + member.key + "\" make two triggers"));
        return nullptr;
      }
      main = &member;
    }
    if (!main) unclear(node);
    return main;
  }

  /// The form that a key was meant to be: in other letters, as the value of "type", or in the words of another program.
  std::optional<ForeignKey> meant_form(const Node::Member& member, const std::vector<std::string>& words) const {
    const auto near = std::find(words.begin(), words.end(), nearest(member.key, words).value_or(""));
    if (near != words.end()) return ForeignKey{member.key, *near, ""};
    const auto said = std::find(words.begin(), words.end(), member.value.text);
    if (said != words.end()) return ForeignKey{member.key, *said, "the form of a trigger is its key"};
    return foreign_trigger(member.key);
  }

  void unclear(const Node& node) {
    const std::vector<std::string> words(forms.begin(), forms.end());
    for (const Node::Member& member : node.members) {
      const auto meant = meant_form(member, words);
      if (!meant) continue;
      fields_.report(finding(Rule::unknown_key, document_.key_mark(member), message_of(member.key, *meant),
                             suggestion_of(*meant)));
      return;
    }
    const SourceMark at = node.members.empty() ? fields_.mark(node) : document_.key_mark(node.members[0]);
    fields_.report(finding(Rule::one_block, at, "this trigger has no form: it needs one of " + join(words, ", ")));
  }

  void note_places(TriggerSpec& spec, const Node& node, const std::string& prefix) {
    for (const Node::Member& member : node.members) {
      const SourceMark at =
          member.value.is_empty() || member.value.is_map() ? document_.key_mark(member) : fields_.mark(member.value);
      spec.places.emplace(prefix + member.key, at);
      note_places(spec, member.value, prefix + member.key + ".");
    }
  }

  void inputs(TriggerSpec& spec, const Node& node) {
    const Node::Member* with = node.member("with");
    const bool given = with && with->value.is_map();
    SchemaView view;
    std::shared_ptr<const Schema> schema;
    if (const Trigger* trigger = spec.kind == "plugin" ? catalog_.find_trigger(spec.name) : nullptr)
      schema = trigger->with;
    if (const Action* action = spec.kind == "watch" ? catalog_.find_action(spec.name) : nullptr) schema = action->input;
    if (schema) view = view_of(*schema);
    spec.with = given ? fields_.fixed(with->value, view) : Value(Map());
    if (schema)
      fields_.check_shape(given ? with->value : node, spec.with, *schema, with ? document_.key_mark(*with) : spec.at);
    for (const Node::Member& member : node.members) {
      if (!takes_expression(member.key) && member.key != "schedule" && member.key != "cron") refuse_holes(member.value);
    }
  }

  /// Its keys that hold an expression. What a schedule is not, is said of schedules.
  static bool takes_expression(const std::string& key) {
    return key == "if" || key == "key" || key == "challenge" || key == "dedupe";
  }

  void refuse_holes(const Node& node) {
    const std::size_t hole = node.is_scalar() ? node.text.find("${{") : std::string::npos;
    if (hole != std::string::npos) {
      fields_.report(finding(Rule::wrong_value, fields_.mark(node),
                             "a trigger is set up before any run, so it takes no expressions"));
    }
    for (const Node& item : node.items) refuse_holes(item);
    for (const Node::Member& member : node.members) refuse_holes(member.value);
  }

  void expressions(TriggerSpec& spec, const Node& node) {
    const auto use = [&](const Node& in, std::string_view key, std::string parameter, std::string member = "") {
      const Node* value = in.find(key);
      if (!value || !value->is_scalar() || value->is_empty()) return;
      ExpressionUse read = {fields_.expression(*value, nullptr, Meaning::text),
                            ExpressionUse::Role::closure,
                            SchemaView(),
                            std::move(parameter),
                            "",
                            member.empty() ? std::string(key) : std::move(member),
                            fields_.mark(*value)};
      spec.uses.push_back(std::move(read));
    };
    const Node* condition = node.find("if");
    if (condition && condition->is_scalar() && !condition->is_empty()) {
      spec.condition = fields_.condition(*condition);
      spec.uses.push_back(
          {*spec.condition, ExpressionUse::Role::whole, SchemaView(), "", "", "if", fields_.mark(*condition)});
    }
    if (spec.kind == "watch") use(node, "key", "item");
    use(node, "challenge", "");
    if (const Node* challenge = node.find("challenge"); challenge && challenge->is_map()) {
      use(*challenge, "answer", "", "challenge");
      if (const Node* hmac = challenge->find("hmac"); hmac && hmac->is_map()) use(*hmac, "over", "", "challenge.over");
    }
    const Node* dedupe = node.find("dedupe");
    if (dedupe && dedupe->text != "body" && dedupe->text != "none") use(node, "dedupe", "");
  }

  FieldReader& fields_;
  const YamlDocument& document_;
  const Catalog& catalog_;
};

}  // namespace

std::vector<TriggerSpec> load_triggers(const Node& node, FieldReader& fields, const YamlDocument& document,
                                       const Catalog& catalog) {
  TriggerLoader loader(fields, document, catalog);
  std::vector<TriggerSpec> triggers;
  const auto add = [&](const Node& one) {
    if (auto trigger = loader.trigger(one)) triggers.push_back(std::move(*trigger));
  };
  if (!node.is_list() && !node.is_empty()) add(node);
  for (const Node& item : node.items) add(item);
  return triggers;
}

}  // namespace millrace
