#pragma once

#include <string>

namespace millrace {

/// At the very beginning of a program: whoever has closed its standard streams must not find what was meant for them in
/// the next file that is opened, and a reader that has gone away is no reason to die.
void secure_standard_streams();

/// Writes out what was printed on stdout so far. Empty where all of it went out, now and before, or where nobody reads
/// it any more (`| head`), of which nobody has to hear; else why not: "No space left on device".
std::string unwritten_output();

/// At the end of a program: what it returns to the shell in place of `code`. Where its output did not go out, that is
/// said on stderr, and a program that would have returned 0 returns 1; where the reader has gone away, it returns what
/// the shell returns for that (141), without a word.
int code_after_output(int code);

}  // namespace millrace
