#pragma once

#include "courier/answer.hpp"
#include "courier/sender.hpp"
#include "courier/shipment.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// Judges what a journey brought back.
Answer read_answer(const Shipment& shipment, const Journey& journey, const Secrets& secrets);

}  // namespace millrace
