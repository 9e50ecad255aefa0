#include <set>
#include <utility>

#include "prose/explain_parts.hpp"
#include "prose/expression_words.hpp"
#include "prose/phrases.hpp"
#include "prose/tell_value.hpp"
#include "schedule/preview.hpp"
#include "workflow/hook_path.hpp"

namespace millrace {

namespace {

class TriggerTeller {
 public:
  TriggerTeller(const Workflow& workflow, const TriggerSpec& spec, const Catalog& catalog, const Project& project)
      : workflow_(workflow), spec_(spec), catalog_(catalog), project_(project) {}

  Sentence tell() {
    known_ = {main_key(), "if"};
    told_ = {"trigger", "", main_text()};
    told_.at = spec_.at;
    told_.meaning = spec_.kind + " " + told_.text;
    if (spec_.condition) {
      const Expression& condition = spec_.condition->expression;
      add("if", fill(phrases().only_if, {{"what", condition_words(condition, {})}}), meaning_of(condition));
    }
    schedule();
    senders();
    if (spec_.kind == "watch") expression("key", phrases().key, {{"item"}});
    known_.insert("every");
    if (const std::string connection = setting("connection"); !connection.empty())
      add("connection", fill(phrases().over_connection, {{"name", connection}}));
    known_.insert("with");
    for (Sentence& input : tell_members("with.", Template::constant(spec_.with), SchemaView(), {}))
      told_.below.push_back(std::move(input));
    rest();
    return std::move(told_);
  }

 private:
  std::string main_key() const { return spec_.kind == "plugin" ? "trigger" : spec_.kind; }

  /// The text of a key, which is told with it.
  std::string setting(const std::string& key) {
    known_.insert(key);
    return spec_.settings.text_or(key);
  }

  void add(const std::string& key, std::string text, std::string meaning = "") {
    Sentence sentence = {key, "", std::move(text), std::move(meaning)};
    const auto place = spec_.places.find(key);
    sentence.at = place == spec_.places.end() ? spec_.at : place->second;
    told_.below.push_back(std::move(sentence));
  }

  std::string main_text() {
    const Phrases& say = phrases();
    if (spec_.kind == "schedule" || spec_.kind == "cron") return by_clock();
    if (spec_.kind == "webhook")
      return fill(say.when_called, {{"path", std::string(hooks_prefix) + hook_path(workflow_, spec_)}});
    if (spec_.kind == "plugin") {
      const Trigger* trigger = catalog_.find_trigger(spec_.name);
      if (trigger == nullptr) return spec_.name;
      return fill(say.when_event, {{"summary", trigger->summary}, {"name", spec_.name}});
    }
    if (spec_.kind == "watch") {
      const Action* action = catalog_.find_action(spec_.name);
      const auto every = parse_duration(spec_.settings.text_or("every"));
      return fill(say.when_changed, {{"name", spec_.name},
                                     {"summary", action == nullptr ? "" : action->summary},
                                     {"every", every ? words_of(*every) : spec_.settings.text_or("every")}});
    }
    if (spec_.kind == "file") return fill(say.when_file, {{"pattern", spec_.name}});
    if (spec_.kind == "after") {
      const std::string outcome = setting("outcome");
      const std::string_view phrase = outcome == "any"      ? say.after_any
                                      : outcome == "failed" ? say.after_failed
                                                            : say.after_completed;
      return fill(phrase, {{"name", spec_.name}});
    }
    return std::string(say.by_hand);
  }

  std::string by_clock() {
    const std::string zone = spec_.settings.text_or("timezone", project_.timezone);
    const auto read = spec_.kind == "cron" ? parse_cron(spec_.name) : parse_schedule(spec_.name);
    const auto* schedule = std::get_if<Schedule>(&read);
    return fill(phrases().by_clock, {{"when", schedule == nullptr ? spec_.name : in_words(*schedule)}, {"zone", zone}});
  }

  void schedule() {
    const Phrases& say = phrases();
    const std::string zone = setting("timezone");
    const bool by_clock = spec_.kind == "schedule" || spec_.kind == "cron";
    if (!by_clock && !zone.empty()) add("timezone", fill(say.zone, {{"zone", zone}}));
    if (const std::string missed = setting("if_missed"); !missed.empty()) {
      add("if_missed", std::string(missed == "skip"      ? say.if_missed_skip
                                   : missed == "run_all" ? say.if_missed_run_all
                                                         : say.if_missed_run_once));
    }
    if (const auto spread = parse_duration(setting("spread")); spread)
      add("spread", fill(say.spread, {{"time", words_of(*spread)}}));
  }

