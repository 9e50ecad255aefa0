#include "workflow/reach.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "catalog/inverse.hpp"
#include "catalog/kind.hpp"
#include "catalog/request.hpp"
#include "workflow/connections.hpp"
#include "workflow/said.hpp"
#include "workflow/starts.hpp"

namespace millrace {

namespace {

constexpr std::string_view secret_handle = "secret:";

/// "method" of "{method}"; empty where the method is written out.
std::string method_input(const Action& action) {
  const std::string& method = action.request ? action.request->method : std::string();
  return method.starts_with('{') ? method.substr(1, method.size() - 2) : "";
}

/// What a call of the action may do. `with` is nullptr where a library makes the inputs.
EffectSet effects_of(const Action& action, const Template* with) {
  const std::string method = method_input(action);
  const auto open = [with](const std::string& input) {
    if (input.empty()) return false;
    const SaidText said = with != nullptr ? said_text(*with, input) : SaidText{true};
    return said.given && !said.whole;
  };
  if (open(action.effect_input) || open(method)) return EffectSet::any();
  const Effect effect = with != nullptr ? effect_of(action, known_input(*with, action)) : action.effect;
  return effect == Effect::none ? EffectSet() : EffectSet(effect);
}

/// The expression behind an input, for people.
std::string expression_of(const Template* with, const std::string& input) {
  const Template* one = with != nullptr ? with->member(input) : nullptr;
  std::string text;
  if (one == nullptr) return text;
  one->each_expression([&text](const PlacedExpression& each, const std::string&) {
    if (text.empty()) text = each.expression.text();
  });
  return text;
}

class ReachWalk {
 public:
  ReachWalk(const Workflow& workflow, const Catalog& catalog, const Project* project)
      : workflow_(workflow), catalog_(catalog), project_(project) {}

  std::vector<Reached> walk() {
    for (const TriggerSpec& trigger : workflow_.triggers) start(trigger);
    each_action(workflow_, [this](const ActionStep& step) {
      begin(step.action, step.connection, step.action_at, "");
      root(step.action, step.connection, &step.with);
    });
    return std::move(reach_);
  }

 private:
  /// What is the same for all that one step or trigger brings about.
  struct Cause {
    std::string action;
    const ConnectionSettings* settings = nullptr;
    std::string connection;
    SourceMark from;
    std::string trigger;  // its name, where it is one
  };

  void begin(const std::string& action, const std::string& connection, const SourceMark& from,
             const std::string& trigger) {
    cause_ = {action, project_ != nullptr ? project_->find_connection(connection) : nullptr, connection, from, trigger};
    seen_.clear();
  }

  void start(const TriggerSpec& trigger) {
    begin(trigger.name, trigger.connection, trigger.at, trigger.kind == "plugin" ? trigger.name : trigger.kind);
    if (trigger.kind == "watch") {
      const Template with = Template::constant(trigger.with);
      return root(trigger.name, trigger.connection, &with);
    }
    const Trigger* of_plugin = trigger.kind == "plugin" ? catalog_.find_trigger(trigger.name) : nullptr;
    if (of_plugin != nullptr) follow(of_plugin->calls);
  }

  void root(const std::string& name, const std::string& connection, const Template* with) {
    const Action* action = catalog_.find_action(name);
    if (action == nullptr) return;
    if (project_ != nullptr) {
      const auto found = connection_of(*action, connection, *project_, catalog_);
      cause_.settings = found ? *found : nullptr;
      if (cause_.settings != nullptr) cause_.connection = cause_.settings->name;
    }
    visit(*action, with);
    look();
  }

  /// What is read so that a change can be put back; what a job reads anyway is told once.
  void look() {
    before_change_ = true;
    for (const auto& [by, name] : std::exchange(looks_, {})) {
      const Action* read = catalog_.find_action(name);
      if (read == nullptr || !read->request || !seen_.insert(name).second) continue;
      looked_by_ = by;
      request(*read, EffectSet(Effect::read), nullptr);
    }
    before_change_ = false;
  }

  /// As the gate does it, before a change that is made out of data.
  void note_looks(const Action& action, EffectSet effects, const Template* with) {
    const EffectSet changes = EffectSet(Effect::update) | Effect::remove | Effect::send;
    if (!action.inverse || !effects.meets(changes) || (with != nullptr && with->is_constant())) return;
    if (action.inverse->before) looks_.emplace_back(action.name, action.inverse->before->action);
    if (action.inverse->carriers) looks_.emplace_back(action.name, action.inverse->carriers->look.action);
  }

