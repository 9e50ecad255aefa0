#pragma once

#include <string>

#include "abi/frames.hpp"

namespace millrace::apart {

/// Sends a whole frame, with what the cage refused meanwhile before it. Where the engine is gone, so is this program.
/// Any thread.
void send(const std::string& frame);

/// The next frame. Returns only with one: at the end of the conversation this program ends. One thread at a time.
void receive(frames::Head& head, std::string& body);

}  // namespace millrace::apart
