#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "workflow/case_findings.hpp"
#include "workflow/check_project.hpp"

using namespace millrace;

namespace {

LoadedProject project_with(const std::string& plugin) {
  const std::string text = "version: 1\nconnections:\n  main: {plugin: " + plugin + "}\n";
  return load_and_check_project(TEST_DATA, std::make_shared<const SourceText>(SourceText{"millrace.yaml", text}),
                                test::test_catalog());
}

std::string told_of_plugin(const std::string& workflow, const std::string& plugin) {
  const LoadedProject loaded = project_with(plugin);
  return test::rendered(load_and_check(test::source_of("version: 1\ntriggers: manual\n" + workflow),
                                       test::test_catalog(), &*loaded.project)
                            .findings);
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("a connection of a plugin that is not there is told at its place, with the name that is near") {
  CHECK(test::rendered(project_with("crmm").findings) ==
        "millrace.yaml:3:18: error: there is no plugin \"crmm\", did you mean \"crm\"? [wrong-value]\n"
        "    3 |   main: {plugin: crmm}\n"
        "      |                  ^^^^ crm\n"
        "  fix |   main: {plugin: crm}\n");
  CHECK(test::rendered(project_with("somewhere").findings).find("there is no plugin \"somewhere\"; those with") !=
        std::string::npos);
  CHECK(project_with("crm").findings.empty());
  CHECK(project_with("broken").findings.empty());  // what is wrong with it is told where it is used
}

TEST_CASE("where the plugin of a connection is not there, no other advice is given for it") {
  const std::string elsewhere = "locations: all\nactions: {action: notes.write, with: {text: a}}\n";
  CHECK(told_of_plugin(elsewhere, "notes").find("leave this line out") != std::string::npos);
  CHECK(told_of_plugin(elsewhere, "crmm").empty());
  const std::string unnamed = told_of_plugin("locations: [loc_main]\nactions: {action: crm.tags.list}\n", "crmm");
  CHECK(unnamed.find("connection \"main\": there is no plugin \"crmm\", did you mean \"crm\"?") != std::string::npos);
  CHECK(unnamed.find("add one") == std::string::npos);
  CHECK(told_of_plugin("actions: {action: crm.tags.list, connection: main}\n", "crmm")
            .find("connection \"main\": there is no plugin \"crmm\", did you mean \"crm\"?") != std::string::npos);
}

TEST_SUITE_END();
