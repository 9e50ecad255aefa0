#include "people/roles.hpp"

#include <doctest/doctest.h>

using namespace millrace;

TEST_SUITE_BEGIN("people");

TEST_CASE("each role gives what its name says, and no more") {
  const Roles viewer(Role::viewer), approver(Role::approver), editor(Role::editor), admin(Role::admin);
  for (const Roles& each : {viewer, approver, editor, admin}) CHECK(each.may(Right::read));
  for (const Right right : {Right::answer, Right::pause, Right::apply, Right::edit, Right::administer}) {
    CHECK_FALSE(viewer.may(right));
    CHECK(admin.may(right));
    CHECK_FALSE(Roles().may(right));
  }
  CHECK(approver.may(Right::answer));
  CHECK(approver.may(Right::apply));
  CHECK_FALSE(approver.may(Right::edit));
  CHECK(editor.may(Right::edit));
  CHECK_FALSE(editor.may(Right::answer));
  CHECK_FALSE(editor.may(Right::administer));
}

TEST_CASE("somebody may have several roles, and a role that there is not is refused with those there are") {
  const auto both = roles_named({"editor", "approver"});
  REQUIRE(both);
  CHECK(both->may(Right::edit));
  CHECK(both->may(Right::answer));
  CHECK(both->names() == std::vector<std::string>{"approver", "editor"});
  CHECK(roles_named({"aprover"}).error().message ==
        "there is no role \"aprover\", did you mean \"approver\"?; roles are viewer, approver, editor and admin");
  CHECK_FALSE(roles_named({}));
}

TEST_CASE("what is refused is told with the least role that would do") {
  CHECK(role_with(Right::read) == Role::viewer);
  CHECK(role_with(Right::answer) == Role::approver);
  CHECK(role_with(Right::pause) == Role::approver);
  CHECK(role_with(Right::edit) == Role::editor);
  CHECK(role_with(Right::administer) == Role::admin);
}

TEST_SUITE_END();