  void senders() {
    const Phrases& say = phrases();
    const bool hook = spec_.kind == "plugin" && catalog_.find_trigger(spec_.name) != nullptr &&
                      catalog_.find_trigger(spec_.name)->kind == "webhook";
    known_.insert("path");
    if (hook) add("path", fill(say.address, {{"path", std::string(hooks_prefix) + hook_path(workflow_, spec_)}}));
    verify();
    if (const std::string how = setting("parse"); !how.empty()) add("parse", fill(say.parse, {{"how", how}}));
    const std::string dedupe = setting("dedupe");
    if (dedupe == "none" || dedupe == "body") {
      add("dedupe", std::string(dedupe == "none" ? say.dedupe_none : say.dedupe_body));
    } else {
      expression("dedupe", say.dedupe_by, {});
    }
    challenge();
    if (setting("respond") == "wait") add("respond", std::string(say.respond_wait));
  }

  void verify() {
    const Phrases& say = phrases();
    known_.insert("verify");
    const Value* verify = spec_.settings.find("verify");
    if (verify == nullptr) return;
    if (verify->is_text()) {
      add("verify", std::string(verify->text() == "public" ? say.verify_public : say.verify_highlevel));
      return;
    }
    if (!verify->is_map()) return;
    for (const auto& [form, how] : verify->map()) {
      add("verify", fill(say.verify_by, {{"how", way_of(form.text())}}), "verify " + form.text());
      Sentence& proof = told_.below.back();
      const std::string part = "verify." + form.text();
      if (!how.is_map()) {
        proof.below.push_back(tell_value(part, std::string(say.secret), how));
      } else {
        proof.below = tell_members(part + ".", Template::constant(how), SchemaView(), {});
      }
    }
  }

  static std::string way_of(const std::string& form) {
    const Phrases& say = phrases();
    if (form == "hmac") return std::string(say.by_hmac);
    if (form == "bearer") return std::string(say.by_bearer);
    if (form == "header") return std::string(say.by_header);
    if (form == "secret_path") return std::string(say.by_secret_path);
    return fill(say.by_sender, {{"name", form}});
  }

  void challenge() {
    known_.insert("challenge");
    const Value* challenge = spec_.settings.find("challenge");
    if (challenge == nullptr) return;
    for (const ExpressionUse& use : spec_.uses) {
      if (use.member != "challenge") continue;
      const Expression& answer = use.expression.expression;
      add("challenge", fill(phrases().challenge, {{"what", words_of(answer, {})}}), meaning_of(answer));
    }
    const Value* hmac = challenge->find("hmac");
    if (hmac == nullptr) return;
    add("challenge.hmac", std::string(phrases().challenge_hmac));
    told_.below.back().below.push_back(tell_value("challenge.hmac", "hmac", *hmac));
  }

  void expression(const std::string& key, std::string_view phrase, const Surroundings& around) {
    known_.insert(key);
    for (const ExpressionUse& use : spec_.uses) {
      if (use.member != key) continue;
      const Expression& what = use.expression.expression;
      add(key, fill(phrase, {{"what", words_of(what, around)}}), meaning_of(what));
    }
  }

  /// Whatever the format may come to know before this does.
  void rest() {
    if (!spec_.settings.is_map()) return;
    for (const auto& [key, value] : spec_.settings.map()) {
      if (!known_.contains(key.text())) told_.below.push_back(tell_value(key.text(), key.text(), value));
    }
  }

  const Workflow& workflow_;
  const TriggerSpec& spec_;
  const Catalog& catalog_;
  const Project& project_;
  Sentence told_;
  std::set<std::string> known_;
};

}  // namespace

std::vector<Sentence> tell_triggers(const Workflow& workflow, const Catalog& catalog, const Project& project) {
  std::vector<Sentence> told;
  for (const TriggerSpec& spec : workflow.triggers)
    told.push_back(TriggerTeller(workflow, spec, catalog, project).tell());
  if (told.empty()) told.push_back({"triggers", "", std::string(phrases().no_trigger)});
  return told;
}

}  // namespace millrace
