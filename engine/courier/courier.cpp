#include "courier/courier.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "catalog/probe.hpp"
#include "courier/breaker.hpp"
#include "courier/budgets.hpp"
#include "courier/connections.hpp"
#include "courier/credentials.hpp"
#include "courier/page_turner.hpp"
#include "courier/post.hpp"
#include "courier/read_answer.hpp"
#include "courier/sender.hpp"
#include "secret/redacted.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

std::function<double()> random_jitter() {
  const auto random = std::make_shared<std::minstd_rand>(std::random_device{}());
  return [random] { return std::uniform_real_distribution<double>(0, 1)(*random); };
}

class TheCourier final : public Courier {
 public:
  TheCourier(const Project& project, const Catalog& catalog, Secrets& secrets, HttpClient& client,
             CourierOptions options, MailClient* mails)
      : project_(project),
        catalog_(catalog),
        secrets_(secrets),
        options_(std::move(options)),
        connections_(project, catalog, secrets),
        credentials_(open_credentials(secrets, client, options_)),
        budgets_(options_),
        breakers_(options_, secrets),
        sender_(*credentials_, budgets_, breakers_, client, secrets, options_),
        post_(secrets, mails) {}

  Result<Shipment> prepare(const Action& action, Value input, CallSite site) const override {
    return without_secrets(prepared(connections_, action, std::move(input), std::move(site)));
  }
  Result<Shipment> prepare(const Action& action, RequestParts parts, Value input, CallSite site) const override {
    return without_secrets(prepared(connections_, action, std::move(parts), std::move(input), std::move(site)));
  }

  Task<Answer> send(Shipment shipment) override {
    if (shipment.is_mail()) {
      auto answer = co_await post_.send(std::move(shipment));
      co_return answer;
    }
    if (goes_on(shipment)) {
      auto answer = co_await send_all_pages(std::move(shipment));
      co_return answer;
    }
    const auto journey = co_await sender_.send(shipment);
    co_return read_answer(shipment, journey, secrets_);
  }

  std::optional<Result<Shipment>> look_up(const Shipment& write) const override {
    const Probe* probe = probe_for(*write.action, write.input);
    const Action* question = probe != nullptr ? catalog_.find_action(probe->action) : nullptr;
    if (question == nullptr || !question->request) return std::nullopt;
    return prepare(*question, question_of(*probe, write.input), write.site);
  }

  const Catalog& catalog() const noexcept override { return catalog_; }

  std::vector<ConnectionHealth> health() const override {
    std::vector<ConnectionHealth> all;
    for (const ConnectionSettings& connection : project_.connections) {
      all.push_back(breakers_.health(connection.name));
      all.back().budgets = budgets_.facts(connection.name);
      for (const BudgetFacts& budget : all.back().budgets) {
        auto& least = all.back().budget_remaining;
        if (budget.left) least = least ? std::min(*least, *budget.left) : *budget.left;
      }
      if (options_.kept_tokens == nullptr) continue;
      all.back().state = state_of(connection, catalog_.find_connection_kind(connection.plugin), secrets_,
                                  *options_.kept_tokens, options_.clock());
    }
    return all;
  }

  std::optional<BudgetFacts> budget(const std::string& connection, const std::string& location) const override {
    if (project_.find_connection(connection) == nullptr) return std::nullopt;
    return budgets_.facts(connection, location);
  }

  void recall_day(const std::string& connection, const KeptDay& day) override {
    const ConnectionSettings* settings = project_.find_connection(connection);
    if (settings != nullptr) budgets_.recall_day(*settings, catalog_.find_connection_kind(settings->plugin), day);
  }

 private:
  Task<Answer> send_all_pages(Shipment first) {
    PageTurner turner(connections_, std::move(first));
    bool more = true;
    while (more) {
      const Shipment page = turner.page();
      const auto journey = co_await sender_.send(page);
      more =
          turner.take(read_answer(page, journey, secrets_), journey.answer ? journey.answer->headers : HttpHeaders());
    }
    Answer answer = std::move(turner).whole();
    if (!answer.output) answer.output = redacted(secrets_, answer.output.error());
    co_return answer;
  }

  Result<Shipment> without_secrets(Result<Shipment> shipment) const {
    if (!shipment) return redacted(secrets_, shipment.error());
    return shipment;
  }

  const Project& project_;
  const Catalog& catalog_;
  Secrets& secrets_;
  const CourierOptions options_;
  Connections connections_;
  std::unique_ptr<Credentials> credentials_;
  Budgets budgets_;
  Breakers breakers_;
  Sender sender_;
  Post post_;
};

}  // namespace

std::unique_ptr<Courier> open_courier(const Project& project, const Catalog& catalog, Secrets& secrets,
                                      HttpClient& client, CourierOptions options, MailClient* mails) {
  if (!options.jitter) options.jitter = random_jitter();
  if (!options.clock) options.clock = now_utc;
  return std::make_unique<TheCourier>(project, catalog, secrets, client, std::move(options), mails);
}

}  // namespace millrace
