#include "cli/cli.hpp"

int main(int argc, char** argv) { return millrace::run_command_line(argc, argv); }
