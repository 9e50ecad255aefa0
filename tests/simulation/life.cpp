#include "life.hpp"

#include <utility>

namespace millrace::test {

Task<Status> Life::start() {
  StoreOptions options;
  options.role = StoreOptions::Role::service;
  options.vfs = disk_.name();
  options.now = in_.clock.now();
  auto opened = open_store(in_.loop, "millrace.db", options);
  if (!opened) co_return opened.error();
  store_ = sabotaged(in_.sabotage, in_.loop, std::move(*opened));
  way_out_ = sabotaged(in_.sabotage, std::make_unique<SimulatedClient>(in_.far_side, [this] { return dead(); }));
  CourierOptions courier_options;
  courier_options.wait_while_down = true;
  courier_options.jitter = [this] { return static_cast<double>(random_.below(1000)) / 1000; };
  const Premises& premises = in_.premises;
  courier_ = open_courier(premises.project, premises.catalog, *premises.secrets, *way_out_, courier_options);
  service_ = open_service({in_.loop, premises.folder.path(), premises.project, premises.catalog, *premises.secrets,
                           *courier_, jobs_, *store_, in_.clock, metrics_},
                          budget_);
  auto started = co_await service_->start();
  co_return started;
}

Task<void> Life::put_away() {
  if (service_) {
    const Deadline now = Deadline::in(Duration::zero());
    co_await service_->drain(now);
  }
  while (visitors_ > 0) {
    co_await left_.wait_for_good();
  }
  service_.reset();
  courier_.reset();
  if (store_) {
    co_await store_->close();
  }
  store_.reset();
}

}  // namespace millrace::test
