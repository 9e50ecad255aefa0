#include "service/metrics.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using namespace millrace;

namespace {

/// Of the table that tells operators what to look at.
std::set<std::string> names_in_documentation() {
  std::set<std::string> names;
  std::ifstream file(TEST_DATA "/../docs/operating.md");
  static const std::regex name("`(millrace_[a-z_]+)");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `millrace_")) continue;
    for (std::sregex_iterator at(line.begin(), line.end(), name), end; at != end; ++at) names.insert((*at)[1]);
  }
  return names;
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a number is written with its kind and its help, once for all its labels") {
  Metrics metrics;
  metrics.series("millrace_webhook_requests_total", {{"code", "202"}}).add();
  metrics.series("millrace_webhook_requests_total", {{"code", "202"}}).add(2);
  metrics.series("millrace_webhook_requests_total", {{"code", "503"}}).add();
  CHECK(metrics.render() ==
        "# HELP millrace_webhook_requests_total Deliveries, by the status they were answered with.\n"
        "# TYPE millrace_webhook_requests_total counter\n"
        "millrace_webhook_requests_total{code=\"202\"} 3\n"
        "millrace_webhook_requests_total{code=\"503\"} 1\n");
}

TEST_CASE("what stands in a label cannot end it") {
  Metrics metrics;
  metrics.series("millrace_last_success_timestamp_seconds", {{"workflow", "a\"b\\c\nd"}}).set(1.5);
  CHECK(metrics.render().find("{workflow=\"a\\\"b\\\\c\\nd\"} 1.5\n") != std::string::npos);
}

TEST_CASE("times are counted in buckets that grow, and the last one holds them all") {
  Metrics metrics;
  Metrics::Histogram& histogram = metrics.histogram("millrace_run_duration_seconds", {{"workflow", "w"}});
  histogram.observe(0.001);
  histogram.observe(0.3);
  histogram.observe(1000);
  const std::string text = metrics.render();
  CHECK(text.find("# TYPE millrace_run_duration_seconds histogram\n") != std::string::npos);
  CHECK(text.find("_bucket{workflow=\"w\",le=\"0.001\"} 1\n") != std::string::npos);
  CHECK(text.find("_bucket{workflow=\"w\",le=\"0.25\"} 1\n") != std::string::npos);
  CHECK(text.find("_bucket{workflow=\"w\",le=\"0.5\"} 2\n") != std::string::npos);
  CHECK(text.find("_bucket{workflow=\"w\",le=\"300\"} 2\n") != std::string::npos);
  CHECK(text.find("_bucket{workflow=\"w\",le=\"+Inf\"} 3\n") != std::string::npos);
  CHECK(text.find("millrace_run_duration_seconds_sum{workflow=\"w\"} 1000.301\n") != std::string::npos);
  CHECK(text.find("millrace_run_duration_seconds_count{workflow=\"w\"} 3\n") != std::string::npos);
}

TEST_CASE(
    "each name of the documentation is shown, and keeps Prometheus' rules: _total on counters only, one type a name") {
  Metrics metrics;
  const std::set<std::string> documented = names_in_documentation();
  REQUIRE(documented.size() > 15);
  for (const std::string& name : documented) {
    if (name.ends_with("_duration_seconds")) {
      metrics.histogram(name).observe(1);
    } else {
      metrics.series(name).set(1);
    }
  }
  std::set<std::string> typed;
  std::istringstream lines(metrics.render());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    const std::string name = line.substr(7, line.find(' ', 7) - 7);
    const bool counter = line.ends_with(" counter");
    CHECK_MESSAGE(counter == name.ends_with("_total"), line);
    CHECK_MESSAGE(typed.insert(name).second, line);
  }
  CHECK(typed == documented);
}

TEST_CASE("large numbers stay exact") {
  Metrics metrics;
  metrics.series("millrace_storage_bytes").set(10737418240);
  CHECK(metrics.render().find("\nmillrace_storage_bytes 10737418240\n") != std::string::npos);
}

TEST_SUITE_END();
