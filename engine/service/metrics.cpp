#include "service/metrics.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <iterator>

namespace millrace {

namespace {

struct Described {
  std::string_view name, kind, help;
};

/// Every name there is, in the order of the alphabet.
constexpr std::array described = {
    Described{"millrace_alarms", "gauge", "What needs somebody now, by what it is about; 0 once it is well again."},
    Described{"millrace_api_budget_remaining", "gauge",
              "Requests that the far side still allows in its present window."},
    Described{"millrace_api_day_remaining", "gauge", "Requests that the far side still allows today."},
    Described{"millrace_api_requests_total", "counter", "Requests to a connection, by status; none: no answer came."},
    Described{"millrace_api_waiting", "gauge", "Requests that wait for the budget of their connection, by lane."},
    Described{"millrace_audit_entries", "gauge", "The number of the newest line of the audit."},
    Described{"millrace_audit_head", "gauge", "The first 48 bits of its hash."},
    Described{"millrace_build_info", "gauge", "Always 1; the version is in the label."},
    Described{"millrace_deliveries_lacking_total", "counter",
              "Deliveries that were kept and started nothing, because they lack what the trigger needs."},
    Described{"millrace_deliveries_refused_total", "counter", "Deliveries to a hook that were refused."},
    Described{"millrace_effects_total", "counter", "Writes, by kind of effect and how they ended."},
    Described{"millrace_last_success_timestamp_seconds", "gauge", "When a run of the workflow was last completed."},
    Described{"millrace_oldest_queued_age_seconds", "gauge", "How long the oldest run has waited for its turn."},
    Described{"millrace_queue_length", "gauge", "Runs that wait for their turn."},
    Described{"millrace_retries_total", "counter", "Steps that were set to be tried again after a failure."},
    Described{"millrace_run_duration_seconds", "histogram", "From the start of a run to its end."},
    Described{"millrace_runs_total", "counter", "Runs that have ended."},
    Described{"millrace_schedule_lag_seconds", "gauge", "How late the last slot of the workflow's schedule started."},
    Described{"millrace_schedule_missed_total", "counter", "Slots left out because the engine was down at their time."},
    Described{"millrace_step_duration_seconds", "histogram", "From the last attempt of a step to its end."},
    Described{"millrace_storage_bytes", "gauge", "The size of the store."},
    Described{"millrace_storage_log_bytes", "gauge", "What the store's log holds and is not moved into the file yet."},
    Described{"millrace_unfinished_event_bytes", "gauge", "What the events hold whose runs have not all ended."},
    Described{"millrace_webhook_requests_total", "counter", "Deliveries, by the status they were answered with."},
};

constexpr std::array bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,   0.25, 0.5,
                               1.0,   2.5,    5.0,   10.0, 30.0,  60.0, 120.0, 300.0};

[[maybe_unused]] bool is_described(std::string_view name, bool histogram) {
  return std::any_of(described.begin(), described.end(), [&](const Described& each) {
    return each.name == name && (each.kind == "histogram") == histogram;
  });
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    if (letter == '\\' || letter == '"') safe += '\\';
    if (letter == '\n') {
      safe += "\\n";
    } else {
      safe += letter;
    }
  }
  return safe;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 64> text;
  const bool whole = std::abs(value) < 1e15 && std::trunc(value) == value;
  const auto end = whole ? std::to_chars(text.begin(), text.end(), static_cast<std::int64_t>(value))
                         : std::to_chars(text.begin(), text.end(), value);
  return {text.begin(), end.ptr};
}

}  // namespace

template <class Left, class Right>
bool Metrics::Before::operator()(const Left& left, const Right& right) const {
  const auto before = [](const auto& one, const auto& other) {
    const int names = std::string_view(one.first).compare(other.first);
    return names != 0 ? names < 0 : std::string_view(one.second) < std::string_view(other.second);
  };
  const int names = std::string_view(left.name).compare(right.name);
  if (names != 0) return names < 0;
  return std::lexicographical_compare(left.labels.begin(), left.labels.end(), right.labels.begin(), right.labels.end(),
                                      before);
}

template <class One>
One& Metrics::find(Table<One>& table, std::string_view name, Labels labels) {
  const auto found = table.find(Sought{name, labels});
  if (found != table.end()) return found->second;
  return table[{std::string(name), {labels.begin(), labels.end()}}];
}

/// {a="b",c="d"}, or nothing; `bound` is a bucket's.
std::string Metrics::in_braces(const Key& key, std::string_view bound) {
  std::string text;
  for (const auto& [name, value] : key.labels) text += (text.empty() ? "" : ",") + name + "=\"" + escaped(value) + "\"";
  if (!bound.empty()) text += (text.empty() ? "" : ",") + std::string("le=\"") + std::string(bound) + "\"";
  return text.empty() ? "" : "{" + text + "}";
}

void Metrics::Histogram::observe(double seconds) noexcept {
  if (buckets_.empty()) buckets_.resize(bounds.size() + 1);
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  ++buckets_[static_cast<std::size_t>(std::distance(bounds.begin(), bucket))];
  sum_ += seconds;
  ++count_;
}

Metrics::Series& Metrics::series(std::string_view name, Labels labels) {
  assert(is_described(name, false));
  return find(series_, name, labels);
}

Metrics::Histogram& Metrics::histogram(std::string_view name, Labels labels) {
  assert(is_described(name, true));
  return find(histograms_, name, labels);
}

void Metrics::render_histograms(std::string_view name, std::string& text) const {
  const auto line = [&](std::string_view suffix, const std::string& braces, const std::string& value) {
    text.append(name).append(suffix).append(braces).append(" ").append(value).append("\n");
  };
  for (auto each = histograms_.lower_bound(Sought{name, {}}); each != histograms_.end() && each->first.name == name;
       ++each) {
    const Key& key = each->first;
    const Histogram& histogram = each->second;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i <= bounds.size(); ++i) {
      so_far += histogram.buckets_.empty() ? 0 : histogram.buckets_[i];
      line("_bucket", in_braces(key, i < bounds.size() ? number(bounds[i]) : "+Inf"), std::to_string(so_far));
    }
    line("_sum", in_braces(key), number(histogram.sum_));
    line("_count", in_braces(key), std::to_string(histogram.count_));
  }
}

std::string Metrics::render() const {
  std::string text;
  for (const Described& each : described) {
    std::string lines;
    if (each.kind == "histogram") {
      render_histograms(each.name, lines);
    } else {
      for (auto one = series_.lower_bound(Sought{each.name, {}}); one != series_.end() && one->first.name == each.name;
           ++one) {
        lines.append(each.name).append(in_braces(one->first)).append(" ");
        lines.append(number(one->second.value())).append("\n");
      }
    }
    if (lines.empty()) continue;
    text.append("# HELP ").append(each.name).append(" ").append(each.help).append("\n# TYPE ");
    text.append(each.name).append(" ").append(each.kind).append("\n").append(lines);
  }
  return text;
}

}  // namespace millrace
