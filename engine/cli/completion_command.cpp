#include <cstdio>
#include <string_view>

#include "cli/cli.hpp"
#include "cli/complete.hpp"

namespace millrace {

namespace {

constexpr std::string_view bash =
    R"(# Completion of millrace for bash. What there is, the program says itself, so this never has to be made anew.
#     source <(millrace completion bash)
_millrace() {
  local current="${COMP_WORDS[COMP_CWORD]}" line files= at
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files) files=-f ;;
      :folders) files=-d ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ -n "$files" ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$files" -- "$current")
  else
    for at in "${!COMPREPLY[@]}"; do printf -v "COMPREPLY[$at]" %q "${COMPREPLY[$at]}"; done
  fi
}
complete -F _millrace millrace
)";

constexpr std::string_view zsh = R"(#compdef millrace
# Completion of millrace for zsh. What there is, the program says itself, so this never has to be made anew.
#     source <(millrace completion zsh)
_millrace() {
  local line
  local -a offers
  offers=()
  for line in "${(@f)$("${words[1]}" complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      '') ;;
      :files) _files ;;
      :folders) _files -/ ;;
      *) offers+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  (( ${#offers} )) && _describe millrace offers
}
if [[ "${funcstack[1]}" = _millrace ]]; then
  _millrace "$@"
else
  compdef _millrace millrace
fi
)";

constexpr std::string_view fish =
    R"(# Completion of millrace for fish. What there is, the program says itself, so this never has to be made anew.
#     millrace completion fish | source
function __millrace_offers
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] complete $words[2..-1] 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path (commandline -ct)
      case ':folders'
        __fish_complete_directories (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c millrace -f -a '(__millrace_offers)'
)";

}  // namespace

int completion_command(const std::string& shell) {
  const std::string_view script = shell == "bash" ? bash : shell == "zsh" ? zsh : fish;
  std::fwrite(script.data(), 1, script.size(), stdout);
  return exit_done;
}

}  // namespace millrace
