#include "operation.hpp"

// Where the documents are silent: there are no groups of accounts, and no pages.

namespace millrace::sandbox {
namespace {

Answer list_accounts(World& world, const Call& call) {
  Value::List accounts;
  for (const SocialAccount& account : world.data.social_accounts) {
    if (account.location_id != call.location) continue;
    Map fields = account.fields.map();
    fields.erase("locationId");  // ours: the documents' accounts have none
    accounts.emplace_back(std::move(fields));
  }
  return planner_answer(200, "Fetched Accounts",
                        Value::object({{"accounts", std::move(accounts)}, {"groups", Value::List()}}));
}

}  // namespace

const std::vector<Operation>& account_operations() {
  static const std::vector<Operation> operations = {
      {"GET", "/social-media-posting/{location}/accounts", "socialplanner/account.readonly", BodyKind::none,
       list_accounts},
  };
  return operations;
}

}  // namespace millrace::sandbox
