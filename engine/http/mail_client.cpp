#include "http/mail_client.hpp"

#include <functional>
#include <utility>

#include "http/mail_transfer.hpp"

namespace millrace {

namespace {

/// A server that is slow keeps a worker, of which there are more for what else blocks.
constexpr int most_mails = 4;

class CurlMailClient final : public MailClient {
 public:
  explicit CurlMailClient(Loop& loop) : loop_(loop) {}

  Task<Result<MailAnswer>> send(OutgoingMail mail) override {
    const auto loaded = load_libcurl();
    if (!loaded) co_return loaded.error();
    MailTransfer transfer(std::move(mail));
    const auto good = transfer.check();
    if (!good) co_return good.error();
    while (under_way_ >= most_mails) {
      const bool undisturbed = co_await free_.wait();
      if (!undisturbed) co_return Error{ErrorCode::cancelled, "the mail to " + transfer.place() + " was called off"};
    }
    ++under_way_;
    co_await perform(transfer);
    --under_way_;
    free_.announce();
    co_return transfer.outcome();
  }

 private:
  Task<void> perform(MailTransfer& transfer) {
    News ended;
    std::function<void()> tell = [&ended] { ended.announce(); };
    loop_.on_worker([this, &transfer, tell = std::move(tell)] {
      transfer.perform();
      loop_.post(tell);
    });
    const bool undisturbed = co_await ended.wait();
    if (undisturbed) co_return;
    transfer.call_off();
    co_await ended.wait_for_good();
  }

  Loop& loop_;
  int under_way_ = 0;
  News free_;
};

}  // namespace

std::unique_ptr<MailClient> open_mail_client(Loop& loop) { return std::make_unique<CurlMailClient>(loop); }

}  // namespace millrace