  void visit(const Action& action, const Template* with) {
    if (!seen_.insert(action.name).second) return;
    const EffectSet effects = effects_of(action, with);
    if (action.request) {
      request(action, effects, with);
      note_looks(action, effects, with);
    } else if (action.reads_file) {
      file(action, effects, with, "file", true);
    } else if (!action.result) {
      library(action, effects, with);
    }
    follow(action.calls, &action, with);
    follow(action.optional_calls, &action, with);
  }

  void follow(const std::vector<std::string>& calls, const Action* by = nullptr, const Template* with = nullptr) {
    for (const std::string& call : calls) {
      const Action* called = find_called(call);
      if (called != nullptr && !reads_what_is_said(*called, by, with)) visit(*called, nullptr);
    }
  }

  /// A library of ours says in its manifest which inputs name the files that it reads; of a stranger's nobody knows.
  bool reads_what_is_said(const Action& called, const Action* by, const Template* with) {
    const Manifest* plugin = by != nullptr ? catalog_.find_plugin(by->plugin) : nullptr;
    if (!called.reads_file || with == nullptr || plugin == nullptr || !plugin->shipped || !names_its_files(*by))
      return false;
    for (const SaidText& said : said_files(*with, *by))
      add(called, Touch::At::file, EffectSet(Effect::read),
          {std::string(below_output(said.text)), 0, said.whole, "", !said.text.starts_with("output/")});
    return true;
  }

  /// Without a connection any connector's that has it stands for all.
  const Action* find_called(const std::string& call) const {
    if (cause_.settings != nullptr) {
      const Action* own = catalog_.find_action(cause_.settings->plugin + "." + call);
      if (own != nullptr) return own;
    }
    if (const Action* named = catalog_.find_action(call)) return named;
    for (const auto& plugin : catalog_.plugins()) {
      const Action* own = plugin->connection ? catalog_.find_action(plugin->name + "." + call) : nullptr;
      if (own != nullptr) return own;
    }
    return nullptr;
  }

  void request(const Action& action, EffectSet effects, const Template* with) {
    const RequestMapping& mapping = *action.request;
    if (mapping.url_input.empty()) {
      add(action, Touch::At::thing, effects);
    } else {
      address(action, effects, with, mapping.url_input);
    }
    if (!mapping.save_input.empty() && with != nullptr && said_text(*with, mapping.save_input).given)
      file(action, EffectSet(Effect::create), with, mapping.save_input, false);
    if (action.mails() && with != nullptr) files(action, *with, "attachments", false);
    if (!mapping.multipart) return;
    for (const std::string& input : action.inputs().property_names()) {
      if (!takes_files(action, input)) continue;
      if (with == nullptr) file(action, EffectSet(Effect::send), with, input, true);
      if (with != nullptr) files(action, *with, input, true);
    }
  }

  /// What a library does by itself; most only call what they name.
  void library(const Action& action, EffectSet effects, const Template* with) {
    const Manifest* plugin = catalog_.find_plugin(action.plugin);
    const bool stranger = plugin != nullptr && !plugin->shipped;
    if (const std::string input = file_input(action); !input.empty()) file(action, effects, with, input, false);
    if (effects.empty()) return;
    if (stranger) {
      for (const std::string& host : plugin->hosts) at_url(action, effects, host, "");
      for (const std::string& folder : plugin->files)
        add(action, Touch::At::file, EffectSet(Effect::create), {std::string(below_output(folder)), 0, false});
    }
    const std::size_t before = reach_.size();
    for (const std::string& input : action.inputs().property_names()) {
      const bool url = action.inputs().property(input).format() == "uri";
      if (url && (with == nullptr || said_text(*with, input).given)) address(action, effects, with, input);
    }
    const bool asks_itself = action.connection && (stranger || action.calls.empty());
    if (asks_itself && reach_.size() == before) add(action, Touch::At::thing, effects);
  }

  /// Where a request goes whose address an input may say.
  void address(const Action& action, EffectSet effects, const Template* with, const std::string& input) {
    const SaidText said = with != nullptr ? said_text(*with, input) : SaidText{true};
    if (!said.given || said.text.starts_with('/') || said.text.starts_with('?'))
      return add(action, Touch::At::thing, effects);
    if (said.whole && said.text.starts_with(secret_handle))
      return add(action, Touch::At::address, effects, {"", 0, false, said.text});
    if (said.names_host()) return at_url(action, effects, said.text, said.whole ? "" : expression_of(with, input));
    add(action, Touch::At::address, effects, {"", 0, false, expression_of(with, input)});
    if (said.text.empty() && !cause_.connection.empty()) add(action, Touch::At::thing, effects);
  }

  void at_url(const Action& action, EffectSet effects, const std::string& text, const std::string& says) {
    const auto url = parse_url(text.substr(0, text.size() - rest_of(text).size()));
    if (!url) return add(action, Touch::At::address, effects, {"", 0, false, says});
    const auto base = cause_.settings != nullptr ? parse_url(cause_.settings->base_url) : url;
    if (cause_.settings != nullptr && base && base->origin() == url->origin())
      return add(action, Touch::At::thing, effects);
    add(action, Touch::At::address, effects, {url->host, url->port, true, ""});
  }

  void file(const Action& action, EffectSet effects, const Template* with, const std::string& input, bool of_project) {
    const SaidText said = with != nullptr ? said_text(*with, input) : SaidText{true};
    if (!said.given) return;
    add(action, Touch::At::file, effects,
        {std::string(below_output(said.text)), 0, said.whole, expression_of(with, input),
         of_project && !said.text.starts_with("output/")});
  }

  /// Files of an input that is one of them or a list.
  void files(const Action& action, const Template& with, const std::string& input, bool of_project) {
    const Value* all = with.constant_value();
    const Template* member = with.member(input);
    const Value* list = all != nullptr ? all->find(input) : member != nullptr ? member->constant_value() : nullptr;
    if (list == nullptr && member == nullptr) return;
    if (list == nullptr || !list->is_list()) return file(action, EffectSet(Effect::send), &with, input, of_project);
    for (const Value& each : list->list())
      add(action, Touch::At::file, EffectSet(Effect::send),
          {std::string(below_output(each.is_text() ? each.text() : "")), 0, true, "", of_project});
  }

  /// Where it is, as far as that is known.
  struct Place {
    std::string place = {};
    int port = 0;
    bool whole = true;
    std::string says = {};
    bool of_project = false;
  };

  void add(const Action& action, Touch::At at, EffectSet effects) { add(action, at, effects, Place()); }
  void add(const Action& action, Touch::At at, EffectSet effects, Place place) {
    if (effects.empty()) return;
    Reached reached;
    reached.at = at;
    reached.effects = effects;
    reached.kind = kind_of(action);
    // A file needs none, and an address that is not the connection's goes without it.
    if (at == Touch::At::thing) reached.connection = cause_.connection;
    reached.place = std::move(place.place);
    reached.port = place.port;
    reached.whole = place.whole;
    reached.says = std::move(place.says);
    reached.of_project = place.of_project;
    reached.action = action.name;
    reached.by = !cause_.trigger.empty() ? cause_.trigger : action.name == cause_.action ? "" : cause_.action;
    if (before_change_) reached.by = looked_by_;
    reached.before_change = before_change_;
    const bool of_connection = cause_.settings == nullptr || action.plugin == cause_.settings->plugin;
    if (of_connection && at == Touch::At::thing) reached.scope = action.scope;
    reached.workflow = workflow_.id;
    reached.from = cause_.from;
    reach_.push_back(std::move(reached));
  }

  const Workflow& workflow_;
  const Catalog& catalog_;
  const Project* project_;
  Cause cause_;
  std::vector<std::pair<std::string, std::string>> looks_;  // an action that changes, and what is asked before it
  bool before_change_ = false;
  std::string looked_by_;
  std::set<std::string> seen_;
  std::vector<Reached> reach_;
};

}  // namespace

Touch Reached::touch() const noexcept { return {at, effects, kind, connection, place, port, whole}; }

std::vector<Reached> reach_of(const Workflow& workflow, const Catalog& catalog, const Project* project) {
  return ReachWalk(workflow, catalog, project).walk();
}

std::set<std::string> used_secrets(const Workflow& workflow, const std::vector<Reached>& reach, const Catalog& catalog,
                                   const Project* project) {
  std::set<std::string> used;
  for (const Reached& each : reach) {
    const ConnectionSettings* settings = project != nullptr ? project->find_connection(each.connection) : nullptr;
    if (settings == nullptr) continue;
    for (std::string& handle : secrets_of(*settings)) used.insert(std::move(handle));
  }
  const auto note = [&used](const std::string& text) {
    if (text.starts_with(secret_handle)) used.insert(text);
  };
  each_action(workflow, [&](const ActionStep& step) {
    const Action* action = catalog.find_action(step.action);
    if (action == nullptr || !action->takes_secrets) return;
    for (const std::string& input : action->inputs().property_names()) {
      if (takes_secret(*action, input)) note(said_text(step.with, input).text);
    }
  });
  std::function<void(const Value&)> look = [&](const Value& value) {
    if (value.is_text()) note(value.text());
    if (value.is_list()) std::for_each(value.list().begin(), value.list().end(), look);
    if (!value.is_map()) return;
    for (const auto& member : value.map()) look(member.second);
  };
  for (const TriggerSpec& trigger : workflow.triggers) look(trigger.settings);
  return used;
}

}  // namespace millrace
